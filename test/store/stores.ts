/** Every kind of store, each fresh for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFolderStore } from '../../shared/store/folder-store.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';

export const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const stores = [
  ['memory', async () => createMemoryStore()],
  ['folder', async () => createFolderStore(await makeFolder())],
] as const;
