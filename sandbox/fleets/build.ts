/** Builders of clusters and keys: healthy and ordinary unless told otherwise. */
import type { KeyMetadata } from '@aws-sdk/client-kms';
import { usualEntries } from './access.ts';
import type { SandboxCluster, SandboxKey } from './fleet.ts';
import { daysBefore, toHash, toUuid } from './names.ts';
import { accountPolicy } from './policies.ts';

/** One account's Region at one moment: every date of a fleet is counted back from `now`. */
export type Site = { account: string; region: string; now: Date };

/** An ACTIVE cluster of 1.33 with all its logs on, no problem, and no key of its own. */
export const cluster = (
  { account, region, now }: Site,
  name: string,
  more: Partial<SandboxCluster> & { keyArn?: string; auditLog?: boolean } = {},
): SandboxCluster => {
  const { keyArn, auditLog = true, ...rest } = more;
  return {
    name,
    arn: `arn:aws:eks:${region}:${account}:cluster/${name}`,
    version: '1.33',
    status: 'ACTIVE',
    createdAt: daysBefore(now, 420),
    roleArn: `arn:aws:iam::${account}:role/${name}-cluster`,
    endpoint: `https://${toHash(name).slice(0, 32).toUpperCase()}.gr7.${region}.eks.amazonaws.com`,
    platformVersion: 'eks.9',
    accessConfig: { authenticationMode: 'API' },
    accessEntries: usualEntries(account, name),
    logging: {
      clusterLogging: auditLog
        ? [
            { types: ['api', 'audit', 'authenticator'], enabled: true },
            { types: ['controllerManager', 'scheduler'], enabled: false },
          ]
        : [{ types: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'], enabled: false }],
    },
    health: { issues: [] },
    ...(keyArn === undefined ? {} : { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn } }] }),
    ...rest,
  };
};

export const toKeyArn = ({ account, region }: Site, keyId: string): string =>
  `arn:aws:kms:${region}:${account}:key/${keyId}`;

/** An enabled symmetric customer managed key that rotates every year and that only its own account may use. */
export const key = (
  site: Site,
  name: string,
  {
    metadata = {},
    ...more
  }: Partial<Omit<SandboxKey, 'metadata'>> & { metadata?: Partial<KeyMetadata> } = {},
): SandboxKey => {
  const keyId = metadata.KeyId ?? toUuid(`key ${site.account} ${name}`);
  const arn = toKeyArn(site, keyId);
  const createdAt = metadata.CreationDate ?? daysBefore(site.now, 425);
  return {
    policy: accountPolicy(site.account),
    rotation: {
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
      NextRotationDate: daysBefore(site.now, -300),
    },
    rotations: [],
    aliases: [`alias/${name}`],
    crossAccount: [],
    lastUsage: {
      Operation: 'Decrypt',
      Timestamp: daysBefore(site.now, 0.5),
      KmsRequestId: toUuid(`request ${name}`),
    },
    ...more,
    grants: (more.grants ?? []).map((grant) => ({ KeyId: arn, CreationDate: createdAt, ...grant })),
    metadata: {
      Enabled: (metadata.KeyState ?? 'Enabled') === 'Enabled',
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      KeyManager: 'CUSTOMER',
      Origin: 'AWS_KMS',
      MultiRegion: false,
      Description: `${name} secrets`,
      ...metadata,
      CreationDate: createdAt,
      AWSAccountId: site.account,
      KeyId: keyId,
      Arn: arn,
    },
  };
};

/** A multi-Region primary and its replicas: one key id and family, policies and grants each its own. */
export const keyFamily = (
  site: Site,
  name: string,
  replicaRegions: string[],
  primary: Parameters<typeof key>[2] = {},
  replica: Parameters<typeof key>[2] = {},
): [SandboxKey, ...SandboxKey[]] => {
  const KeyId = `mrk-${toHash(`family ${site.account} ${name}`).slice(0, 32)}`;
  const toRegional = (region: string) => ({ Arn: toKeyArn({ ...site, region }, KeyId), Region: region });
  const family = { PrimaryKey: toRegional(site.region), ReplicaKeys: replicaRegions.map(toRegional) };
  const toMember = (type: 'PRIMARY' | 'REPLICA'): Partial<KeyMetadata> => ({
    KeyId,
    MultiRegion: true,
    MultiRegionConfiguration: { MultiRegionKeyType: type, ...family },
  });
  return [
    key(site, name, { ...primary, metadata: { ...primary.metadata, ...toMember('PRIMARY') } }),
    ...replicaRegions.map((region) =>
      key({ ...site, region }, name, {
        ...replica,
        metadata: { ...replica.metadata, ...toMember('REPLICA') },
      }),
    ),
  ];
};
