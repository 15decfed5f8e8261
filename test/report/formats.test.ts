import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runDocument, type Target } from '../../shared/findings/finding.ts';
import { toJson } from '../../shared/report/json.ts';
import { toJsonLines } from '../../shared/report/jsonl.ts';
import { toPrintable } from '../../shared/report/printable.ts';
import { toTable } from '../../shared/report/table.ts';
import { acting, findings, hostileName, keyArn, result, toFinding } from './findings.ts';

const toText = async (pieces: AsyncIterable<string>) => (await Array.fromAsync(pieces)).join('');
const plain = (width = 100) => toText(toTable(result, { width, colour: false }));

describe('toPrintable', () => {
  it.each([
    ['\u001b[2J', '\\u001b[2J'],
    ['a\nb\tc', 'a\\nb\\tc'],
    ['\u202Egnp.exe', '\\u202egnp.exe'],
    ['\u2066\u200b\u007f\u009b', '\\u2066\\u200b\\u007f\\u009b'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\u{E0041}', '\\udb40\\udc41'],
    ['naïve 鍵 🔑', 'naïve 鍵 🔑'],
  ])('shows %j as %j', (text, expected) => {
    expect(toPrintable(text)).toBe(expected);
  });
});

describe('toJson', () => {
  it('gives a document of the published schema that reads back as the result', async () => {
    const document = JSON.parse(await toText(toJson(result)));
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(z.toJSONSchema(runDocument));
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    const { clusters: _, ...told } = result;
    expect(document).toEqual({ schema: 'keyward/v1', ...told });
  });

  it('is valid without a finding', async () => {
    expect(JSON.parse(await toText(toJson({ ...result, findings: [] }))).findings).toEqual([]);
  });

  it('lets no acting character through', async () => {
    expect(await toText(toJson(result))).not.toMatch(acting);
  });
});

describe('A run that is compared with an earlier one', () => {
  const { status: _, evidence: __, remediation: ___, references: ____, ...told } = toFinding({});
  const compared = {
    ...result,
    findings: [
      toFinding({ baseline: 'new', message: 'It is off.' }),
      toFinding({ subject: 'x', baseline: 'unchanged', message: 'It was off.' }),
    ],
    baseline: {
      run: { id: 'run-0', startedAt: '2026-11-01T02:00:00.000Z' },
      newBySeverity: { critical: 0, high: 0, medium: 1, low: 0, info: 0 },
      unchanged: 1,
      gone: [
        { ...told, baseline: 'not seen' as const },
        { ...told, cluster: hostileName, baseline: 'fixed' as const },
      ],
    },
  };

  it('has its JSON read back, by the published schema', async () => {
    const document = runDocument.parse(JSON.parse(await toText(toJson(compared))));
    expect(document.findings.map(({ baseline }) => baseline)).toEqual(['new', 'unchanged']);
    expect(document.baseline).toEqual(compared.baseline);
  });

  it('has its new failures marked in the table, what is gone listed, and both counted', async () => {
    const table = await toText(toTable(compared, { width: 250, colour: false }));
    expect(table).toContain(`${' '.repeat(12)}new: It is off.\n${' '.repeat(12)}It was off.\n`);
    expect(table).toMatch(
      /\nGone since the earlier run\n {2}fixed {5}key-rotates \(medium\) of arn.*\n {2}not seen {2}key-rotates/,
    );
    expect(table).toContain(' · since 2026-11-01T02:00:00.000Z: 1 new, 1 unchanged, 1 fixed, 1 not seen · ');
    expect(table).not.toMatch(acting);
  });

  it('has no list of what is gone where nothing is', async () => {
    const table = await toText(
      toTable({ ...compared, baseline: { ...compared.baseline, gone: [] } }, { width: 100, colour: false }),
    );
    expect(table).not.toContain('Gone');
    expect(table).toContain(': 1 new, 1 unchanged, 0 fixed, 0 not seen · ');
  });
});

describe('toJsonLines', () => {
  it('gives one finding a line and nothing else', async () => {
    const lines = (await toText(toJsonLines(result))).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(findings);
    expect(lines.join('')).not.toMatch(acting);
  });
});

describe('toTable', () => {
  it('tells what was not asked apart, each with its reason', async () => {
    const run = { ...result.run, notAsked: ['a, b: no log was read', 'c: nobody asked'] };
    expect(await toText(toTable({ ...result, run }, { width: 100, colour: false }))).toContain(
      '\nNot asked\n  a, b: no log was read\n  c: nobody asked\n\n',
    );
  });

  it('puts the worst cluster first', async () => {
    const table = await plain();
    const places = ['/ ledger', '/ payments', '/ test-1'].map((name) => table.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('tells an unknown with its reason, its detail and its check', async () => {
    expect(await plain()).toMatch(
      /unknown {3}1 check: access-denied\n +kms:ListGrants was refused\n +key-grants/,
    );
  });

  it('tells the first sentence of how to fix a failure, and the same one once', async () => {
    expect(await plain()).toContain('→ Switch automatic rotation on.\n');
    const grants = ['a', 'b', 'c'].map((subject) =>
      toFinding({ subject, remediation: { text: subject === 'c' ? 'Revoke c.' : 'Revoke it. Then look.' } }),
    );
    const table = await toText(toTable({ ...result, findings: grants }, { width: 100, colour: false }));
    expect(table.match(/→ .*/g)).toEqual(['→ Revoke it.', '→ Revoke c.']);
  });

  it('says that everything is unknown without naming each check', async () => {
    const blind = {
      account: '111122223333',
      cluster: 'blind',
      status: 'unknown',
      reason: 'throttled',
    } as const;
    const checks = ['key-rotates', 'key-is-usable'];
    const findings = checks.map((check) => toFinding({ ...blind, check, message: 'Rate exceeded' }));
    const table = await toText(toTable({ ...result, findings }, { width: 100, colour: false }));
    expect(table).toContain('unknown   all 2 checks: throttled\n            Rate exceeded\n');
    expect(table).not.toContain('key-rotates');
  });

  it.each([
    [3, 0],
    [12, 1],
  ])(
    'tells of %i clusters of which the same is unknown, and of no other, %i times as one',
    async (count, times) => {
      const toUnknown = (cluster: string, message = 'too few days') =>
        toFinding({
          cluster,
          check: 'decrypt-volume-is-normal',
          status: 'unknown',
          reason: 'failed',
          message,
        });
      const alike = Array.from({ length: count }, (_, index) => `c-${index}`);
      const findings = [
        ...alike.map((name) => toUnknown(name)),
        ...alike.map((name) => toFinding({ cluster: name, status: 'pass' })),
        toUnknown('odd', 'another reason'),
        toUnknown('worse'),
        toFinding({ cluster: 'worse' }),
      ];
      const table = await toText(toTable({ ...result, findings }, { width: 100, colour: false }));
      expect(
        table.match(/^12 clusters of which the same is unknown, and no more to fix\n {12}1111/gm) ?? [],
      ).toHaveLength(times);
      expect(
        table.match(/ c-9 and 2 more\n {2}unknown {3}1 check: failed\n +too few days\n.*\n +12 passed\n/g) ??
          [],
      ).toHaveLength(times);
      for (const name of ['odd', 'worse', ...(times === 0 ? alike : [])])
        expect(table).toContain(`111122223333 / eu-central-1 / ${name}\n  `);
    },
  );

  it('shows who excepted a failure, until when and why', async () => {
    expect(await plain()).toContain(
      'key-is-dedicated (low), until 2027-03-31 by platform: shared on purpose',
    );
  });

  it.each([
    ['scanned', 'and nothing unknown\n'],
    ['excluded', 'and nothing unknown\n'],
    ['partial', ', as far as could be scanned\n'],
    ['failed', ', as far as could be scanned\n'],
  ] as const)(
    'only counts clusters that have nothing to say, where a target is %s',
    async (status, claim) => {
      const targets = [...result.run.targets.slice(0, 1), { account: '1', region: 'r', status }];
      const table = await toText(
        toTable({ ...result, run: { ...result.run, targets } }, { width: 100, colour: false }),
      );
      expect(table).toMatch(new RegExp(`✔ 1 other cluster with nothing to fix ?${claim}`));
      expect(table).not.toContain('calm');
    },
  );

  it('names each failed target', async () => {
    expect(await plain()).toContain('failed    444455556666 / eu-central-1: the role was refused');
  });

  it('names once the Regions of an account that failed for the same reason', async () => {
    const interrupted = { account: '444455556666', status: 'failed', reason: 'failed: interrupted' } as const;
    const targets = ['eu-west-1', 'us-east-1'].map((region) => ({ ...interrupted, region }));
    const run = { ...result.run, targets };
    const table = await toText(toTable({ ...result, run }, { width: 100, colour: false }));
    expect(table).toContain('  failed    444455556666 / eu-west-1, us-east-1: interrupted\n');
  });

  it('says where it looked when it found no cluster', async () => {
    const table = await toText(
      toTable({ ...result, findings: [], clusters: 0 }, { width: 100, colour: false }),
    );
    expect(table).toContain(
      'No cluster was found in 111122223333 / eu-central-1; --regions all looks in every Region that is\nenabled.\n',
    );
    expect(await plain()).not.toContain('No cluster was found');
  });

  it('counts in one line the accounts that are kept out of the same Regions', async () => {
    const toExcluded = (account: string, region: string): Target => ({
      account,
      region,
      status: 'excluded',
      reason: 'denied-by-organization: long',
    });
    const targets = [
      toExcluded('111122223333', 'us-east-1'),
      toExcluded('111122223333', 'us-west-2'),
      toExcluded('444455556666', 'us-east-1'),
      toExcluded('444455556666', 'us-west-2'),
      toExcluded('777788889999', 'us-west-2'),
    ];
    const run = { ...result.run, targets };
    const table = await toText(toTable({ ...result, run }, { width: 100, colour: false }));
    expect(table).toContain(
      '  excluded  us-east-1, us-west-2: denied by the organisation in 2 accounts\n' +
        '  excluded  us-west-2: denied by the organisation in 1 account\n',
    );
  });

  it('counts the targets of which only a part was scanned', async () => {
    const targets = ['a', 'b'].map((region) => ({ account: '1', region, status: 'partial' as const }));
    const table = await toText(
      toTable({ ...result, run: { ...result.run, targets } }, { width: 100, colour: false }),
    );
    expect(table).toContain('1 not applicable, 2 targets scanned in part · ');
  });

  it('ends with exactly one line of counts', async () => {
    expect((await plain()).trimEnd().split('\n').at(-1)).toBe(
      '3 failed (1 critical, 2 medium), 1 under an exception, 1 unknown, 2 passed, 1 not applicable, 1 target not scanned · 5 clusters, 2 accounts · 2.4 s',
    );
  });

  it.each([60, 80, 100, 200])('fits %i columns and loses nothing of an ARN', async (width) => {
    const lines = (await plain(width)).trimEnd().split('\n').slice(0, -1);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    expect(lines.join('').replaceAll(' ', '')).toContain(keyArn);
  });

  it('lets no acting character through, in colour none but its own', async () => {
    expect(await plain()).not.toMatch(acting);
    const coloured = await toText(toTable(result, { width: 100, colour: true }));
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the styles of our own are taken away first
    expect(coloured.replace(/\u001b\[\d+m/g, '')).not.toMatch(acting);
    expect(coloured).not.toContain(hostileName);
  });
});
