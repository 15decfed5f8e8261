/** What KMS says of one key, or of one member of a multi-Region family: KMS's own shapes, narrowed. */
import { z } from 'zod';
import { analyzerAnswer } from './access-analyzer.ts';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

const regionalKey = z.object({ Arn: z.string(), Region: z.string() });

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html */
export const keyMetadata = z.object({
  Arn: z.string(),
  KeyId: z.string(),
  AWSAccountId: z.string().optional(),
  KeyState: z.string().optional(),
  KeyManager: z.string().optional(),
  KeySpec: z.string().optional(),
  KeyUsage: z.string().optional(),
  Origin: z.string().optional(),
  CreationDate: timestamp.optional(),
  DeletionDate: timestamp.optional(),
  PendingDeletionWindowInDays: z.number().optional(),
  ValidTo: timestamp.optional(),
  ExpirationModel: z.string().optional(),
  CustomKeyStoreId: z.string().optional(),
  MultiRegion: z.boolean().optional(),
  MultiRegionConfiguration: z
    .object({
      MultiRegionKeyType: z.string().optional(),
      PrimaryKey: regionalKey.optional(),
      ReplicaKeys: z.array(regionalKey).optional(),
    })
    .optional(),
});
export type KeyMetadata = z.infer<typeof keyMetadata>;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
export const keyRotation = z.object({
  KeyRotationEnabled: z.boolean(),
  RotationPeriodInDays: z.number().optional(),
  NextRotationDate: timestamp.optional(),
  OnDemandRotationStartDate: timestamp.optional(),
});
export type KeyRotation = z.infer<typeof keyRotation>;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RotationsListEntry.html */
export const pastRotation = z.object({
  RotationDate: timestamp.optional(),
  RotationType: z.string().optional(),
});
export type PastRotation = z.infer<typeof pastRotation>;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html */
export const grant = z.object({
  GrantId: z.string(),
  Name: z.string().optional(),
  CreationDate: timestamp.optional(),
  GranteePrincipal: z.string().optional(),
  GranteeServicePrincipal: z.string().optional(),
  RetiringPrincipal: z.string().optional(),
  RetiringServicePrincipal: z.string().optional(),
  IssuingAccount: z.string().optional(),
  Operations: z.array(z.string()).optional(),
  Constraints: z
    .object({
      EncryptionContextEquals: z.record(z.string(), z.string()).optional(),
      EncryptionContextSubset: z.record(z.string(), z.string()).optional(),
      SourceArn: z.string().optional(),
    })
    .optional(),
});
export type Grant = z.infer<typeof grant>;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
export const keyLastUsage = z.object({
  KeyLastUsage: z
    .object({
      Operation: z.string().optional(),
      Timestamp: timestamp.optional(),
      CloudTrailEventId: z.string().optional(),
    })
    .optional(),
  TrackingStartDate: timestamp.optional(),
});
export type KeyLastUsage = z.infer<typeof keyLastUsage>;

/**
 * One key of one Region. A fact that nobody asked for, because it can't apply to this key, is absent:
 * rotation of a key that cannot rotate, aliases where no policy looks at them. So is Access Analyzer's answer in a scan.
 */
export const keyEvidence = z.object({
  arn: z.string(),
  account: z.string(),
  region: z.string(),
  collectedAt: timestamp,
  metadata: factOf(keyMetadata),
  policy: factOf(z.string()),
  grants: factOf(z.array(grant)),
  rotation: factOf(keyRotation).optional(),
  rotations: factOf(z.array(pastRotation)).optional(),
  aliases: factOf(z.array(z.string())).optional(),
  lastUsage: factOf(keyLastUsage).optional(),
  accessAnalyzer: factOf(analyzerAnswer).optional(),
});
export type KeyEvidence = z.infer<typeof keyEvidence>;

/** What a name that a cluster gave (an alias, or the key's own ARN) stands for. */
export const namedKey = z.object({ keyArn: factOf(z.string()) });
export type NamedKey = z.infer<typeof namedKey>;

/** The ARNs of every member of a multi-Region key's family, itself included; just its own for any other key. */
export const getFamilyArns = (key: KeyMetadata): string[] => {
  const { PrimaryKey: primary, ReplicaKeys: replicas = [] } = key.MultiRegionConfiguration ?? {};
  const members = [primary, ...replicas].flatMap((member) => member?.Arn ?? []);
  return [...new Set([key.Arn, ...members])].sort();
};
