import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { groupChanges } from '../../shared/report/alert.ts';
import { type HtmlOptions, toHtml } from '../../shared/report/html/html.ts';
import { toVerdict } from '../../shared/report/html/summary.ts';
import { pickTold } from '../../shared/report/html/told.ts';
import type { Result } from '../../shared/report/result.ts';
import type { ClusterAccess } from '../../shared/who/cluster-access.ts';
import { acting, hostileName, keyArn, result, toFinding } from './findings.ts';
import { cut, toData, toMarkup } from './page.ts';

const toPage = async (
  given: Partial<Result> = {},
  access?: ClusterAccess[],
  options: Partial<HtmlOptions> = {},
) => {
  const told =
    access &&
    (async function* () {
      yield* access;
    })();
  const pieces = toHtml({ ...result, ...given }, { rules: checks, access: told, ...options });
  return (await Array.fromAsync(pieces)).join('');
};

const attack = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'"&<!--${hostileName}`;
const access: ClusterAccess = {
  account: '111122223333',
  region: 'eu-central-1',
  cluster: 'payments',
  may: {
    principals: [
      {
        principal: attack,
        kind: 'role',
        decrypt: 'yes',
        administer: 'no',
        destroy: 'conditional',
        expected: { decrypt: false, administer: true, destroy: false },
        via: [{ source: 'key-policy', ref: attack, actions: ['kms:Decrypt'] }],
        conditions: [attack],
        assumableBy: [{ principal: attack, kind: 'principal', conditions: [] }],
        group: null,
      },
    ],
    missing: [{ what: 'the SCPs', reason: attack }],
  },
  used: {
    coverage: {
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-24T00:00:00.000Z',
      source: 'log-files',
      gaps: [{ from: '2026-11-02T00:00:00.000Z', to: '2026-11-03T00:00:00.000Z', reason: attack }],
    },
    principals: [
      {
        principal: attack,
        operations: { Decrypt: 5 },
        denied: 1,
        first: '2026-11-05T10:00:00.000Z',
        last: '2026-11-05T11:00:00.000Z',
        sources: [],
        contexts: [],
        expected: false,
      },
    ],
  },
  read: null,
  notVisible: [{ what: attack, reason: attack }],
  timeline: {
    from: '2026-11-05',
    to: '2026-11-06',
    days: [{ day: '2026-11-05', expected: 3, unexpected: 5, failed: 1, changes: 0 }],
    entries: [{ time: '2026-11-05T10:00:00.000Z', kind: 'use', text: attack }],
  },
};
const hostile: Partial<Result> = {
  run: {
    ...result.run,
    notAsked: [attack],
    targets: [{ account: '111122223333', region: attack, status: 'failed', reason: attack }],
  },
  findings: [
    toFinding({
      cluster: attack,
      subject: attack,
      title: attack,
      message: attack,
      evidence: { [attack]: attack, patch: `spec:\n  ${attack}` },
      remediation: { text: attack, url: 'javascript:alert(3)' },
      references: ['data:text/html,<script>alert(4)</script>', 'https://example.com/page'],
      exception: { reason: attack, owner: attack, expires: '2027-03-31' },
    }),
    toFinding({ status: 'unknown', reason: attack, message: attack }),
    toFinding({ status: 'not-applicable', reason: attack }),
  ],
};

