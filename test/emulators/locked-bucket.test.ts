import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PreconditionError } from '../../shared/runtime/errors.ts';
import { createS3Remove } from '../../shared/store/s3-remove.ts';
import { createS3Store } from '../../shared/store/s3-store.ts';
import { toConfig } from './service.ts';

const client = new S3Client(toConfig(z.url().parse(process.env.MINISTACK_ENDPOINT), '777777777777'));
const Bucket = 'locked-runs';
const store = { ...createS3Store(Bucket, client), ...createS3Remove(Bucket, client) };

beforeAll(async () => {
  await client.send(
    new CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket: true,
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
  );
  const DefaultRetention = { Mode: 'COMPLIANCE', Days: 30 } as const;
  await client.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } },
    }),
  );
});

describe('A bucket that locks each version', () => {
  it('lets state be written anew, and keeps every version of it', async () => {
    const first = await store.put('state/a', '1', { ifNoneMatch: '*' });
    const second = await store.put('state/a', '2', { ifMatch: first });
    await expect(store.put('state/a', '3', { ifMatch: first })).rejects.toBeInstanceOf(PreconditionError);
    expect(await store.get('state/a')).toEqual({ body: '2', etag: second });
    const { ObjectLockMode } = await client.send(new HeadObjectCommand({ Bucket, Key: 'state/a' }));
    expect(ObjectLockMode).toBe('COMPLIANCE');

    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'state/a' }));
    expect(Versions).toHaveLength(2);
    for (const { VersionId } of Versions)
      await expect(
        client.send(new DeleteObjectCommand({ Bucket, Key: 'state/a', VersionId })),
      ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('lets a link be taken out of the index and put there again', async () => {
    await store.put('index/a', '{}');
    await store.remove('index/a');
    expect(await store.get('index/a')).toBeUndefined();
    expect(await Array.fromAsync(store.list('index/'))).toEqual([]);
    await store.put('index/a', '{}', { ifNoneMatch: '*' });
    expect(await Array.fromAsync(store.list('index/'))).toEqual(['index/a']);
  });
});
