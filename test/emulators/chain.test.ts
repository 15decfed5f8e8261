/**
 * The chain of manifests on KMS and S3 as ministack has them: real signatures, Object Lock, and the program that verifies.
 * moto does not sign digests as digests.
 */
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PreconditionError } from '../../shared/runtime/errors.ts';
import { manifestNames, toRunNames } from '../../shared/store/names.ts';
import { openS3Files } from '../../shared/store/s3-files.ts';
import { createS3Store } from '../../shared/store/s3-store.ts';
import { openSigner } from '../../shared/store/signer.ts';
import { writeManifest } from '../../shared/use-cases/write-manifest.ts';
import { days, scanNight, toRun } from '../chain/nights.ts';
import { keyward, toConfig } from './service.ts';

const endpoint = z.url().parse(process.env.MINISTACK_ENDPOINT);
const hub = '888888888888';
const config = toConfig(endpoint, hub);
const s3 = new S3Client(config);
const kms = new KMSClient(config);
const Bucket = 'signed-runs';
const store = createS3Store(Bucket, s3);
const lock = { mode: 'GOVERNANCE', days: 400 } as const;
const locked = createS3Store(Bucket, s3, lock);
let keyArn: string;

const verify = (...words: string[]) =>
  keyward(endpoint, hub, ['verify', `s3://${Bucket}`, '--format', 'json', ...words]);
const toStatuses = ({ nights }: { nights: { status: string }[] }) => nights.map(({ status }) => status);

beforeAll(async () => {
  const key = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  keyArn = key.KeyMetadata?.Arn ?? '';
  await s3.send(
    new CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket: true,
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
  );
  const signer = openSigner(keyArn, kms);
  const chain = { files: openS3Files(Bucket, s3), locked, signer, retentionDays: 36500, lateAfterHours: 26 };
  for (const day of days) {
    const { start, result } = await scanNight(store, day);
    await writeManifest(store, chain, start, result);
  }
});

describe('Nights that KMS signed, in a bucket with Object Lock', () => {
  it('are whole by the key that the newest names, and by its ARN', () => {
    for (const words of [[], ['--public-key', keyArn]]) {
      const told = verify(...words);
      expect(told).toMatchObject({ stderr: '', keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] });
      expect(toStatuses(told)).toEqual(['whole', 'whole', 'whole', 'whole']);
      // These are nights of some day long ago.
      expect(told.gaps.map(({ kind }: { kind: string }) => kind)).toEqual(
        Date.now() - Date.parse(`${days.at(-1)}T02:00:00Z`) > 27 * 3_600_000 ? ['late'] : [],
      );
    }
  });

  it('have manifests that are locked, and are written once', async () => {
    const Key = manifestNames.at(2);
    const { ObjectLockMode, ObjectLockRetainUntilDate, VersionId } = await s3.send(
      new HeadObjectCommand({ Bucket, Key }),
    );
    expect(ObjectLockMode).toBe('GOVERNANCE');
    expect((ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()).toBeGreaterThan(399 * 86_400_000);
    await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toThrow();
    await expect(locked.put(Key, '{}', { ifNoneMatch: '*' })).rejects.toBeInstanceOf(PreconditionError);
    const { ObjectLockMode: ofRun } = await s3.send(
      new HeadObjectCommand({ Bucket, Key: toRunNames(toRun(days[1] ?? '')).settings }),
    );
    expect(ofRun).toBeUndefined();
  });

  it('are altered, or gone, once somebody writes or deletes; the locked version is still there', async () => {
    await store.put(toRunNames(toRun(days[2] ?? '')).settings, '{}');
    await store.put(manifestNames.at(2), '{}');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: manifestNames.at(1) }));
    const told = verify('--public-key', keyArn);
    expect(told.status).toBe(1);
    expect(toStatuses(told)).toEqual(['whole', 'altered', 'altered']);
    expect(told.gaps[0]).toMatchObject({ kind: 'deleted', numbers: { from: 1, to: 1 } });
    const { Versions = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: manifestNames.prefix }),
    );
    expect(Versions.filter(({ Key }) => Key === manifestNames.at(1))).toHaveLength(1);
    expect(Versions.filter(({ Key }) => Key === manifestNames.at(2))).toHaveLength(2);
  });

  it('can’t be told from a key that does not sign', () => {
    const told = verify('--public-key', keyArn.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000'));
    expect(told).toMatchObject({ status: 2, stderr: expect.stringContaining('the public key of') });
  });
});

it('A bucket without Object Lock takes no manifest under a lock', async () => {
  const Bare = 'unlocked-runs';
  await s3.send(
    new CreateBucketCommand({
      Bucket: Bare,
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
  );
  await expect(createS3Store(Bare, s3, lock).put('a', '{}')).rejects.toMatchObject({
    name: 'InvalidRequest',
  });
});
