/** By what a bucket encrypts what is put into it, where the writer says nothing. */
import { GetBucketEncryptionCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { BackupLocation } from '../../evidence/kubernetes/backup-location.ts';
import { collectFact } from '../collect-fact.ts';

const rules = z.array(
  z.object({
    ApplyServerSideEncryptionByDefault: z
      .object({ SSEAlgorithm: z.string().optional(), KMSMasterKeyID: z.string().optional() })
      .optional(),
  }),
);

/** The default encryption of a bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
export const collectBucketEncryption = (
  client: S3Client,
  bucket: string,
  abortSignal: AbortSignal,
): Promise<NonNullable<BackupLocation['bucketEncryption']>> =>
  collectFact(async () => {
    const { ServerSideEncryptionConfiguration } = await client.send(
      new GetBucketEncryptionCommand({ Bucket: bucket }),
      { abortSignal },
    );
    const [rule] = rules.parse(ServerSideEncryptionConfiguration?.Rules ?? []);
    const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
    return {
      ...(SSEAlgorithm ? { sseAlgorithm: SSEAlgorithm } : {}),
      ...(KMSMasterKeyID ? { kmsMasterKeyId: KMSMasterKeyID } : {}),
    };
  });