describe('toHtml', () => {
  it('lets run nothing but its own script and style, and asks nothing of any network', async () => {
    const page = await toPage();
    const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(page) ?? [];
    const toHash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${toHash(cut(page, '<script>', '</script>')[0])}`,
      `style-src ${toHash(cut(page, '<style>', '</style>')[0])}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(toMarkup(page)).not.toMatch(/\b(src|href|action|style)="(?!#)/);
  });

  it.each([
    ['a finding and a target', hostile, undefined],
    ['who may and who did', {}, [access]],
    [
      'what is gone since a baseline',
      {
        baseline: {
          run: null,
          newBySeverity: result.summary.bySeverity,
          unchanged: 1,
          gone: [{ ...toFinding({ message: attack, cluster: attack }), baseline: 'fixed' as const }],
        },
      },
      undefined,
    ],
  ])('makes no markup and nothing that acts of %s', async (_, given: Partial<Result>, known) => {
    const page = await toPage(given, known);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(toMarkup(page)).not.toMatch(/<img|<!--|onerror="/);
    expect(page).not.toMatch(acting);
    const [json] = cut(page, '<script type="application/json" id="data">', '</script>');
    expect(json).not.toContain('<');
    const { texts } = toData(page);
    expect(texts.filter((text) => acting.test(text))).toEqual([]);
  });

  it('shows what is hostile instead of hiding it', async () => {
    const { texts } = toData(await toPage(hostile));
    expect(texts).toContain(
      attack
        .replace('\u001b', '\\u001b')
        .replace('\n', '\\n')
        .replace('\u202E', '\\u202e')
        .replace('\u0007', '\\u0007')
        .replace('\u009b', '\\u009b'),
    );
  });

  it('links to pages of the web alone', async () => {
    const { findings, checks: rows, texts } = toData(await toPage(hostile));
    expect(findings[0]?.[4]?.url).toBeNull();
    expect(rows[0]?.references.map((place) => texts[place])).toEqual(['https://example.com/page']);
    expect(texts.join('\n')).not.toMatch(/^(javascript|data):/m);
  });

  it('holds every finding, and of a pass no more than its message', async () => {
    const { findings } = toData(await toPage());
    const byStatus = Map.groupBy(findings, ([, , status]) => status);
    const expected = Map.groupBy(result.findings, ({ status }) => status);
    expect([...byStatus].map(([status, rows]) => [status, rows.length])).toEqual(
      [...expected].map(([status, those]) => [status, those.length]),
    );
    expect(byStatus.get('pass')?.every((row) => row.length === 4)).toBe(true);
    expect(byStatus.get('fail')?.every((row) => row.length === 5)).toBe(true);
  });

  it('tells a failure with its evidence, its fix, and the edit in lines', async () => {
    const failure = toFinding({ evidence: { allowedDays: 365, patch: 'spec:\n  a: b' } });
    const { findings, texts, checks: rows } = toData(await toPage({ findings: [failure] }));
    const [, check, , message, detail] = findings[0] ?? [];
    expect(detail && texts[detail.evidence]).toBe('{\n "allowedDays": 365\n}');
    expect(detail?.patch && texts[detail.patch]).toBe('spec:\n  a: b');
    expect(detail && texts[detail.fix]).toBe(failure.remediation.text);
    expect(detail && texts[detail.resource]).toBe(keyArn);
    expect(texts[message ?? -1]).toBe(failure.message);
    expect(rows[check ?? -1]?.link).toBe(2);
  });

  it('says that who may is missing only where it is', async () => {
    const sentence = 'made from findings alone';
    expect(await toPage()).toContain(sentence);
    expect(await toPage({}, [access])).not.toContain(sentence);
  });

  it('tells who may, whoever may plainly and is not expected as such', async () => {
    const [row] = toData(await toPage({}, [access])).access;
    expect(Array.isArray(row?.may) && row.may[0]).toMatchObject({ decrypt: 'yes', isExpected: false });
    expect(row?.timeline?.days[0]?.slice(1)).toEqual([3, 5, 1, 0]);
    expect(row?.read).toBeNull();
  });

  it('tells what was not asked, not scanned and denied', async () => {
    const page = toMarkup(await toPage());
    expect(page).toContain('<summary>Targets that could not be scanned (1)</summary>');
    expect(page).toContain('444455556666 / eu-central-1: the role was refused');
    expect(page).toContain('<summary>Not asked (1)</summary>');
    expect(page).toContain('<summary>Regions that the organisation denies (1)</summary>');
  });
});

describe('a page of bounded size', () => {
  const toBounds = async (
    findings: Finding[],
    {
      findingBytes = 1e6,
      mostBytes = 1e6,
      isLate = () => false,
    }: { findingBytes?: number; mostBytes?: number; isLate?: () => boolean } = {},
  ): Promise<Pick<HtmlOptions, 'bounds'>> => ({
    bounds: { told: await pickTold(findings, findingBytes), mostBytes, isLate },
  });
  /** `cluster link outcome count`, of what is only counted. */
  const tellCounts = (page: string) => {
    const { counts, clusters, texts } = toData(page);
    return counts.map(([cluster, link, outcome, count]) =>
      [texts[clusters[cluster]?.[2] ?? -1], link, outcome, count].join(' '),
    );
  };

  it('tells failures and unknowns one by one, counts the rest, and says so', async () => {
    const page = await toPage({}, [access], await toBounds(result.findings));
    const { findings, isAccessCut, access: told } = toData(page);
    expect(findings.map(([, , status]) => status).sort()).toEqual(
      result.findings
        .map(({ status }) => status)
        .filter((status) => /fail|unknown/.test(status))
        .sort(),
    );
    expect(tellCounts(page)).toEqual(['payments 2 pass 1', 'calm 2 pass 1', 'calm 2 not-applicable 1']);
    expect(toMarkup(page)).toContain('what passed and what does not apply is counted');
    expect(toMarkup(page)).not.toContain('no room');
    expect({ isAccessCut, told: told.length }).toEqual({ isAccessCut: false, told: 1 });
  });

  it('tells the worst clusters while there is room, and of the others the counts', async () => {
    const toFailures = (cluster: string, ...severities: Finding['severity'][]) =>
      severities.map((severity) => toFinding({ cluster, severity, subject: severity }));
    const findings = [
      ...toFailures('mild', 'low', 'low'),
      toFinding({ cluster: 'unseen', status: 'unknown', reason: 'throttled' }),
      ...toFailures('worst', 'critical'),
      ...toFailures('bad', 'high', 'medium'),
      toFinding({ cluster: 'calm', status: 'pass' }),
    ];
    const bounds = await toBounds(findings, { findingBytes: 1_500 });
    const page = await toPage({ findings }, [], bounds);
    const { findings: rows, clusters, texts } = toData(page);
    const told = rows.map(([cluster]) => texts[clusters[cluster]?.[2] ?? -1]);
    expect(told).toEqual(['worst', 'bad', 'bad']);
    expect(tellCounts(page)).toEqual(['mild 2 low 2', 'unseen 2 unknown 1', 'calm 2 pass 1']);
    expect(toMarkup(page)).toContain('of 2 clusters, the least affected');
    // Nobody asks who may use their keys.
    expect(toData(page).isAccessCut).toBe(true);
  });

  it('tells the worst of a cluster that is larger than the room, and others all the same', async () => {
    const findings = [
      toFinding({ cluster: 'large', severity: 'critical' }),
      ...Array.from({ length: 50 }, (_, index) => toFinding({ cluster: 'large', subject: `${index}` })),
      toFinding({ cluster: 'small', severity: 'low' }),
    ];
    const page = await toPage({ findings }, [], await toBounds(findings, { findingBytes: 5_000 }));
    const { findings: rows, clusters, texts } = toData(page);
    expect(rows.map(([cluster]) => texts[clusters[cluster]?.[2] ?? -1])).toEqual(['large', 'small']);
    expect(tellCounts(page)).toEqual(['large 2 medium 50']);
  });

  it.each([
    ['room', { mostBytes: 1_000 }],
    ['time', { isLate: () => true }],
  ])('breaks off who may use the keys where there is no more %s, and says so', async (_, given) => {
    const three = ['a', 'b', 'c'].map((cluster) => ({ ...access, cluster }));
    const data = toData(await toPage({}, three, await toBounds(result.findings, given)));
    expect(data.isAccessCut).toBe(true);
    expect(data.access.length).toBeLessThan(3);
  });

  it('takes texts for as long as they are within a script', async () => {
    const mostBytes = 60_000;
    const many = Array.from({ length: 20 }, (_, index) => ({
      ...access,
      notVisible: [{ what: `${index}`, reason: '<'.repeat(1_000) }],
    }));
    const page = await toPage({}, many, await toBounds(result.findings, { mostBytes }));
    expect(toData(page).access.length).toBeGreaterThan(3);
    const [json] = cut(page, '<script type="application/json" id="data">', '</script>');
    // The last of them is told whole.
    expect(json.length).toBeLessThan(mostBytes + 10_000);
  });

  it('counts what an exception covers as such', async () => {
    const exception = { reason: 'known', owner: 'platform', expires: '2027-03-31' };
    const findings = [toFinding({ exception }), toFinding({ subject: 'open' })];
    const page = await toPage({ findings }, [], await toBounds(findings, { findingBytes: 0 }));
    expect(tellCounts(page)).toEqual(['payments 2 excepted 1', 'payments 2 medium 1']);
  });

  it('tells what changed since the last run, harmless, and how much more there is', async () => {
    const changes = groupChanges(
      Array.from({ length: 203 }, (_, index) => ({
        kind: 'new' as const,
        finding: toFinding({ cluster: `${attack}${index}`, resource: `key-${index}`, message: attack }),
      })),
    );
    const page = await toPage({}, undefined, { changes });
    expect(toMarkup(page)).toContain('<p>203 new.</p>');
    expect(toMarkup(page)).toContain('<li>and 3 more: the digest and the findings tell them</li>');
    expect(toMarkup(page)).not.toMatch(/<img|<!--|onerror="/);
    expect(toMarkup(await toPage({}, undefined, { changes: [] }))).toContain('<p>Nothing changed.</p>');
    expect(toMarkup(await toPage())).not.toContain('What changed');
  });
});

describe('toVerdict', () => {
  const none = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  const calm = { pass: 9, fail: 0, unknown: 0, 'not-applicable': 0 };
  const seen = { ...result.run, targets: result.run.targets.slice(0, 1) };
  const inPart = {
    ...result.run,
    targets: [{ account: '1', region: 'r', status: 'partial' as const, reason: 'half' }],
  };
  const sum = (byStatus: Partial<typeof calm>, bySeverity: Partial<typeof none> = {}): Partial<Result> => ({
    summary: {
      byStatus: { ...calm, ...byStatus },
      bySeverity: { ...none, ...bySeverity },
      unknownReasons: {},
    },
  });
  it.each<[string, Partial<Result>]>([
    [
      'The chain is broken: 3 failures, 1 of them critical, among 5 clusters, with 1 answer unknown and 1 target not scanned at all.',
      {},
    ],
    [
      'The chain is broken: 1 failure, 1 of them low, among 5 clusters.',
      { run: seen, ...sum({ fail: 1 }, { low: 1 }) },
    ],
    ['Nothing failed in 5 clusters, and nothing that was asked is unknown.', { run: seen, ...sum({}) }],
    // A failure that an exception covers is none of the verdict.
    [
      'Nothing failed in 1 cluster, and nothing that was asked is unknown.',
      { run: seen, clusters: 1, ...sum({ fail: 1 }) },
    ],
    [
      'Nothing failed in 5 clusters, but this is no all-clear: 2 answers unknown.',
      { run: seen, ...sum({ unknown: 2 }) },
    ],
    ['Nothing failed in 5 clusters, but this is no all-clear: 1 target not scanned at all.', sum({})],
    // Clusters that were not listed have no finding that could say so.
    [
      'Nothing failed in 5 clusters, but this is no all-clear: 1 target scanned in part.',
      { run: inPart, ...sum({}) },
    ],
    [
      'No cluster was found, with 1 target scanned in part.',
      { run: inPart, clusters: 0, ...sum({ pass: 0 }) },
    ],
    [
      'The chain is broken: 1 failure, 1 of them low, among 5 clusters, with 1 answer unknown, 1 target not scanned at all and 1 target scanned in part.',
      {
        run: { ...result.run, targets: [...result.run.targets, ...inPart.targets] },
        ...sum({ fail: 1, unknown: 1 }, { low: 1 }),
      },
    ],
    ['No cluster was found.', { run: seen, clusters: 0, ...sum({ pass: 0 }) }],
  ])('%s', (expected, given) => {
    expect(toVerdict({ ...result, ...given })).toBe(expected);
  });
});
