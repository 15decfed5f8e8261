import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const readText = (path: string) => readFileSync(new URL(path, root), 'utf8');
const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readText('package.json')));

const getPackages = (source: string): string[] =>
  [...source.matchAll(/(?:(?<!')\bfrom|\bimport\(|^import)\s*'((?:@[^'/]+\/)?[^'./][^'/]*)/gm)]
    .flatMap(([, name]) => name ?? [])
    .filter((name) => !name.startsWith('node:'));

describe('what ships', () => {
  // The sandbox is part of it: the demo brings it along. `npm install --omit=dev` must be enough to run.
  // The page's script is bundled, with its packages, before anything is installed.
  const sources = globSync('{cli,functions,shared,sandbox}/**/*.ts', { cwd: root.pathname });
  it.each(sources.filter((path) => !path.startsWith('shared/report/html/page/')).sort())(
    'imports no package that only development has: %s',
    (path) => {
      expect(getPackages(readText(path)).filter((name) => !(name in dependencies))).toEqual([]);
    },
  );

  it('has its packages read from imports of every form', () => {
    const source = "import '@a/b';\nimport { c } from 'c/d';\nawait import('e');\nimport f from './f.ts';\n";
    expect(getPackages(source)).toEqual(['@a/b', 'c', 'e']);
  });
});

/** A file and all that it imports, at once or later; types aside, which are gone when it runs. */
const collectFiles = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file) || !file.endsWith('.ts')) return seen;
  seen.add(file);
  for (const [, specifier = ''] of readText(file).matchAll(
    /(?:^(?:import|export)(?! type)[^']*from |\bimport\()'(\.[^']+)'/gm,
  ))
    collectFiles(join(dirname(file), specifier), seen);
  return seen;
};

describe('the client of Kubernetes', () => {
  const isCarriedBy = (file: string) =>
    [...collectFiles(file)].some((path) => getPackages(readText(path)).includes('@kubernetes/client-node'));

  it('is loaded by the command line, where a kubeconfig needs it', () => {
    expect(isCarriedBy('cli/main.ts')).toBe(true);
    expect(readText('shared/collect/kubernetes/kubeconfig.ts')).not.toMatch(/from '@kubernetes/);
  });

  it.each(globSync('functions/*.ts', { cwd: root.pathname }).sort())('is not carried by %s', (file) => {
    expect(isCarriedBy(file)).toBe(false);
  });
});
