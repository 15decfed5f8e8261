import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settings } from '../../shared/evidence/settings.ts';
import { loadConfig } from '../../shared/runtime/config.ts';

const checkIds = ['key-rotates', 'key-is-dedicated'];
const load = async (files: Record<string, string>, path?: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-config-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return loadConfig(path, { folder, checkIds });
};
const loadText = (text: string) => load({ 'keyward.config.yaml': text });
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefgh'.split('').map((name, index) => {
    const earlier = `*${'abcdefgh'[index]}`;
    return `${name}: &${name} [${Array(9).fill(earlier).join(', ')}]`;
  }),
].join('\n');

describe('loadConfig', () => {
  it('gives the defaults where no file is and none was named', async () => {
    expect(await load({})).toEqual({ settings: settings.parse({}), name: undefined });
  });

  it('reads the example of the documentation', async () => {
    const { settings: read, name } = await load({
      'accounts.txt': '# ours\n111122223333\n\n444455556666 # audit\r\n',
      'keyward.config.yaml': `
organizationAccounts: accounts.txt
expected:
  decrypters: ["arn:aws:iam::111122223333:role/backup-*", { principal: "*/x", clusters: "prod-*" }]
checks: { key-is-dedicated: off, key-rotates: { severity: high } }
exceptions:
  - { check: key-is-dedicated, reason: shared on purpose, owner: platform, expires: 2027-03-31 }
`,
    });
    expect(name).toBe('keyward.config.yaml');
    expect(read.organizationAccounts).toEqual(['111122223333', '444455556666']);
    expect(read.checks).toEqual({ 'key-is-dedicated': 'off', 'key-rotates': { severity: 'high' } });
    expect(read.exceptions).toMatchObject([{ resource: '*', expires: '2027-03-31' }]);
    expect(read.expected.decrypters).toHaveLength(2);
  });

  it.each([
    ['an unknown name', 'thresholds:\n  rotationDay: 3', /line 2, column 3: .*did you mean rotationDays\?/],
    [
      'an unknown name at the top',
      'trustedAccount: []',
      /line 1, column 1: .*did you mean trustedAccounts\?/,
    ],
    [
      'an unknown name in a list',
      'expected:\n  decrypters:\n    - principle: x',
      /line 3, .*decrypters.*principal/,
    ],
    [
      'an account without quotes',
      'trustedAccounts:\n  - 111122223333',
      /line 2, column 5: .*put it in quotes/,
    ],
    ['a short account', 'trustedAccounts: ["12"]', /12 digits/],
    ['a wrong value of a check', 'checks: { key-rotates: on }', /line 1, column 24: checks\.key-rotates/],
    [
      'an unknown severity',
      'checks: { key-rotates: { severity: hgih } }',
      /checks\.key-rotates\.severity: critical, high, medium, low or info is expected$/,
    ],
    ['an unknown check', 'checks: { key-rotate: off }', /line 1, column 11: .*did you mean key-rotates\?/],
    [
      'an unknown excepted check',
      'exceptions: [{ check: nope, reason: r, owner: o, expires: 2027-01-01 }]',
      /there is no check "nope"/,
    ],
    [
      'a day that is none',
      'exceptions: [{ check: key-rotates, reason: r, owner: o, expires: 2027-02-30 }]',
      /expires: there is no such day$/,
    ],
    [
      'a day that is written otherwise',
      'exceptions: [{ check: key-rotates, reason: r, owner: o, expires: 30.3.2027 }]',
      /expires: a day as YYYY-MM-DD is expected$/,
    ],
    [
      'an exception without an owner',
      'exceptions:\n  - { check: key-rotates, reason: r, expires: 2027-01-01 }',
      /line 2, column 5: exceptions\[0\]\.owner: this is missing$/,
    ],
    ['a duplicate name', 'checks: {}\nchecks: {}', /line 2, column 1: .*unique/],
    ['a tab', 'expected:\n\tdecrypters: []', /line 2, column 1: .*[Tt]ab/],
    ['an unclosed bracket', 'checks: {', /line 1/],
    [
      'an alias of nothing',
      'trustedAccounts:\n  - *nope',
      /, line 2, column 5: \*nope stands for nothing: no anchor &nope/,
    ],
    [
      'a number that is too small',
      'thresholds: { rotationDays: 0 }',
      /rotationDays: a number not below 1 is/,
    ],
    [
      'a number that is too large',
      'thresholds: { rotationDays: 1e99 }',
      /rotationDays: a .*number .*is expected/,
    ],
    ['a part of a day', 'thresholds: { rotationDays: 1.5 }', /rotationDays: a whole number is expected$/],
    ['text for a number', 'thresholds: { rotationDays: long }', /rotationDays: a number is expected$/],
    ['a list for names', 'expected: []', /expected: `name: value` is expected$/],
    ['a name for a list', 'trustedAccounts: 111122223333', /trustedAccounts: a list is expected$/],
    ['text for yes or no', 'publish: { passed: y }', /publish\.passed: true or false is expected$/],
    [
      'an exception without a reason',
      'exceptions: [{ check: key-rotates, reason: "", owner: o, expires: 2027-01-01 }]',
      /exceptions\[0\]\.reason: text that is not empty is expected$/,
    ],
    [
      'a number among principals',
      'expected: { decrypters: [5] }',
      /expected\.decrypters\[0\]: text or `name: value` is expected$/,
    ],
    ['an empty file', '# nothing\n', /is empty/],
    ['a list', '- a', /name: value/],
    ['two documents', 'checks: {}\n---\nchecks: {}', /line 2/],
    ['anchors without end', bomb, /anchors/],
    ['a file of 50 MB', `# ${'x'.repeat(50_000_000)}`, /larger than 1 MB/],
  ])('refuses %s', async (_, text, message) => {
    await expect(loadText(text)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
  });

  it('tells all mistakes at once', async () => {
    await expect(
      loadText('trustedAccount: []\nthresholds: { rotationDays: 0 }\nchecks: { x: off }'),
    ).rejects.toThrow(/has 3 mistakes\n.*line 1.*\n.*line 2.*\n.*line 3/);
  });

  it('names the line of the file of accounts', async () => {
    const files = { 'a.txt': '111122223333\n12\n', 'keyward.config.yaml': 'organizationAccounts: a.txt' };
    await expect(load(files)).rejects.toThrow(/a\.txt, line 2: .*12 digits/);
    await expect(loadText('checks: {}\norganizationAccounts: none.txt')).rejects.toMatchObject({
      name: 'ConfigError',
      message: "keyward.config.yaml, line 2, column 23: organizationAccounts: none.txt can't be read",
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });

  it.each(['missing.yaml', '.'])('refuses %s as a file, with the reason', async (path) => {
    await expect(load({}, path)).rejects.toMatchObject({ name: 'ConfigError', cause: expect.any(Error) });
  });
});
