/** Cases for checks: what AWS would have answered, parsed as a collector parses it, and judged. */
import type { z } from 'zod';
import type { Check, Facts, Subject, Verdict } from '../../shared/checks/check.ts';
import { cluster } from '../../shared/evidence/cluster.ts';
import type { KeyChanges, KeyUse } from '../../shared/evidence/events.ts';
import { type Fact, type MissingPart, toKnown, toUnknown, type Unknown } from '../../shared/evidence/fact.ts';
import { controlPolicies, iamInventory } from '../../shared/evidence/iam.ts';
import { grant, keyLastUsage, keyMetadata, keyRotation, pastRotation } from '../../shared/evidence/key.ts';
import { organization } from '../../shared/evidence/organization.ts';
import type { SecretReads } from '../../shared/evidence/reads.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { trail } from '../../shared/evidence/trail.ts';

const collectedAt = '2026-11-24T02:00:00.000Z';
export const account = '111122223333';
const region = 'eu-west-1';
export const clusterArn = `arn:aws:eks:${region}:${account}:cluster/shop`;
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const keyArn = `arn:aws:kms:${region}:${account}:key/${keyId}`;

export const denied: Unknown = toUnknown('access-denied', 'not allowed to ask');
const throttledPage: MissingPart = { what: 'page 2', reason: 'throttled' };

/** A fact's value as AWS gives it, laid over a healthy default; or an unknown in its place. */
type Answer<Value> = Partial<Value> | Unknown;

export interface Given {
  cluster?: Answer<z.input<typeof cluster>>;
  metadata?: Answer<z.input<typeof keyMetadata>>;
  grants?: z.input<typeof grant>[] | Unknown;
  rotation?: Answer<z.input<typeof keyRotation>>;
  rotations?: z.input<typeof pastRotation>[] | Unknown;
  policy?: object | Unknown;
  /** Read only where a policy looks at them. */
  aliases?: string[] | Unknown;
  organization?: Answer<z.input<typeof organization>>;
  /** The IAM of the cluster's account, which is the key's too. */
  iam?: Answer<z.input<typeof iamInventory>>;
  serviceControl?: Answer<z.input<typeof controlPolicies>>;
  resourceControl?: Answer<z.input<typeof controlPolicies>>;
  /** What happened to the key: read only where somebody asks. */
  use?: KeyUse | Unknown;
  changes?: KeyChanges | Unknown;
  /** What the cluster's audit log tells: read only where somebody asks. */
  reads?: SecretReads | Unknown;
  lastUsage?: Answer<z.input<typeof keyLastUsage>>;
  trails?: z.input<typeof trail>[] | Unknown;
  /** What the key's subject says other than the default; null for a cluster without a key. */
  key?: Partial<NonNullable<Subject['key']>> | null;
  /** Where the cluster lies, other than by default. */
  place?: Partial<Subject['cluster']>;
  /** Facts of which a part could not be read. */
  missing?: (keyof Facts)[];
  /** Facts that nobody collected. */
  absent?: (keyof Facts)[];
  settings?: z.input<typeof settings>;
}

const isUnknown = (answer: object): answer is Unknown => 'unknown' in answer;

const defaultCluster = {
  name: 'shop',
  arn: clusterArn,
  version: '1.34',
  status: 'ACTIVE',
  createdAt: '2025-03-01T09:00:00Z',
  roleArn: `arn:aws:iam::${account}:role/shop-cluster`,
  encryptionConfig: [{ resources: ['secrets'], provider: { keyArn } }],
  health: { issues: [] },
  logging: { clusterLogging: [{ types: ['api', 'audit', 'authenticator'], enabled: true }] },
};

const defaultMetadata = {
  Arn: keyArn,
  KeyId: keyId,
  AWSAccountId: account,
  KeyState: 'Enabled',
  KeyManager: 'CUSTOMER',
  KeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  Origin: 'AWS_KMS',
  CreationDate: '2025-02-01T09:00:00Z',
  MultiRegion: false,
};

