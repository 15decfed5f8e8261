import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Store } from './store.ts';

/** The names of a bucket's objects, which S3 lists in the order of their UTF-8 bytes. */
export const createS3List = (bucket: string, client = new S3Client({})): Pick<Store, 'list'> => ({
  list: async function* (prefix) {
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix: prefix },
    ))
      for (const { Key } of Contents) if (Key !== undefined) yield Key;
  },
});
