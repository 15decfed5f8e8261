import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/findings/finding.ts';
import { toInline } from '../../shared/report/inline.ts';
import { toMarkdown } from '../../shared/report/markdown.ts';
import type { Result } from '../../shared/report/result.ts';
import { acting, hostileName, keyArn, result, toFinding } from './findings.ts';

// As free with its text as anything that shows Markdown: HTML passes, addresses become links.
const markdown = new MarkdownIt({ html: true, linkify: true });

const toText = async (given: Partial<Result> = {}) =>
  (await Array.fromAsync(toMarkdown({ ...result, ...given }))).join('');
const parse = (text: string) =>
  markdown.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);
/** What a reader sees, whatever it is dressed in. */
const toShown = (text: string): string =>
  parse(text)
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');

describe('toInline', () => {
  it.each([
    ['Rotation is off; allowed are 365 days.', 'Rotation is off; allowed are 365 days.'],
    ["It can't be seen (yet), nobody's key", "It can't be seen (yet), nobody's key"],
    ['kms:ListGrants was refused.', '`kms:ListGrants` was refused.'],
    [`Key ${keyArn}, in eu-central-1`, `Key \`${keyArn}\`, in eu-central-1`],
    ['a / b', 'a / b'],
    ['At 2026-11-19 00:52 UTC, below 1.28.', 'At 2026-11-19 00:52 UTC, below 1.28.'],
    [`aws kms a-b --key-id ${keyArn} --days 365`, `\`aws kms a-b --key-id ${keyArn} --days 365\``],
    ['aws kms a --key-id K, then aws kms b --id a:b.', '`aws kms a --key-id K`, then `aws kms b --id a:b`.'],
    [
      `Ask (aws logs f --name /aws/x --pattern '{ $.id = "a" }'); if not, a.b`,
      `Ask (\`aws logs f --name /aws/x --pattern '{ $.id = "a" }'\`); if not, \`a.b\``,
    ],
    [
      'Run kubectl annotate secret a --namespace b c.io/d- or kubectl apply --server-side from now on.',
      'Run `kubectl annotate secret a --namespace b c.io/d-` or `kubectl apply --server-side` from now on.',
    ],
    ['Give them kubectl create token instead.', 'Give them kubectl create token instead.'],
    ['Add to a.b: - "arn:aws:x"', 'Add to `a.b`: `- "arn:aws:x"`'],
  ])('makes %j %j', (text, expected) => {
    expect(toInline(text)).toBe(expected);
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=a>',
    '**bold** _emphasis_ ~~struck~~',
    '[text](https://example.com) ![picture](https://example.com/a.png) <https://example.com>',
    'www.example.com https://example.com mail@example.com',
    '`code` ``more`` ``` a`',
    '@octocat #12 org/repository#3',
    '&lt;b&gt; &amp; a\\*b',
    '--- === + * > # | a |',
    '$x$ $$y$$ :smile: ^1',
    '"quoted" (in brackets), [ ] {x}',
    "aws kms a --b '`<b>` **c**' <i>, aws x --y '``` @z [a](http://b)",
    '`aws a --b c` x:y(aws a --b `c` (aws a --b c)`d:e` f: - "g"`h`',
    'aws <b> --c, kubectl `a` --b `c` - "`<b>`" @z',
  ])('shows %j and lets none of it act', (text) => {
    const inline = `- Seen: ${toInline(text)}`;
    const types = new Set(parse(inline).map(({ type }) => type));
    expect([...types].sort()).toEqual(
      [...types]
        .filter((type) => /^(bullet_list|list_item|paragraph|inline$|text$|code_inline$)/.test(type))
        .sort(),
    );
    expect(toShown(inline)).toBe(`Seen: ${text}`);
  });

  it('leaves no name that somebody is told of outside of code', () => {
    expect(toInline('by @octocat and role/@octocat')).toBe('by `@octocat` and `role/@octocat`');
  });
});

