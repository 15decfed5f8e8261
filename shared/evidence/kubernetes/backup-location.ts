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
  /** Of the bucket, by s3:GetBucketEncryption; absent where nobody could ask AWS. */
  bucketEncryption: factOf(
    z.object({ sseAlgorithm: z.string().optional(), kmsMasterKeyId: z.string().optional() }),
  ).optional(),
});
export type BackupLocation = z.infer<typeof backupLocation>;
