import { z } from 'zod';
import { factOf } from '../fact.ts';
import { namespaced } from './object.ts';

/** Velero's BackupStorageLocation, narrowed: https://velero.io/docs/main/api-types/backupstoragelocation/ */
export const backupLocation = z.object({
  ...namespaced,
  provider: z.string().optional(),
  bucket: z.string().optional(),
  prefix: z.string().optional(),
  /** spec.config.kmsKeyId and spec.config.region */
  kmsKeyId: z.string().optional(),
  region: z.string().optional(),
  /** spec.config.serverSideEncryption: what Velero asks of S3, whatever the bucket's default. */
  serverSideEncryption: z.string().optional(),
  /** Whether Velero sends a key of its own with each object (SSE-C), by customerKeyEncryptionFile or …Secret. */
  sendsOwnKey: z.boolean().optional(),
  /** The host of spec.config.s3Url, where that is none of AWS: a MinIO. */
  otherHost: z.string().optional(),
  /** Of the bucket, by s3:GetBucketEncryption; absent where nobody could ask AWS. */
  bucketEncryption: factOf(
    z.object({ sseAlgorithm: z.string().optional(), kmsMasterKeyId: z.string().optional() }),
  ).optional(),
});
export type BackupLocation = z.infer<typeof backupLocation>;

/** Whether it lies in AWS's S3: by Velero's plugin for AWS, which is called with and without its domain. */
export const isInS3 = ({ provider = '', otherHost }: BackupLocation): boolean =>
  /(^|\/)aws$/.test(provider) && otherHost === undefined;

/**
 * Whether the bucket's default decides what seals what Velero puts there.
 * https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md
 */
export const isSealedByDefault = ({
  kmsKeyId,
  sendsOwnKey,
  serverSideEncryption = 'aws:kms',
}: BackupLocation): boolean => !kmsKeyId && !sendsOwnKey && serverSideEncryption.startsWith('aws:kms');
