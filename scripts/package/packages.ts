/** The packages of which the bundle holds something, as esbuild tells it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { z } from 'zod';

export interface BundledPackage {
  /** Below the checkout: `node_modules/a/node_modules/b`. */
  path: string;
  name: string;
  version: string;
  license: string;
  /** Of the bundled ones, those that it uses: their paths. */
  uses: string[];
  isUsedByKeyward: boolean;
  /** The texts of its licence, and of its notice where it has one. */
  licenceTexts: string[];
}

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** The folder of the package that a file is of; none for a file of Keyward itself. */
const toPackagePath = (file: string): string | undefined =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

/** Takes the checkout's folder and esbuild's account of the bundle; gives the packages in it, by path. */
export const collectPackages = async (
  root: string,
  { inputs, outputs }: Metafile,
): Promise<BundledPackage[]> => {
  const files = Object.values(outputs).flatMap(({ inputs: parts }) =>
    Object.entries(parts).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  const paths = [...new Set(files.flatMap((file) => toPackagePath(file) ?? []))].sort();
  // Also by way of files and whole packages (d3) that only pass on what others have, and leave no byte.
  const collectUsed = (user: string | undefined, seen: string[] = []): string[] =>
    Object.entries(inputs)
      .filter(([file]) => toPackagePath(file) === user)
      .flatMap(([, { imports }]) => imports)
      .flatMap(({ path }) => {
        const used = toPackagePath(path);
        if (used === undefined || used === user || seen.includes(used)) return [];
        seen.push(used);
        return paths.includes(used) ? used : collectUsed(used, seen);
      });
  const toUses = (user: string | undefined) => collectUsed(user).sort();
  const usedByKeyward = toUses(undefined);
  return Promise.all(
    paths.map(async (path) => {
      const folder = join(root, path);
      const read = (name: string) => readFile(join(folder, name), 'utf8');
      const { name, version, license } = manifest.parse(JSON.parse(await read('package.json')));
      const names = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
      return {
        ...{ path, name, version, license, uses: toUses(path) },
        isUsedByKeyward: usedByKeyward.includes(path),
        licenceTexts: await Promise.all(names.map(read)),
      };
    }),
  );
};
