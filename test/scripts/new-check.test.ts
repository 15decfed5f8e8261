import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/new-check.ts', import.meta.url));

describe('new-check', () => {
  it.each([
    ['no id', [], 'Name one check.'],
    ['two ids', ['key-is-odd', 'key-is-even'], 'Name one check.'],
    ['an id that is no condition', ['Key'], '"Key" is no id'],
    ['a check that is there', ['key-rotates'], 'is there already'],
    ['a link that is none', ['key-is-odd', '--link', '9'], 'no link "9"'],
    ['a scope that is none', ['key-is-odd', '--scope', 'pod'], 'no scope "pod"'],
    ['an unknown option', ['key-is-odd', '--severity', 'high'], '--severity'],
  ])('refuses %s with 64 and its usage, writing nothing', (_, args, words) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect(stderr).toContain(words);
    expect(stderr).toContain('Usage: npm run new-check ID');
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  });
});
