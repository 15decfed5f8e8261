import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ErasableStore } from './store.ts';

/** Takes objects out of a bucket; in a versioned one they stay behind a marker. */
export const createS3Remove = (bucket: string, client = new S3Client({})): Pick<ErasableStore, 'remove'> => ({
  remove: async (name) => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: name }));
  },
});
