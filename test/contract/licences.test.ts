import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        license: z.string().optional(),
        dev: z.boolean().optional(),
        devOptional: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(read('package-lock.json')));
const copyleft = Object.entries(lock.packages).filter(([, { license = '' }]) =>
  /\bAGPL|\bGPL|SSPL/.test(license),
);
const names = copyleft.map(([path]) => path.split('node_modules/').at(-1) ?? path);

describe('packages under AGPL', () => {
  it('are known, and installed for development alone', () => {
    expect(names).toContain('@cloud-copilot/iam-simulate');
    expect(copyleft.filter(([, { dev }]) => dev !== true)).toEqual([]);
  });

  it.each(globSync('{cli,shared,sandbox,scripts,functions}/**/*.ts', { cwd: root }).sort())(
    'are not imported by %s',
    (path) => {
      const specifiers = [...read(path).matchAll(/['"`]([^'"`\n]+)['"`]/g)].flatMap(([, text]) => text ?? []);
      const strays = specifiers.filter((text) =>
        names.some((name) => text === name || text.startsWith(`${name}/`)),
      );
      expect(strays).toEqual([]);
    },
  );
});
