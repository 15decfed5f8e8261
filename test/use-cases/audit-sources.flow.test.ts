import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greedyOperator, nightReader, refusedScanner } from '../../sandbox/fleets/audit/incidents.ts';
import { quietLife } from '../../sandbox/fleets/audit/quiet-life.ts';
import type { Fleet, SandboxLogGroup } from '../../sandbox/fleets/fleet.ts';
import { sealed } from '../../sandbox/fleets/scenario.ts';
import { writeAuditLogs } from '../../sandbox/write-audit-logs.ts';
import { checks } from '../../shared/checks/index.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { loadEvidence, toEvidenceLines } from '../../shared/store/saved-evidence.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import type { AuditLogLocation } from '../../shared/use-cases/collect-reads.ts';
import { learn } from '../../shared/use-cases/learn.ts';
import { scan } from '../../shared/use-cases/scan.ts';
import { who } from '../../shared/use-cases/who.ts';
import { region, site, toFleet, workload } from './fleets.ts';
import { gather, scanFleet, serveFleet, tell, type Weather } from './scan-fleet.ts';

const hour = 3_600_000;
const sinceHours = 74;
const readChecks = [
  'secret-readers-are-expected',
  'secret-listing-is-rare',
  'secret-denials-are-rare',
  'secret-changes-are-expected',
];
const cloudwatch: AuditLogLocation = { kind: 'cloudwatch', budgetGigabytes: 10 };

const usual = {
  accounts: [workload],
  regions: [region],
  roleName: 'keyward-member',
  settings: settings.parse({}),
  isGentle: false,
  signal: new AbortController().signal,
};

/** Cluster a has had its incidents the day before yesterday, b is quiet, c keeps no audit log. */
const toAudited = (now: Date, more: Partial<SandboxLogGroup> = {}): Fleet => {
  const midnight = Math.floor(now.getTime() / (24 * hour)) * 24 * hour - 48 * hour;
  const incidents = [
    ...nightReader(workload, 'Developer', midnight),
    ...greedyOperator(midnight),
    ...refusedScanner(midnight),
  ];
  const scenarios = ['a', 'b', 'c'].map((name) => sealed(site, name));
  const [a, b] = scenarios.flatMap(({ clusters }) => clusters);
  if (a) a.logGroup = quietLife(workload, now, incidents, more);
  if (b) b.logGroup = quietLife(workload, now, [], more);
  return toFleet(scenarios);
};

const scanBy = async (
  fleet: Fleet,
  log: AuditLogLocation,
  weather: Weather & { sinceHours?: number } = {},
) => {
  const { sinceHours: hours = sinceHours, ...rest } = weather;
  const scanned = await scanFleet(fleet, {
    accounts: [workload],
    regions: [region],
    checks: readChecks,
    reads: { log, sinceHours: hours },
    ...rest,
  });
  const failures = scanned.result.findings.filter(({ status }) => status === 'fail');
  return { ...scanned, failures };
};

const toFolder = async (now: Date): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-audit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeAuditLogs(toAudited(now), folder, {
    from: now.getTime() - (sinceHours + 2) * hour,
    to: now.getTime(),
  });
  return folder;
};

/** Insights names one audit id for each of its rows; files name the first of all. */
const toComparable = ({ evidence, ...finding }: Awaited<ReturnType<typeof scanBy>>['failures'][number]) => {
  const { events: _, ...rest } = evidence;
  return { ...finding, evidence: rest };
};

