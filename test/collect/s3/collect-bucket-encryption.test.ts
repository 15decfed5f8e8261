import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import type { Fleet } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectBucketEncryption } from '../../../shared/collect/s3/collect-bucket-encryption.ts';

const region = 'eu-central-1';
const account = '111122223333';
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd`;
const credential = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
const bucketEncryption: Fleet['bucketEncryption'] = {
  sealed: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
  managed: { SSEAlgorithm: 'aws:kms' },
};

const ask = async (bucket: string, faults: Fault[] = []) => {
  const sandbox = await startSandbox(
    {
      accounts: [{ id: account, name: 'one', regions: [region], roles: [] }],
      credentials: [{ ...credential, account, arn: `arn:aws:iam::${account}:user/ci` }],
      clusters: [],
      keys: [],
      bucketEncryption,
    },
    { faults },
  );
  onTestFinished(() => sandbox.close());
  const client = new S3Client({
    endpoint: sandbox.endpoint,
    region,
    credentials: credential,
    maxAttempts: 1,
    forcePathStyle: true,
  });
  return collectBucketEncryption(client, bucket, new AbortController().signal);
};

it.each([
  ['a key of its own', 'sealed', { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn }],
  ['KMS without saying with which key', 'managed', { sseAlgorithm: 'aws:kms' }],
  ['S3’s own keys', 'plain', { sseAlgorithm: 'AES256' }],
])('A bucket that encrypts with %s says so', async (_, bucket, value) => {
  expect(await ask(bucket)).toEqual({ value, missing: [] });
});

it('A bucket that nobody may ask about is unknown', async () => {
  const fault: Fault = { kind: 'access-denied', service: 's3', operation: 'GetBucketEncryption' };
  expect(await ask('sealed', [fault])).toMatchObject({ unknown: 'access-denied' });
});
