import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { publint } from 'publint';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toThirdPartyLicences } from '../../scripts/package/third-party.ts';
import { script } from '../../shared/report/html/page-assets.ts';
import { makeFolder } from '../cli/start-keyward.ts';
import { packageFolder, packed } from './start-package.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(packageFolder, name), 'utf8');

describe('What others say of the tarball', () => {
  it('publint has nothing to say', async () => {
    const { buffer } = new Uint8Array(readFileSync(packed.tarball));
    expect(await publint({ pack: { tarball: buffer }, strict: true })).toMatchObject({ messages: [] });
  });

  it('attw finds no types, since there is nothing to import', async () => {
    const tarball = createPackageFromTarballData(new Uint8Array(readFileSync(packed.tarball)));
    expect(await checkPackage(tarball)).toMatchObject({ packageName: 'keyward', types: false });
    const importIt = () =>
      execFileSync(process.execPath, ['-e', "require('keyward')"], { cwd: packed.installed, stdio: 'pipe' });
    expect(importIt).toThrow(/ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});

const bill = z.object({
  metadata: z.object({ component: z.object({ 'bom-ref': z.string() }) }),
  components: z.array(
    z.object({
      'bom-ref': z.string(),
      name: z.string(),
      group: z.string().optional(),
      version: z.string(),
      hashes: z.array(z.object({ alg: z.string(), content: z.string() })).length(1),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});

describe('The bill of materials', () => {
  const text = read('dist/sbom.cdx.json');
  const { metadata, components, dependencies } = bill.parse(JSON.parse(text));
  const lock = z
    .object({
      packages: z.record(
        z.string(),
        z.object({
          version: z.string().optional(),
          dev: z.boolean().optional(),
          integrity: z.string().optional(),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));

  it('is CycloneDX by its own validator', async () => {
    expect(await new JsonStrictValidator(Version.v1dot6).validate(text)).toBeNull();
    expect(
      await new JsonStrictValidator(Version.v1dot6).validate(text.replace('"library"', '"book"')),
    ).not.toBeNull();
  });

  it('names each package whose code is in the bundle, as the lock file has it, and no other', () => {
    const marks = globSync('dist/*.js', { cwd: packageFolder }).flatMap((file) => [
      ...read(file).matchAll(/^\/\/ (?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//gm),
    ]);
    const inPage = [...script.slice(0, script.indexOf('*/')).matchAll(/^(\S+) \S+ \(ISC\)$/gm)].map(
      ([, name = '']) => name,
    );
    expect(inPage).toContain('@observablehq/plot');
    const bundled = new Set([...marks.map(([, name = '']) => name), ...inPage]);
    const named = components.map(({ group, name }) => (group ? `${group}/${name}` : name));
    expect(bundled.size).toBeGreaterThan(40);
    expect(named.toSorted()).toEqual([...bundled].sort());
    const locked = Object.entries(lock.packages).map(([path, { version, dev, integrity = '' }]) =>
      [
        path.split('node_modules/').at(-1),
        version,
        dev === true,
        Buffer.from(integrity.slice(7), 'base64').toString('hex'),
      ].join(' '),
    );
    for (const [index, { version, hashes }] of components.entries())
      expect(locked).toContain(
        [named[index], version, inPage.includes(named[index] ?? ''), hashes[0]?.content].join(' '),
      );
  });

  it('leads from Keyward to every package', () => {
    const uses = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const follow = (ref: string) => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const next of uses.get(ref) ?? []) follow(next);
    };
    follow(metadata.component['bom-ref']);
    expect(components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref))).toEqual(
      [],
    );
  });

  it('has every licence in THIRD-PARTY-LICENSES.txt', () => {
    const licences = read('dist/THIRD-PARTY-LICENSES.txt');
    for (const { group, name, version } of components)
      expect(licences).toMatch(new RegExp(`^${group ? `${group}/` : ''}${name} ${version} \\(`, 'm'));
    for (const holder of ['Mike Bostock', 'Colin McDonnell', 'Filip Skokan', 'Eemeli Aro'])
      expect(licences).toContain(holder);
  });
});

describe('Licences of what is bundled', () => {
  const known = { path: '', name: 'a', version: '1.0.0', uses: [], isUsedByKeyward: true };

  it('stand there once for all that share their text', () => {
    const text = toThirdPartyLicences(
      [
        { ...known, license: 'MIT', licenceTexts: ['MIT\r\nof A'] },
        { ...known, name: 'b', license: 'MIT', licenceTexts: ['MIT\nof A\n'] },
        { ...known, name: 'c', license: 'Apache-2.0', licenceTexts: [] },
      ],
      'Apache',
    );
    expect(text).toContain('a 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nMIT\nof A\n');
    expect(text).toContain('c 1.0.0 (Apache-2.0)\n\nApache\n');
  });

  it('may not be missing where they name their owner', () => {
    expect(() => toThirdPartyLicences([{ ...known, license: 'MIT', licenceTexts: [] }], '')).toThrow(
      'a@1.0.0 comes without the text of its licence (MIT)',
    );
  });
});

it('npm pack makes the same bytes of the same source', () => {
  const folder = makeFolder();
  cpSync(packed.source, folder, { recursive: true, verbatimSymlinks: true });
  const env = { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env.PATH}` };
  const name = execFileSync('npm', ['pack', '--silent'], { cwd: folder, env, encoding: 'utf8' }).trim();
  const toHash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  expect(toHash(join(folder, name))).toBe(toHash(packed.tarball));
});