describe('The same audit log', () => {
  it('gives the same findings by files and by Logs Insights', async () => {
    const now = new Date();
    const folder = await toFolder(now);
    const byFiles = await scanBy(toAudited(now), { kind: 'folder', path: folder });
    expect(
      byFiles.failures.map(({ check, cluster, severity, subject }) => [cluster, check, severity, subject]),
    ).toEqual([
      ['a', 'secret-denials-are-rare', 'medium', 'system:serviceaccount:security:scanner'],
      ['a', 'secret-listing-is-rare', 'medium', 'system:serviceaccount:mirror:config-operator'],
      ['a', 'secret-readers-are-expected', 'high', `arn:aws:iam::${workload}:role/Developer`],
      ['a', 'secret-readers-are-expected', 'medium', 'system:serviceaccount:mirror:config-operator'],
    ]);
    for (const check of readChecks) {
      expect(tell(byFiles.result.findings, 'b', check)).toEqual(['pass']);
      expect(tell(byFiles.result.findings, 'c', check)).toEqual(['unknown: incomplete-window']);
    }

    const byQuery = await scanBy(toAudited(now), cloudwatch);
    expect(byQuery.failures.map(toComparable)).toEqual(byFiles.failures.map(toComparable));
    for (const check of readChecks) {
      expect(tell(byQuery.result.findings, 'b', check)).toEqual(['pass']);
      expect(tell(byQuery.result.findings, 'c', check)).toEqual(['unknown: not-found']);
    }
  }, 60_000);

  it('gives the same findings from a bucket', async () => {
    const now = new Date();
    const folder = await toFolder(now);
    const byFiles = await scanBy(toAudited(now), { kind: 'folder', path: folder });
    const sandbox = await serveFleet(toAudited(now));
    const objects = new Map<string, Buffer>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) objects.set(`exports${path.slice(folder.length)}`, await readFile(path));
    }
    sandbox.world.buckets.set('audit-logs', objects);
    const log: AuditLogLocation = { kind: 'bucket', bucket: 'audit-logs', prefix: 'exports' };
    const result = await gather(
      await scan(createMemoryStore(), checks, { ...usual, checks: readChecks, reads: { sinceHours, log } }),
    );
    expect(result.findings.filter(({ status }) => status === 'fail')).toEqual(byFiles.failures);
  }, 60_000);

  it('is judged the same from saved evidence', async () => {
    const { store, result } = await scanBy(toAudited(new Date()), cloudwatch);
    const folder = await mkdtemp(join(tmpdir(), 'keyward-audit-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'evidence.jsonl');
    await writeFile(path, await Array.fromAsync(toEvidenceLines(store, result.run.id)));
    const saved = await loadEvidence(path);
    const judged = await gather(await checkEvidence(saved.store, saved.run, checks));
    expect(judged.findings).toEqual(result.findings);
  }, 60_000);

  it('is told by who and learn', async () => {
    const now = new Date();
    await serveFleet(toAudited(now));
    const asked = { ...usual, reads: { sinceHours, log: cloudwatch }, cluster: 'a' };
    const { answer } = await who(createMemoryStore(), asked);
    expect(answer).toMatchObject({
      read: {
        identities: expect.arrayContaining([
          expect.objectContaining({ identity: `arn:aws:iam::${workload}:role/Developer`, verbs: { get: 3 } }),
        ]),
      },
      used: { unknown: 'incomplete-window' },
    });
    expect(JSON.stringify(await learn(createMemoryStore(), asked))).toContain(`role/Developer`);
  }, 60_000);
});

describe('An audit log in one folder', () => {
  it('is one cluster’s: which one’s has to be said', async () => {
    const now = new Date();
    const folder = await toFolder(now);
    const log: AuditLogLocation = { kind: 'folder', path: join(folder, 'a') };
    await expect(scanBy(toAudited(now), log)).rejects.toMatchObject({ code: 'NOT_ONE_CLUSTER' });
    const { failures } = await scanBy(toAudited(now), log, { clusters: 'b' });
    expect(failures.map(({ cluster }) => cluster)).toEqual(['b', 'b', 'b', 'b']);
  }, 60_000);

  it('is judged whole where no time is given, however old it is', async () => {
    const now = new Date(Date.now() - 300 * 24 * hour);
    const folder = await toFolder(now);
    const log: AuditLogLocation = { kind: 'folder', path: folder };
    const { failures, result } = await scanBy(toAudited(now), log, { reads: { log } });
    expect(failures).toHaveLength(4);
    expect(tell(result.findings, 'b', 'secret-readers-are-expected')).toEqual(['pass']);
  }, 60_000);
});

