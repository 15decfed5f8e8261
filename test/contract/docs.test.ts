import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { unknownReason } from '../../shared/evidence/fact.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { configuration } from '../../shared/runtime/config.ts';

const root = new URL('../../', import.meta.url);
const readText = (path: string) => readFileSync(new URL(path, root), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root.pathname }).sort();
const scripts = Object.keys(
  z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readText('package.json'))).scripts,
);

describe.each(pages)('%s', (page) => {
  it('links to what is there', () => {
    const links = [...readText(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(new URL(link, new URL(page, root))))).toEqual([]);
  });

  it('names no npm script that there is not', () => {
    const named = [...readText(page).matchAll(/\bnpm run (?:-s )?([a-z:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  it('shows configuration that is accepted', () => {
    for (const [, yaml = ''] of readText(page).matchAll(/```yaml\n([\s\S]*?)```/g))
      expect(configuration.safeParse(parse(yaml)).error).toBeUndefined();
  });
});

describe('docs/configuration.md', () => {
  const page = readText('docs/configuration.md');
  const { expected, thresholds, publish, ...others } = settings.shape;
  const nested = [expected, thresholds, publish].flatMap((group) => Object.keys(group.parse({})));

  it.each([...Object.keys(others), ...nested])('tells of %s', (name) => {
    expect(page).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('tells of no setting that nothing reads', () => {
    const code = globSync('{cli,shared}/**/*.ts', {
      cwd: root.pathname,
      exclude: ['shared/evidence/settings.ts'],
    })
      .map(readText)
      .join('\n');
    expect(nested.length).toBeGreaterThan(10);
    expect(nested.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
  });
});

describe('docs/output.md', () => {
  it.each(unknownReason.options)('tells what %s means', (reason) => {
    expect(readText('docs/output.md')).toContain(`\`${reason}\``);
  });
});
