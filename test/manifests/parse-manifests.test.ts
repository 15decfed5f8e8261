import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Parsed, parseManifests } from '../../shared/manifests/parse-manifests.ts';
import { toRuns } from '../runs.ts';

const parse = (text: string): Parsed[] => [...parseManifests(text)];
const toNames = (text: string) =>
  parse(text).map((parsed) => {
    if ('problem' in parsed) return `${parsed.line} ${parsed.problem}`;
    const { name } = (parsed.object?.metadata ?? {}) as { name?: string };
    return `${parsed.line} ${parsed.object ? `${parsed.object.kind} ${name}` : 'nothing of Kubernetes'}`;
  });

const secret = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\n`;

describe('parseManifests', () => {
  it.each([
    ['one document', secret('a'), ['1 Secret a']],
    [
      'several, with comments and markers',
      `# c\n---\n# d\n${secret('a')}---\n${secret('b')}...\n`,
      ['4 Secret a', '8 Secret b'],
    ],
    [
      'Windows line ends',
      `${secret('a')}---\n${secret('b')}`.replaceAll('\n', '\r\n'),
      ['1 Secret a', '5 Secret b'],
    ],
    ['a byte order mark', `\uFEFF${secret('a')}`, ['1 Secret a']],
    ['directives', `%YAML 1.1\n---\n${secret('a')}`, ['3 Secret a']],
    ['empty documents', '---\n---\n# nothing\n---\n', []],
    ['nothing', '', []],
    ['values of a chart', 'replicas: 1\n', ['1 nothing of Kubernetes']],
    ['a list of patches', '- op: add\n', ['1 nothing of Kubernetes']],
    ['text', 'hello', ['1 nothing of Kubernetes']],
    [
      'a list',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n-\n  apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n',
      ['4 Secret a', '8 Pod b'],
    ],
    [
      'a list of one kind',
      'apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n',
      ['4 Secret a'],
    ],
    ['JSON', '{\n "apiVersion": "v1",\n "kind": "Secret",\n "metadata": {"name": "a"}\n}', ['1 Secret a']],
    [
      'a list in JSON',
      '\n{"items": [\n  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "items": ["]", "{"]}},\n\n{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}\n], "kind": "List", "apiVersion": "v1"}',
      ['3 Secret a', '5 Pod b'],
    ],
    ['a name that stands twice', `${secret('a')}kind: Pod\n`, ['1 Pod a']],
    [
      'a marker within a text',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    y\n`,
      ['1 ConfigMap a'],
    ],
  ])('reads %s', (_, text, expected) => {
    expect(toNames(text)).toEqual(expected);
  });

  it.each([
    ['an open quote', `${secret('a')}---\nx: "hunter2\n`, /^\d+ a character is missing/],
    ['tabs', 'a:\n\tb: hunter2\n', /^2 tabs indent it/],
    ['a bad escape', 'a: "\\qhunter2"', /^1 an escape in double quotes is not known/],
    ['a token at the wrong place', 'a: 1\n} hunter2', /^2 /],
    ['an alias to nothing', 'a: *hunter2', /^1 its aliases stand for nothing/],
    ['a name that is no text', '{hunter2: 1}: x', /^1 a name is no text/],
    ['broken JSON', '{"apiVersion": "v1", "hunter2', /^1 /],
    [
      'an alias bomb',
      [
        'a0: &a0 [x,x,x,x,x,x,x,x,x]',
        ...Array.from(
          { length: 12 },
          (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`,
        ),
      ].join('\n'),
      /^1 its aliases .*unfold without end/,
    ],
    ['brackets without end', '['.repeat(1_000_000), /^1 it is nested too deeply/],
    ['names within names', '? '.repeat(100_000), /^1 it is nested too deeply/],
    [
      'indentation without end',
      Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /^\d+ it is nested too deeply/,
    ],
    [
      'a document of 3 MB',
      `apiVersion: v1\nkind: ConfigMap\ndata:\n  x: ${'x'.repeat(3 * 1024 * 1024)}`,
      /^1 the document is longer than 3 MB/,
    ],
    [
      'lists of lists of lists',
      JSON.stringify(
        Array.from({ length: 9 }).reduce<object>(
          (inner) => ({ apiVersion: 'v1', kind: 'List', items: [inner] }),
          {},
        ),
      ),
      /^1 lists are nested too deeply/,
    ],
  ])('says what is wrong with %s, and nothing of the text', (_, text, expected) => {
    const told = toNames(text);
    expect(told.at(-1)).toMatch(expected);
    expect(told.join()).not.toContain('hunter2');
  });

  it('gives a file up after ten mistakes', () => {
    expect(toNames('---\na: "\n'.repeat(50))).toHaveLength(11);
  });

  it.each(['metadata:\n  name: {{ .Release.Name }}\n', 'a:\n  {{- if .Values.x }}\n  b: 1\n  {{- end }}\n'])(
    'knows a template of Helm: %j',
    (text) => {
      expect(parse(text)).toMatchObject([{ isTemplate: true }]);
    },
  );

  it('takes braces of other languages for text', () => {
    const text = `${secret('a')}annotations:\n  rule: "{{ $labels.pod }} is down"\n`;
    expect(toNames(text)).toEqual(['1 Secret a']);
  });

  it('reads numbers and merges as kubectl does', () => {
    const text =
      'apiVersion: v1\nkind: A\nx: &x {a: 0400}\ny:\n  <<: *x\n  b: 0o400\nc: 12:30\nd: 2024-01-01\n8: e\n';
    expect(parse(text)).toMatchObject([
      { object: { y: { a: 256, b: 256 }, c: '12:30', d: '2024-01-01', 8: 'e' } },
    ]);
  });

  it('keeps no value of a Secret, however it is written, and none of an annotation', () => {
    const data = { 'tls.key': 'canary', odd: { a: 'canary' } };
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'a',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'canary', other: 'canary' },
      },
      data,
      stringData: { password: 'canary' },
    };
    const merged =
      'apiVersion: v1\nx: &x {stringData: {password: canary}}\nkind: Secret\n<<: *x\nmetadata: {name: a}\n';
    const inList = { apiVersion: 'v1', kind: 'SecretList', items: [object] };
    for (const text of [
      stringify(object),
      JSON.stringify(object),
      stringify(inList),
      JSON.stringify(inList),
    ]) {
      expect(JSON.stringify(parse(text))).not.toContain('canary');
      expect(parse(text)).toMatchObject([
        { object: { data: { 'tls.key': '', odd: '' }, stringData: { password: '' } } },
      ]);
    }
    expect(parse(merged)).toMatchObject([{ object: { stringData: { password: '' } } }]);
  });

  it('cuts a long list into items that read as the whole does', () => {
    const items = Array.from({ length: 4000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `s${index}`, labels: { text: '- a\n# b\n\n- c' } },
      data: { password: 'x' },
    }));
    const text = stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } });
    const lines = text.split('\n');
    const found = parse(text);
    expect(found).toHaveLength(items.length);
    for (const [index, parsed] of found.entries()) {
      expect(parsed).toMatchObject({ object: { metadata: items[index]?.metadata } });
      expect(lines[parsed.line - 1]).toMatch(/^ +- apiVersion/);
    }
  });

  it('throws at no text', () => {
    const word = fc.constantFrom(
      'apiVersion: v1',
      'kind: Secret',
      'kind: List',
      'items:',
      '- ',
      '---',
      '\n',
      '  ',
      'data:',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '&a ',
      '*a',
      '<<: ',
      '? ',
      ': ',
      '!!binary ',
      '#',
      '\t',
      '{{',
      '\r\n',
      '%YAML',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 60 }), (words) => {
        parse(words.join(''));
      }),
      { numRuns: toRuns(1000) },
    );
  });
});
