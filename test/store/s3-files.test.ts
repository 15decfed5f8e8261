import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { openS3Files } from '../../shared/store/s3-files.ts';
import { region, toFleet } from '../use-cases/fleets.ts';
import { makeBucket } from './stores.ts';

it('Files of a bucket are listed by prefix, and read as the bytes that they are', async () => {
  const { sandbox } = await makeBucket();
  const { accessKeyId = '', secretAccessKey = '' } = toFleet([]).credentials[0] ?? {};
  const client = new S3Client({
    endpoint: sandbox.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  });
  const bytes = gzipSync('{"a":1}\n');
  for (const Key of ['answer/bucket=1/b', 'answer/bucket=1/a', 'answer/bucket=17/c'])
    await client.send(new PutObjectCommand({ Bucket: 'runs', Key, Body: bytes }));
  const files = openS3Files('runs', client);
  expect(await Array.fromAsync(files.list('answer/bucket=1/'))).toEqual([
    'answer/bucket=1/a',
    'answer/bucket=1/b',
  ]);
  expect(Buffer.from(await files.read('answer/bucket=1/a')).equals(bytes)).toBe(true);
  await expect(files.read('answer/none')).rejects.toThrow('The specified key does not exist');
});