describe('Logs Insights', () => {
  const reasonsOf = async (
    weather: Weather & {
      group?: Partial<SandboxLogGroup>;
      status?: 'Failed' | 'Timeout' | 'LimitExceeded' | 'Running';
      times?: number;
      budget?: number;
    },
  ) => {
    const { group, status, times = 100, budget = 10, ...rest } = weather;
    const fleet = toAudited(new Date(), group);
    const notices: string[] = [];
    const sandbox = await serveFleet(fleet, rest);
    let left = times;
    sandbox.world.queryStatus = () => {
      left -= 1;
      return left >= 0 ? status : undefined;
    };
    const interruption = new AbortController();
    const waiting = setInterval(() => {
      const isAsked = sandbox.requests.counts.has('logs:GetQueryResults');
      if (status === 'Running' && isAsked) interruption.abort();
    }, 20);
    onTestFinished(() => clearInterval(waiting));
    const result = await gather(
      await scan(createMemoryStore(), checks, {
        ...usual,
        checks: readChecks,
        clusters: 'b',
        onNotice: (text) => notices.push(text),
        signal: interruption.signal,
        reads: { sinceHours: 6, log: { kind: 'cloudwatch', budgetGigabytes: budget } },
      }),
    );
    const started = sandbox.requests.counts.get('logs:StartQuery') ?? 0;
    return {
      told: tell(result.findings, 'b', 'secret-readers-are-expected'),
      findings: result.findings,
      notices,
      started,
      ended: [...sandbox.world.queries.values()].map(({ status: how }) => how),
    };
  };

  it('is told the cost of before it is asked', async () => {
    const { notices, told } = await reasonsOf({ group: { storedBytes: 90e9, retentionInDays: 90 } });
    expect(told).toEqual(['pass']);
    expect(notices).toEqual([
      'audit log: queries of a log group scan about 0.3 GB, $0.00 at an assumed $0.005 a GB',
    ]);
  });

  it('is not asked for more than the budget', async () => {
    const { told, findings, started } = await reasonsOf({
      group: { storedBytes: 9000e9, retentionInDays: 90 },
    });
    expect(told).toEqual(['unknown: over-budget']);
    expect(JSON.stringify(findings)).toContain(
      'would scan about 25 GB, $0.13 at an assumed $0.005 a GB, more than --audit-budget-gb 10',
    );
    expect(started).toBe(0);
  });

  it.each([
    ['Failed', 'unknown: failed'],
    ['Timeout', 'unknown: over-budget'],
  ] as const)('that ends as %s leaves its time open', async (status, told) => {
    expect((await reasonsOf({ status })).told).toEqual([told]);
  });

  it('is asked again where as many queries run as may', async () => {
    const { told, started } = await reasonsOf({ status: 'LimitExceeded', times: 1 });
    expect(told).toEqual(['pass']);
    expect(started).toBeGreaterThan(1);
  });

  const refused: Weather['faults'] = [{ kind: 'access-denied', operation: 'StopQuery', service: 'logs' }];
  it.each<[what: string, faults: Weather['faults'], ended: string]>([
    ['is stopped', [], 'Cancelled'],
    ['runs on where that is refused', refused, 'Running'],
  ])('that runs when the scan is interrupted %s', async (_, faults, ended) => {
    const asked = await reasonsOf({ status: 'Running', faults });
    expect(asked.ended).toEqual([ended]);
    expect(asked.told).toEqual(['unknown: failed']);
    expect(JSON.stringify(asked.findings)).toContain('interrupted');
  });

  it('is not asked where the audit log is off', async () => {
    const fleet = toAudited(new Date());
    const b = fleet.clusters.find(({ name }) => name === 'b');
    if (b) b.logging = { clusterLogging: [{ types: ['api'], enabled: true }] };
    const { sandbox, result } = await scanBy(fleet, cloudwatch, { clusters: 'b' });
    expect(tell(result.findings, 'b', 'secret-readers-are-expected')).toEqual(['unknown: not-found']);
    expect(JSON.stringify(result.findings)).toContain('the audit log of b is off');
    expect(sandbox.requests.counts.get('logs:DescribeLogGroups')).toBeUndefined();
  });

  it.each([
    ['DescribeLogGroups', 'access-denied', 'unknown: access-denied'],
    ['StartQuery', 'access-denied', 'unknown: access-denied'],
    ['StartQuery', 'throttle', 'unknown: throttled'],
    ['GetQueryResults', 'server-error', 'unknown: failed'],
  ] as const)('whose %s meets %s is unknown for that reason', async (operation, kind, told) => {
    expect((await reasonsOf({ faults: [{ kind, operation, service: 'logs' }] })).told).toEqual([told]);
  });
});
