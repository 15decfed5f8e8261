/** Calls to KMS with the parameters that CloudTrail keeps of them: the pages `ct-*` of KMS's developer guide. */
import type { GrantListEntry } from '@aws-sdk/client-kms';
import type { Caller } from './identities.ts';
import { type KmsCall, toMaterialId } from './record.ts';

export type Context = Record<string, string>;

const encryptionAlgorithm = 'SYMMETRIC_DEFAULT';
const toKeyId = (keyArn: string): string => keyArn.replace(/^.*:key\//, '');
const materialOf = (keyArn: string) => ({ keyMaterialId: toMaterialId(keyArn) });

/** A symmetric Decrypt names no key; the record's resources do. */
export const decrypt = (keyArn: string, caller: Caller, encryptionContext: Context): KmsCall => ({
  eventName: 'Decrypt',
  caller,
  keyArn,
  requestParameters: { encryptionContext, encryptionAlgorithm },
  additionalEventData: materialOf(keyArn),
});

export const encrypt = (keyArn: string, caller: Caller, encryptionContext: Context): KmsCall => ({
  eventName: 'Encrypt',
  caller,
  keyArn,
  requestParameters: { encryptionContext, keyId: keyArn, encryptionAlgorithm },
  additionalEventData: materialOf(keyArn),
});

export const generateDataKey = (
  eventName: 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext',
  keyArn: string,
  caller: Caller,
  encryptionContext: Context,
): KmsCall => ({
  eventName,
  caller,
  keyArn,
  requestParameters: { encryptionContext, keyId: keyArn, numberOfBytes: 64 },
  additionalEventData: materialOf(keyArn),
});

export const createGrant = (
  keyArn: string,
  caller: Caller,
  grant: Pick<
    GrantListEntry,
    'GrantId' | 'Name' | 'GranteePrincipal' | 'RetiringPrincipal' | 'Operations' | 'Constraints'
  >,
): KmsCall => {
  const { EncryptionContextEquals, EncryptionContextSubset } = grant.Constraints ?? {};
  const constraints = {
    ...(EncryptionContextEquals === undefined ? {} : { encryptionContextEquals: EncryptionContextEquals }),
    ...(EncryptionContextSubset === undefined ? {} : { encryptionContextSubset: EncryptionContextSubset }),
  };
  return {
    eventName: 'CreateGrant',
    caller,
    keyArn,
    requestParameters: {
      keyId: keyArn,
      granteePrincipal: grant.GranteePrincipal,
      operations: grant.Operations,
      ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
      ...(grant.RetiringPrincipal === undefined ? {} : { retiringPrincipal: grant.RetiringPrincipal }),
      ...(grant.Name === undefined ? {} : { name: grant.Name }),
    },
    responseElements: { grantId: grant.GrantId, keyId: keyArn },
  };
};

export const retireGrant = (keyArn: string, caller: Caller, grantId: string): KmsCall => ({
  eventName: 'RetireGrant',
  caller,
  keyArn,
  requestParameters: null,
  responseElements: { keyId: keyArn },
  additionalEventData: { grantId },
});

export const revokeGrant = (keyArn: string, caller: Caller, grantId: string): KmsCall => ({
  eventName: 'RevokeGrant',
  caller,
  keyArn,
  requestParameters: { keyId: keyArn, grantId },
  responseElements: { keyId: keyArn },
});

/** The whole policy is told, as it was sent; the key maybe by its id alone. */
export const putKeyPolicy = (
  keyArn: string,
  caller: Caller,
  policy: string,
  bypassPolicyLockoutSafetyCheck = false,
): KmsCall => ({
  eventName: 'PutKeyPolicy',
  caller,
  keyArn,
  requestParameters: {
    keyId: toKeyId(keyArn),
    policyName: 'default',
    policy,
    bypassPolicyLockoutSafetyCheck,
  },
});

export const scheduleKeyDeletion = (
  keyArn: string,
  caller: Caller,
  pendingWindowInDays: number,
  deletedAt: Date,
): KmsCall => ({
  eventName: 'ScheduleKeyDeletion',
  caller,
  keyArn,
  requestParameters: { keyId: toKeyId(keyArn), pendingWindowInDays },
  responseElements: {
    keyId: keyArn,
    keyState: 'PendingDeletion',
    deletionDate: deletedAt.toLocaleString('en-US', {
      dateStyle: 'medium',
      timeStyle: 'medium',
      timeZone: 'UTC',
    }),
    pendingWindowInDays,
  },
});

/** Calls that tell no more than the key: CancelKeyDeletion, DisableKey, EnableKey, DescribeKey, ListGrants … */
export const callOnKey = (
  eventName: string,
  keyArn: string,
  caller: Caller,
  responseElements: object | null = null,
): KmsCall => ({
  eventName,
  caller,
  keyArn,
  requestParameters: { keyId: keyArn },
  responseElements,
});

export const createAlias = (keyArn: string, caller: Caller, aliasName: string): KmsCall => ({
  eventName: 'CreateAlias',
  caller,
  keyArn,
  requestParameters: { aliasName, targetKeyId: toKeyId(keyArn) },
});

/** AWS's refusal of a caller whose policies do not let it. */
export const denied = (call: KmsCall): KmsCall => ({
  ...call,
  error: {
    errorCode: 'AccessDenied',
    errorMessage: `User: ${call.caller.userIdentity.arn} is not authorized to perform: kms:${call.eventName} on resource: ${call.keyArn} because no identity-based policy allows the kms:${call.eventName} action`,
  },
});
