import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { PreconditionError } from '../runtime/errors.ts';
import { assertCondition } from './memory-store.ts';
import type { ErasableStore, StoredObject } from './store.ts';

/** Only what ends so is an object: locks, and what a killed writer left half done, lie beside it under other names. */
const objectSuffix = '.json';
const lockSuffix = '.lock';
const lockAttempts = 100;
const lockWaitMilliseconds = 20;

/**
 * A store of files below a folder. Writes are whole or not at all; conditional ones hold between processes, too,
 * by a lock file beside the object. Inventories of IAM lie in it, so only the owner may read it.
 */
export const createFolderStore = (folder: string): ErasableStore => {
  const toPath = (name: string) => join(folder, ...name.split('/').map(toFileName)) + objectSuffix;
  const get = async (name: string): Promise<StoredObject | undefined> => {
    const body = await readFile(toPath(name), 'utf8').catch(ignoreMissing);
    return body === undefined ? undefined : { body, etag: toEtag(body) };
  };
  return {
    get,
    put: async (name, body, condition) => {
      const path = toPath(name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const write = () => writeFileAtomic(path, body, { mode: 0o600 });
      if (condition)
        await underLock(path, async () => {
          assertCondition(name, (await get(name))?.etag, condition);
          await write();
        });
      else await write();
      return toEtag(body);
    },
    remove: (name) => rm(toPath(name), { force: true }),
    list: async function* (prefix) {
      const paths =
        (await readdir(folder, { recursive: true, withFileTypes: true }).catch(ignoreMissing)) ?? [];
      const names = paths
        .filter((entry) => entry.isFile() && entry.name.endsWith(objectSuffix))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name.slice(0, -objectSuffix.length))));
      yield* names
        .map((path) => path.split(sep).map(toNamePart).join('/'))
        .filter((name) => name.startsWith(prefix))
        .sort();
    },
  };
};

const toEtag = (body: string) => createHash('sha256').update(body).digest('hex');

// `.` and `..` would leave the folder, an empty part would vanish, and a folder must not be called as an object is.
const toFileName = (part: string) => (/^[.~]|^$|\.json$/.test(part) ? `~${part}` : part);
const toNamePart = (fileName: string) => fileName.replace(/^~/, '');

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

const underLock = async (path: string, write: () => Promise<void>): Promise<void> => {
  const lockPath = path + lockSuffix;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (await open(lockPath, 'wx')).close();
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (attempt === lockAttempts)
        throw new PreconditionError('LOCKED', `${lockPath} is held by another process`, {
          hint: 'If none runs, one was killed while it wrote: remove the file.',
        });
      await wait(lockWaitMilliseconds);
    }
  }
  await write().finally(() => unlink(lockPath));
};