/** The grant that EKS creates on the key of a cluster, as it is observed on real keys. */
export const toEksGrant = (clusterName: string, context: string) => ({
  GrantId: `grant-of-${clusterName}`,
  Name: `eks-grant-${clusterName}`,
  GranteePrincipal: `eks.${region}.amazonaws.com`,
  RetiringPrincipal: `eks.${region}.amazonaws.com`,
  IssuingAccount: `arn:aws:iam::${account}:root`,
  Operations: ['Decrypt', 'Encrypt'],
  Constraints: { EncryptionContextEquals: { 'aws:eks:context': context } },
});

const defaultPolicy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
  ],
};

/** Runs one check on one case. */
export const judge = (check: Check, given: Given = {}): Verdict[] =>
  check.judge(toSubject(given), settings.parse(given.settings ?? {}));

/** The subject of one case: AWS-shaped answers over healthy defaults. */
export const toSubject = (given: Given = {}): Subject => {
  const toFact = <Value>(name: keyof Facts, answer: Value | Unknown): Fact<Value> | undefined => {
    if (given.absent?.includes(name)) return undefined;
    if (typeof answer === 'object' && answer !== null && isUnknown(answer)) return answer;
    return toKnown(answer, given.missing?.includes(name) ? [throttledPage] : []);
  };
  /** Lays an answer over its default and parses the whole. */
  const over = <Shape extends z.ZodType>(shape: Shape, standard: object, answer: object = {}) =>
    isUnknown(answer) ? answer : shape.parse({ ...standard, ...answer });
  const many = <Shape extends z.ZodType>(shape: Shape, answer: object[] | Unknown) =>
    Array.isArray(answer) ? answer.map((entry) => shape.parse(entry)) : answer;
  const policy = given.policy ?? defaultPolicy;
  const iam = over(iamInventory, { users: [], groups: [], roles: [], policies: [] }, given.iam);
  const serviceControl = over(controlPolicies, { levels: [] }, given.serviceControl);
  const resourceControl = over(controlPolicies, { levels: [] }, given.resourceControl);

  return {
    cluster: { arn: clusterArn, name: 'shop', account, region, ...given.place },
    key:
      given.key === null
        ? undefined
        : { arn: keyArn, account, region, isNamedByCluster: true, clusters: [clusterArn], ...given.key },
    facts: {
      cluster: toFact('cluster', over(cluster, defaultCluster, given.cluster)),
      'key.metadata': toFact('key.metadata', over(keyMetadata, defaultMetadata, given.metadata)),
      'key.policy': toFact('key.policy', isUnknown(policy) ? policy : JSON.stringify(policy)),
      ...(given.aliases ? { 'key.aliases': toFact('key.aliases', given.aliases) } : {}),
      'key.grants': toFact('key.grants', many(grant, given.grants ?? [toEksGrant('shop', 'context-1')])),
      ...(given.use ? { 'key.use': toFact('key.use', given.use) } : {}),
      ...(given.changes ? { 'key.changes': toFact('key.changes', given.changes) } : {}),
      ...(given.reads ? { 'secret.reads': toFact('secret.reads', given.reads) } : {}),
      ...(given.lastUsage
        ? { 'key.lastUsage': toFact('key.lastUsage', over(keyLastUsage, {}, given.lastUsage)) }
        : {}),
      ...(given.trails ? { 'key.trails': toFact('key.trails', many(trail, given.trails)) } : {}),
      'key.rotation': toFact('key.rotation', over(keyRotation, { KeyRotationEnabled: true }, given.rotation)),
      'key.rotations': toFact('key.rotations', many(pastRotation, given.rotations ?? [])),
      organization: toFact(
        'organization',
        over(organization, { id: 'o-exampleorgid', accounts: [account] }, given.organization),
      ),
      'iam.cluster': toFact('iam.cluster', iam),
      'iam.key': toFact('iam.key', iam),
      'serviceControl.cluster': toFact('serviceControl.cluster', serviceControl),
      'serviceControl.key': toFact('serviceControl.key', serviceControl),
      'resourceControl.key': toFact('resourceControl.key', resourceControl),
    },
    collectedAt,
  };
};

/** What an unknown says, for asserting that a denied fact ends there. */
export const saysDenied = [{ status: 'unknown', reason: 'access-denied', message: 'not allowed to ask' }];
