import { readFileSync } from 'node:fs';
import { XmlAttribute, XmlDocument, XsdValidator } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { toJunit } from '../../shared/report/junit.ts';
import type { Result } from '../../shared/report/result.ts';
import { acting, findings, hostileName, keyArn, result, toFinding } from './findings.ts';

// The schema of Jenkins' xUnit plugin, as pytest tests its own reports by it.
const schema = XmlDocument.fromBuffer(
  readFileSync(new URL('../recorded/schemas/junit-10.xsd', import.meta.url)),
);
const validator = XsdValidator.fromDoc(schema);

const toText = async (given: Partial<Result> = {}) =>
  (await Array.fromAsync(toJunit({ ...result, ...given }))).join('');
const toDocument = async (given: Partial<Result> = {}) => {
  const document = XmlDocument.fromString(await toText(given));
  validator.validate(document);
  return document;
};
const findText = (document: XmlDocument, path: string) =>
  document.find(path).map((node) => (node instanceof XmlAttribute ? node.value : node.content));

describe('toJunit', () => {
  it('counts as the result does, and holds as many cases as it says', async () => {
    const document = await toDocument();
    const attributes = ['tests', 'failures', 'errors', 'skipped'];
    expect(attributes.map((name) => findText(document, `/testsuites/testsuite/@${name}`)[0])).toEqual([
      ...['9', '4', '1', '2'],
    ]);
    const elements = ['testcase', 'testcase/failure', 'testcase/error', 'testcase/skipped'];
    expect(elements.map((path) => document.find(`//${path}`).length)).toEqual([9, 4, 1, 2]);
  });

  it('is valid without a finding', async () => {
    const byStatus = { pass: 0, fail: 0, unknown: 0, 'not-applicable': 0 };
    const summary = { ...result.summary, byStatus };
    const run = { ...result.run, targets: [] };
    const document = await toDocument({ findings: [], summary, run });
    expect(findText(document, '//testsuite/@tests')).toEqual(['0']);
    expect(document.find('//testcase')).toEqual([]);
  });

  it('says of a failure what was seen, where, and what to do', async () => {
    const document = await toDocument({ findings: [findings[0] ?? toFinding({})] });
    expect(findText(document, '//failure/@type')).toEqual(['medium']);
    expect(findText(document, '//failure')).toEqual([
      [
        'Automatic rotation of the key is off and it was never rotated; allowed are 365 days.',
        keyArn,
        'Switch automatic rotation on. It breaks nothing.',
      ].join('\n'),
    ]);
  });

  it('names file and line of a manifest, and who accepted a failure', async () => {
    const exception = { reason: 'r', owner: 'o', expires: '2027-01-01' };
    const origin = { file: 'a.yaml', line: 3 };
    const document = await toDocument({ findings: [toFinding({ origin, exception })] });
    expect(findText(document, '//failure')[0]).toContain('\na.yaml:3\nExcepted until 2027-01-01 by o: r\n');
  });

  it.each([
    ['unknown', { status: 'unknown', reason: 'throttled', message: 'm' }, 'unknown: throttled'],
    ['not applicable', { status: 'not-applicable', reason: 'It has no key.' }, 'It has no key.'],
  ] as const)('skips what is %s and says why', async (_, given, message) => {
    const document = await toDocument({ findings: [toFinding(given)] });
    expect(findText(document, '//testcase[1]/skipped/@message')).toEqual([message]);
  });

  it('is not clean where a target could not be scanned, or only a part of it', async () => {
    const partial = { account: '1', region: 'r', status: 'partial', reason: 'half' } as const;
    const run = { ...result.run, targets: [...result.run.targets, partial] };
    const document = await toDocument({ findings: [], run });
    expect(findText(document, '//testcase/@name')).toEqual(['444455556666 eu-central-1', '1 r']);
    expect(findText(document, '//error/@message')).toEqual(['the role was refused']);
    expect(findText(document, '//skipped/@message')).toEqual(['unknown: half']);
  });

  it('names each case of a cluster differently, and the same in every run', async () => {
    const cluster = 'arn:aws:eks:r:1:cluster/a';
    const alike = [
      { resource: cluster },
      { resource: `${cluster}#secret/shop/db` },
      { resource: `${cluster}#secret/shop/db`, subject: 's' },
      { resource: keyArn },
    ];
    const document = await toDocument({ findings: alike.map(toFinding) });
    expect(findText(document, '//testcase/@name').slice(0, 4)).toEqual([
      'key-rotates',
      `key-rotates ${cluster}#secret/shop/db`,
      `key-rotates ${cluster}#secret/shop/db s`,
      `key-rotates ${keyArn}`,
    ]);
  });

  it.each([
    ['markup', '</testcase><script>"\'&amp;]]>', '</testcase><script>"\'&amp;]]>'],
    ['what XML has no place for', 'a\u0000\uFFFEb\uFFFF\uD800', 'a\\u0000\\ufffeb\\uffff\\ud800'],
    ['what looks like a value of its own', 'true', 'true'],
    ['what looks like a case', '<testcase/>', '<testcase/>'],
  ])('keeps %s in a name as text', async (_, name, shown) => {
    const document = await toDocument({
      findings: [toFinding({ cluster: name, message: name, account: null, region: null })],
    });
    expect(findText(document, '//testcase[1]/@classname')).toEqual([shown]);
    expect(findText(document, '//failure/@message')).toEqual([shown]);
  });

  it('keeps its shape whatever the run is called', async () => {
    const document = await toDocument({ run: { ...result.run, id: '<testcase/>' } });
    expect(document.find('//testcase')).toHaveLength(9);
    expect(findText(document, '//property/@value')).toEqual(['<testcase/>', '0.1.0']);
  });

  it('lets no acting character through', async () => {
    const text = await toText();
    expect(text).not.toMatch(acting);
    expect(text).not.toContain(hostileName);
  });
});
