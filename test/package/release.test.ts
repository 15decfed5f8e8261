import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../cli/start-keyward.ts';

const root = join(import.meta.dirname, '../..');

it('npm run version raises the version everywhere it stands, and writes the changelog', () => {
  const folder = makeFolder();
  for (const name of ['package.json', 'package-lock.json', '.changeset'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const before = json('package.json').version;
  // One of its own, so that there is something to release whatever else waits.
  const change = '---\n"keyward": patch\n---\n\nA change that a test makes\n';
  writeFileSync(join(folder, '.changeset/of-this-test.md'), change);
  const env = { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env.PATH}` };
  execFileSync('npm', ['run', 'version'], { cwd: folder, env, stdio: 'pipe' });
  const { version } = json('package.json');
  expect(version).not.toBe(before);
  expect([json('package-lock.json').version, json('package-lock.json').packages[''].version]).toEqual([
    version,
    version,
  ]);
  const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
  expect(changelog).toMatch(new RegExp(`^# keyward\\n\\n## ${version.replaceAll('.', '\\.')}\\n`));
  expect(changelog).toContain('- A change that a test makes');
});
