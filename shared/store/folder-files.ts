import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Files } from './files.ts';

/** A folder that a bucket was copied to: each object a file of its name. A name that leads out of it is no object. */
export const openFolderFiles = (folder: string): Files => ({
  list: async function* (prefix) {
    const entries = await readdir(join(folder, prefix), { recursive: true, withFileTypes: true }).catch(
      ignoreMissing,
    );
    yield* (entries ?? [])
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  },
  open: async (name) => {
    if (name.split('/').includes('..')) return undefined;
    const path = join(folder, name);
    const found = await stat(path).catch(ignoreMissing);
    return found?.isFile() ? createReadStream(path) : undefined;
  },
});

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error;
};
