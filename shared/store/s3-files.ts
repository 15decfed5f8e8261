import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';

/** The objects of a bucket as bytes: what others than the store wrote there. */
export const openS3Files = (bucket: string, client = new S3Client({})) => ({
  list: async function* (prefix: string): AsyncIterable<string> {
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix: prefix },
    ))
      for (const { Key } of Contents) if (Key !== undefined) yield Key;
  },
  read: async (name: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  },
});
