/** Every kind of store, each fresh for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { createFolderStore } from '../../shared/store/folder-store.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { createS3Remove } from '../../shared/store/s3-remove.ts';
import { createS3Store } from '../../shared/store/s3-store.ts';
import { region, toFleet } from '../use-cases/fleets.ts';

export const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** A bucket of a sandbox of its own, and the sandbox. */
export const makeBucket = async () => {
  const fleet = toFleet([]);
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const { accessKeyId = '', secretAccessKey = '' } = fleet.credentials[0] ?? {};
  const client = new S3Client({
    endpoint: sandbox.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  return { sandbox, store: { ...createS3Store('runs', client), ...createS3Remove('runs', client) } };
};

export const stores = [
  ['memory', async () => createMemoryStore()],
  ['folder', async () => createFolderStore(await makeFolder())],
  ['S3', async () => (await makeBucket()).store],
] as const;
