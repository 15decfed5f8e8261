/** KMS: keys with their policies, grants, rotation and last use, and the public half of asymmetric ones. https://docs.aws.amazon.com/kms/latest/APIReference */
import {
  DescribeKey$,
  type DescribeKeyRequest,
  type DescribeKeyResponse,
  GetKeyLastUsage$,
  type GetKeyLastUsageRequest,
  type GetKeyLastUsageResponse,
  GetKeyPolicy$,
  type GetKeyPolicyRequest,
  type GetKeyPolicyResponse,
  GetKeyRotationStatus$,
  type GetKeyRotationStatusRequest,
  type GetKeyRotationStatusResponse,
  GetPublicKey$,
  type GetPublicKeyRequest,
  type GetPublicKeyResponse,
  ListAliases$,
  type ListAliasesRequest,
  type ListAliasesResponse,
  ListGrants$,
  type ListGrantsRequest,
  type ListGrantsResponse,
  ListKeyRotations$,
  type ListKeyRotationsRequest,
  type ListKeyRotationsResponse,
} from '@aws-sdk/client-kms';
import { AwsError } from '../aws-error.ts';
import { getLastUsage } from '../event-history.ts';
import type { SandboxKey } from '../fleets/fleet.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';
import { findKey } from './kms-key.ts';

const refuseLimit = () =>
  new AwsError('ValidationException', 'Limit is not in the range that this operation allows.');
const refuseMarker = () => new AwsError('InvalidMarkerException', 'Could not deserialize marker.');

const toKmsPage = <T>(
  items: T[],
  input: { Limit?: number; Marker?: string },
  otherwise: number,
  maximum: number,
) => {
  const page = toPage(
    items,
    toPageSize(input.Limit, otherwise, maximum, refuseLimit),
    input.Marker,
    refuseMarker,
  );
  return { items: page.items, paging: { Truncated: page.next !== undefined, NextMarker: page.next } };
};

const requireRotating = ({ metadata }: SandboxKey): void => {
  const isSymmetric = (metadata.KeySpec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT';
  if (isSymmetric && metadata.CustomKeyStoreId === undefined) return;
  throw new AwsError('UnsupportedOperationException', `${metadata.Arn} does not support rotation.`);
};

const describeKey = (input: DescribeKeyRequest, call: Call): DescribeKeyResponse => ({
  KeyMetadata: findKey(
    input.KeyId ?? '',
    { action: 'DescribeKey', acceptsAlias: true, isCrossAccount: true },
    call,
  ).metadata,
});

const getKeyPolicy = (input: GetKeyPolicyRequest, call: Call): GetKeyPolicyResponse => {
  const rule = { action: 'GetKeyPolicy', acceptsAlias: false, isCrossAccount: false };
  const { policy } = findKey(input.KeyId ?? '', rule, call);
  if ((input.PolicyName ?? 'default') !== 'default')
    throw new AwsError('NotFoundException', 'No such policy exists');
  return { Policy: policy, PolicyName: 'default' };
};

const getKeyRotationStatus = (
  input: GetKeyRotationStatusRequest,
  call: Call,
): GetKeyRotationStatusResponse => {
  const rule = { action: 'GetKeyRotationStatus', acceptsAlias: false, isCrossAccount: true };
  const key = findKey(input.KeyId ?? '', rule, call);
  requireRotating(key);
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html: pending deletion reads false.
  const KeyId = key.metadata.Arn;
  return key.metadata.KeyState === 'PendingDeletion'
    ? { KeyId, KeyRotationEnabled: false }
    : { KeyId, ...key.rotation };
};

const listKeyRotations = (input: ListKeyRotationsRequest, call: Call): ListKeyRotationsResponse => {
  const rule = { action: 'ListKeyRotations', acceptsAlias: false, isCrossAccount: false };
  const key = findKey(input.KeyId ?? '', rule, call);
  requireRotating(key);
  const { items, paging } = toKmsPage(key.rotations, input, 100, 1000);
  return { Rotations: items, ...paging };
};

const listGrants = (input: ListGrantsRequest, call: Call): ListGrantsResponse => {
  const rule = { action: 'ListGrants', acceptsAlias: false, isCrossAccount: true };
  const { grants } = findKey(input.KeyId ?? '', rule, call);
  const asked = grants.filter(
    (grant) =>
      (input.GrantId === undefined || grant.GrantId === input.GrantId) &&
      (input.GranteePrincipal === undefined || grant.GranteePrincipal === input.GranteePrincipal),
  );
  const { items, paging } = toKmsPage(asked, input, 50, 100);
  return { Grants: items, ...paging };
};

const listAliases = (input: ListAliasesRequest, call: Call): ListAliasesResponse => {
  const rule = { action: 'ListAliases', acceptsAlias: false, isCrossAccount: false };
  const only = input.KeyId === undefined ? undefined : findKey(input.KeyId, rule, call);
  const aliases = [...call.world.at(call.caller.account, call.region).aliases]
    .filter(([, key]) => only === undefined || key === only)
    .map(([name, { metadata }]) => ({
      AliasName: name,
      AliasArn: metadata.Arn.replace(/key\/.*/, name),
      TargetKeyId: metadata.KeyId,
    }));
  const { items, paging } = toKmsPage(aliases, input, 50, 100);
  return { Aliases: items, ...paging };
};

const getKeyLastUsage = (input: GetKeyLastUsageRequest, call: Call): GetKeyLastUsageResponse => {
  const rule = { action: 'GetKeyLastUsage', acceptsAlias: false, isCrossAccount: false };
  const { metadata, lastUsage } = findKey(input.KeyId ?? '', rule, call);
  return {
    KeyId: metadata.Arn,
    // What the history tells is what was last, a fleet without one tells it itself.
    KeyLastUsage: getLastUsage(call.world.fleet, metadata.Arn) ?? lastUsage ?? {},
    KeyCreationDate: metadata.CreationDate,
    TrackingStartDate: metadata.CreationDate,
  };
};

const getPublicKey = (input: GetPublicKeyRequest, call: Call): GetPublicKeyResponse => {
  const rule = { action: 'GetPublicKey', acceptsAlias: true, isCrossAccount: true };
  const { metadata, publicKey } = findKey(input.KeyId ?? '', rule, call);
  if (!publicKey) throw new AwsError('UnsupportedOperationException', `${metadata.Arn} has no public key.`);
  return {
    KeyId: metadata.Arn,
    PublicKey: publicKey,
    KeySpec: metadata.KeySpec,
    KeyUsage: metadata.KeyUsage,
    SigningAlgorithms: metadata.SigningAlgorithms,
  };
};

export const kms: Service = {
  name: 'kms',
  namespace: 'com.amazonaws.kms',
  protocol: awsJson('TrentService'),
  codes: { serverError: { code: 'KMSInternalException', status: 500 } },
  operations: [
    { schema: DescribeKey$, answer: describeKey },
    { schema: GetKeyPolicy$, answer: getKeyPolicy },
    { schema: GetKeyRotationStatus$, answer: getKeyRotationStatus },
    { schema: ListKeyRotations$, answer: listKeyRotations },
    { schema: ListGrants$, answer: listGrants },
    { schema: ListAliases$, answer: listAliases },
    { schema: GetKeyLastUsage$, answer: getKeyLastUsage },
    { schema: GetPublicKey$, answer: getPublicKey },
  ],
};
