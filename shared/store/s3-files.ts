import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Files } from './files.ts';

/** The objects of a bucket as bytes: what others than the store wrote there, and what is hashed. A signal breaks requests off. */
export const openS3Files = (bucket: string, client = new S3Client({}), abortSignal?: AbortSignal) => {
  const list = async function* (prefix: string): AsyncIterable<string> {
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix: prefix },
      { abortSignal },
    ))
      for (const { Key } of Contents) if (Key !== undefined) yield Key;
  };
  const read = async (name: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  const open: Files['open'] = async (name) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }), {
        abortSignal,
      });
      return Body instanceof Readable ? Body : Readable.from([]);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };
  return { list, read, open };
};

/** The same below a folder of the bucket, by their names there. */
export const openS3FilesBelow = (prefix: string, files: Files): Files => {
  const folder = prefix === '' ? '' : `${prefix}/`;
  return {
    list: async function* (wanted) {
      for await (const name of files.list(folder + wanted)) yield name.slice(folder.length);
    },
    open: (name) => files.open(folder + name),
  };
};
