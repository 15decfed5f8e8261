import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-licences.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Package {
  license?: string;
  dev?: boolean;
  dependencies?: Record<string, string>;
}

/** A project with these packages in its lock file, and these files. */
const toProject = (packages: Record<string, Package>, files: Record<string, string> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-licences-'));
  const entries = Object.entries(packages).map(([name, entry]) => [
    `node_modules/${name}`,
    { version: '1.0.0', ...entry },
  ]);
  const lock = { lockfileVersion: 3, packages: { '': { name: 'it' }, ...Object.fromEntries(entries) } };
  for (const [path, text] of Object.entries({ ...files, 'package-lock.json': JSON.stringify(lock) })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};
const checkLicences = (folder: string) =>
  spawnSync(process.execPath, [script, folder], { encoding: 'utf8', cwd: root });

const oracle = { 'a-oracle': { license: 'AGPL-3.0-or-later', dev: true } };

describe('check-licences', () => {
  it('finds nothing to say about this project', () => {
    expect(checkLicences(root)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each<[string, Record<string, Package>, Record<string, string>?]>([
    ['a permissive licence in production', { a: { license: 'MIT' } }],
    [
      'a choice between two, one of them permissive',
      { a: { license: '(GPL-2.0)', dev: true }, b: { license: 'GPL-2.0 OR MIT' } },
    ],
    ['a copyleft licence for tests', oracle, { 'test/a.test.ts': "import { ask } from 'a-oracle';\n" }],
    [
      'a name that only begins like it',
      oracle,
      { 'shared/a.ts': "import { ask } from 'a-oracle-of-ours';\n" },
    ],
  ])('passes with %s', (_, packages, files) => {
    expect(checkLicences(toProject(packages, files))).toMatchObject({ status: 0, stderr: '' });
  });

  it.each<[string, Record<string, Package>, string]>([
    ['a copyleft licence', { a: { license: 'AGPL-3.0-or-later' } }, 'a@1.0.0 (AGPL-3.0-or-later)'],
    ['no licence', { '@b/c': {} }, '@b/c@1.0.0 (names no licence)'],
    ['two licences that both bind', { a: { license: 'MIT AND GPL-2.0' } }, 'a@1.0.0 (MIT AND GPL-2.0)'],
    ['one deep in the tree', { 'a/node_modules/d': { license: 'SSPL-1.0' } }, 'd@1.0.0 (SSPL-1.0)'],
  ])('fails on %s in production', (_, packages, shown) => {
    const { status, stderr } = checkLicences(toProject(packages));
    expect(stderr).toContain(`  ${shown} is a production dependency\n`);
    expect(stderr).toContain('make it a devDependency');
    expect(status).toBe(1);
  });

  it.each([
    ["import { ask } from 'a-oracle';\n"],
    ["import 'a-oracle/register';\n"],
    ["const { ask } = await import('a-oracle');\n"],
    ["import {\n  ask,\n} from 'a-oracle';\n"],
  ])('fails on what ships importing a test oracle: %j', (text) => {
    const { status, stderr } = checkLicences(toProject(oracle, { 'shared/policy/a.ts': text }));
    expect(stderr).toContain('  shared/policy/a.ts ships and needs a-oracle@1.0.0 (AGPL-3.0-or-later)\n');
    expect(status).toBe(1);
  });

  it('fails on one that a package of the page needs, though that is bundled and so for development', () => {
    const chart = { license: 'ISC', dev: true, dependencies: { 'a-oracle': '^1.0.0' } };
    const page = { 'shared/report/html/page/a.ts': "import { draw } from 'chart';\n" };
    const { status, stderr } = checkLicences(toProject({ ...oracle, chart }, page));
    expect(stderr).toContain('page/a.ts ships and needs a-oracle@1.0.0 (AGPL-3.0-or-later)\n');
    expect(status).toBe(1);
  });
});
