import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { serve } from '../serve.ts';

describe('S3 of the sandbox', () => {
  const keys = ['a/1/x', 'a/1/y', 'a/2', 'a/3/z', 'b', 'logs/ä/1'];
  const fill = async () => {
    const { toConfig } = await serve();
    const client = new S3Client({ ...toConfig(), forcePathStyle: true });
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: Key }));
    return async (input: Partial<ListObjectsV2Command['input']>) => {
      const answer = await client.send(new ListObjectsV2Command({ Bucket: 'bucket', ...input }));
      return {
        keys: (answer.Contents ?? []).map(({ Key }) => Key),
        prefixes: (answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
        count: answer.KeyCount,
        next: answer.NextContinuationToken,
      };
    };
  };

  it('rolls keys up to the delimiter', async () => {
    const list = await fill();
    expect(await list({ Delimiter: '/' })).toMatchObject({
      keys: ['b'],
      prefixes: ['a/', 'logs/'],
      count: 3,
    });
    expect(await list({ Prefix: 'a/', Delimiter: '/' })).toMatchObject({
      keys: ['a/2'],
      prefixes: ['a/1/', 'a/3/'],
    });
    expect(await list({ Prefix: 'logs/', Delimiter: '/' })).toMatchObject({
      keys: [],
      prefixes: ['logs/ä/'],
    });
    expect(await list({ Prefix: 'a/' })).toMatchObject({ keys: keys.slice(0, 4), prefixes: [] });
  });

  it('pages what is rolled up as it does keys, and begins after a key', async () => {
    const list = await fill();
    const first = await list({ Prefix: 'a/', Delimiter: '/', MaxKeys: 2 });
    expect(first).toMatchObject({ keys: ['a/2'], prefixes: ['a/1/'], count: 2 });
    const second = await list({ Prefix: 'a/', Delimiter: '/', MaxKeys: 2, ContinuationToken: first.next });
    expect(second).toMatchObject({ keys: [], prefixes: ['a/3/'], next: undefined });
    expect(await list({ StartAfter: 'a/2' })).toMatchObject({ keys: ['a/3/z', 'b', 'logs/ä/1'] });
  });
});
