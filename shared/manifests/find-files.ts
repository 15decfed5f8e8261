/** The files of a command line's paths: themselves, and in folders what is called as manifests are. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

export interface FoundFile {
  /** As findings name it: relative to the current folder, with `/`. `-` is standard input. */
  shown: string;
  path: string;
  /** Whether it was named itself, not found in a folder. */
  isNamed: boolean;
}

export interface Found {
  files: FoundFile[];
  /** Links that lead out of the folder that was named, to another folder: not followed. */
  links: string[];
}

const isManifestName = (name: string): boolean => /\.(?:ya?ml|json)$/i.test(name);

/** Folders that hold no manifests of one's own, and thousands of files. */
const leftFolders = ['.git', 'node_modules'];

/**
 * Takes paths as they were typed; gives their files in order, each once, however many links lead to it. Throws what
 * the system says of a path that is not there.
 */
export const findFiles = async (paths: readonly string[], folder: string): Promise<Found> => {
  const files = new Map<string, FoundFile>();
  const links: string[] = [];
  const toShown = (path: string) => relative(folder, path).split(sep).join('/') || '.';
  const addFile = async (path: string, isNamed: boolean) => {
    const real = await realpath(path);
    if (!files.has(real)) files.set(real, { shown: toShown(path), path, isNamed });
  };
  for (const typed of paths) {
    if (typed === '-') {
      files.set('-', { shown: '-', path: '-', isNamed: true });
      continue;
    }
    const path = resolve(folder, typed);
    if ((await stat(path)).isDirectory()) await walk(path, await realpath(path), new Set(), addFile, links);
    else await addFile(path, true);
  }
  return { files: [...files.values()], links: links.map(toShown) };
};

const walk = async (
  path: string,
  root: string,
  seen: Set<string>,
  addFile: (path: string, isNamed: boolean) => Promise<void>,
  links: string[],
): Promise<void> => {
  const real = await realpath(path);
  if (seen.has(real)) return;
  seen.add(real);
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, entry.name);
    // A link that leads nowhere is none of ours, unless it is called as a manifest: then reading it will say so.
    const target = entry.isSymbolicLink() ? await stat(inner).catch(() => undefined) : entry;
    if (target?.isDirectory()) {
      if (leftFolders.includes(entry.name)) continue;
      if (entry.isSymbolicLink() && !isWithin(await realpath(inner), root)) links.push(inner);
      else await walk(inner, root, seen, addFile, links);
    } else if (isManifestName(entry.name) && (target === undefined || target.isFile()))
      await addFile(inner, false);
  }
};

const isWithin = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