describe('toMarkdown', () => {
  it('counts first, then tells of the worst cluster first', async () => {
    const text = await toText();
    expect(text).toMatch(
      /^# Keyward\n\n3 failed \(1 critical, 2 medium\), 1 under an exception, .*\n\n## Not scanned/,
    );
    const headings = [...text.matchAll(/^## .*$/gm)].map(([line]) => line);
    expect(headings).toEqual([
      '## Not scanned, or only in part',
      '## 111122223333 / eu-central-1 / ledger',
      '## 111122223333 / eu-central-1 / payments',
      expect.stringContaining('## 111122223333 / eu-central-1 / `a\\u001b'),
      '## 111122223333 / eu-central-1 / test-1',
      '## Not asked',
    ]);
  });

  it('says what was seen, where, and what to do', async () => {
    const findings = [toFinding({ message: 'The key is disabled.', severity: 'critical' })];
    expect(await toText({ findings })).toContain(
      [
        '- **critical** `key-rotates`',
        '  - Seen: The key is disabled.',
        `  - Where: \`${keyArn}\``,
        '  - Fix: Switch automatic rotation on. It breaks nothing.\n',
      ].join('\n'),
    );
  });

  it('gives a patch as it is, fenced off', async () => {
    const text = `Save it as patch.yaml.\n\nspec:\n  - a: "\`\`\`"\n\n- <b>\u001b\n`;
    const shown = await toText({ findings: [toFinding({ remediation: { text } })] });
    expect(shown).toContain(
      [
        '  - Fix: Save it as `patch.yaml`.',
        '',
        '    ````',
        '    spec:',
        '      - a: "```"',
        '',
        '    - <b>\\u001b',
        '    ````\n',
      ].join('\n'),
    );
    expect(parse(shown).filter(({ type }) => type === 'fence')).toMatchObject([
      { content: 'spec:\n  - a: "```"\n\n- <b>\\u001b\n', level: 4 },
    ]);
  });

  it('names file and line of a manifest', async () => {
    const origin = { file: 'deploy/a.yaml', line: 12 };
    const findings = [toFinding({ cluster: null, resource: 'file:deploy/a.yaml#secret/shop/db', origin })];
    expect(await toText({ findings })).toMatch(
      /^## `deploy\/a\.yaml`$[\s\S]*- Where: `deploy\/a\.yaml:12`$/m,
    );
  });

  it('tells what is unknown, what is excepted and what could not be scanned', async () => {
    const text = await toText();
    expect(text).toContain(
      '- unknown, access-denied: `key-grants-are-expected`\n  - Seen: `kms:ListGrants` was',
    );
    expect(text).toContain(
      '- excepted `key-is-dedicated` (low), until 2027-03-31 by platform: shared on purpose',
    );
    expect(text).toContain('- failed: 444455556666 / eu-central-1: the role was refused');
    expect(text).toContain('\n1 other cluster with nothing to tell.\n');
  });

  it('marks what is new, and lists what is gone', async () => {
    const { status: _, evidence: __, remediation: ___, references: ____, ...told } = toFinding({});
    const text = await toText({
      findings: [
        toFinding({ baseline: 'new' }),
        toFinding({ check: 'key-is-usable', baseline: 'unchanged' }),
      ],
      baseline: {
        run: null,
        newBySeverity: { critical: 0, high: 0, medium: 1, low: 0, info: 0 },
        unchanged: 1,
        gone: [{ ...told, baseline: 'fixed' }],
      },
    });
    expect(text.match(/\*\*new\*\*/g)).toHaveLength(1);
    expect(text).toContain(
      `## Gone since the earlier run\n\n- fixed: \`key-rotates\` (medium) of \`${keyArn}\`; it was: `,
    );
  });

  it('is made of headings, lists and code alone, whatever things are called', async () => {
    const name = `${hostileName}<script>[x](http://y)\`\`@z`;
    const hostile: Partial<Finding> = { subject: name, message: name, reason: name, resource: name };
    const findings = (['fail', 'unknown'] as const).flatMap((status) => [
      toFinding({ ...hostile, status, cluster: name }),
      toFinding({ ...hostile, status, cluster: null }),
    ]);
    const targets = [{ account: '1', region: 'r', status: 'failed', reason: name } as const];
    const text = await toText({ findings, run: { ...result.run, targets, notAsked: [name] } });
    expect(text).not.toMatch(acting);
    const types = parse(text).map(({ type }) => type.replace(/_(open|close)$/, ''));
    expect([...new Set(types)].sort()).toEqual([
      ...['bullet_list', 'code_inline', 'heading', 'inline', 'list_item', 'paragraph', 'strong', 'text'],
    ]);
  });
});
