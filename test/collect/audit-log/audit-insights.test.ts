import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asked, agent, node, serviceAccount } from '../../../sandbox/fleets/audit/lines.ts';
import { quietLife } from '../../../sandbox/fleets/audit/quiet-life.ts';
import { sealed } from '../../../sandbox/fleets/scenario.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectFromInsights } from '../../../shared/collect/audit-log/audit-insights.ts';
import { parseRow } from '../../../shared/collect/audit-log/insights-query.ts';
import {
  estimateGigabytes,
  type LogGroup,
  toCostWords,
} from '../../../shared/collect/audit-log/log-group.ts';
import { management, region, site, toFleet } from '../../use-cases/fleets.ts';

const hour = 3_600_000;
const now = new Date('2026-11-20T12:00:00.000Z');
const window = { from: '2026-11-18T00:00:00.000Z', to: now.toISOString() };
const group: LogGroup = { logGroupName: '/aws/eks/a/cluster', storedBytes: 1e9, creationTime: 0 };

const ask = async (
  incidents: Asked[],
  {
    of = group,
    budgetGigabytes = 10,
    until = now,
  }: { of?: LogGroup; budgetGigabytes?: number; until?: Date } = {},
) => {
  const scenario = sealed({ ...site, account: management }, 'a');
  const [cluster] = scenario.clusters;
  if (cluster) cluster.logGroup = quietLife(management, until, incidents);
  const fleet = toFleet([scenario]);
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const { accessKeyId = '', secretAccessKey = '' } = fleet.credentials[0] ?? {};
  const credentials = { accessKeyId, secretAccessKey };
  const client = new CloudWatchLogsClient({
    endpoint: sandbox.endpoint,
    region,
    credentials,
    maxAttempts: 1,
  });
  const { signal } = new AbortController();
  const reading = await collectFromInsights(client, of, window, { signal, budgetGigabytes });
  const tallies = [...reading.days.values()].flat();
  return { reading, tallies, counts: sandbox.requests.counts };
};

const readsOf = (count: number): Asked[] =>
  Array.from({ length: count }, (_, index) => ({
    user: serviceAccount('mirror', 'copy'),
    time: now.getTime() - 30 * hour + index,
    verb: 'get',
    namespace: 'shop',
    name: `s-${index}`,
    agent: agent.goClient,
    source: '10.0.0.9',
  }));

describe('Logs Insights of an audit log', () => {
  it('is asked day by day, the newest first, and tells all pages', async () => {
    const { tallies, reading, counts } = await ask(readsOf(10_500));
    const mirrored = tallies.filter(({ username }) => username === 'system:serviceaccount:mirror:copy');
    expect(mirrored).toMatchObject([{ count: 10_500, secrets: { length: 20 }, isOfOne: true }]);
    expect(reading.gaps).toEqual([]);
    expect(counts.get('logs:StartQuery')).toBe(3);
    expect(counts.get('logs:GetQueryResults')).toBe(7);
  });

  it('leaves kubelets’ own reads to the Node authorizer, and nobody else’s', async () => {
    const bound = node(management, 'eks-node', 1);
    const unbound = { ...bound, groups: [...(bound.groups ?? []), 'system:masters'] };
    const { tallies } = await ask(
      [bound, unbound].flatMap((user) => readsOf(1).map((one) => ({ ...one, user, agent: agent.kubelet }))),
    );
    const nodes = tallies.filter(({ username }) => username.startsWith('system:node:'));
    expect(nodes).toMatchObject([{ count: 1, groups: expect.arrayContaining(['system:masters']) }]);
    expect(tallies.length).toBeGreaterThan(5);
  });

  it('counts a watch once, when it is opened', async () => {
    const { tallies } = await ask([]);
    const watches = tallies.filter(({ verb, username }) => verb === 'watch' && username.endsWith('-manager'));
    expect(watches.map(({ count }) => count)).toEqual([12, 24, 24]);
  });

  it('takes no selector from within another value, and what Helm asks for as Helm’s', async () => {
    const [first] = readsOf(1);
    if (!first) throw new Error('nothing is asked');
    const list = (who: string, parameters: string): Asked => ({
      ...first,
      user: serviceAccount(who, 'copy'),
      verb: 'list',
      name: '',
      parameters,
    });
    const { tallies } = await ask([
      list('within', '?a=?labelSelector=owner%3Dhelm'),
      list('helm', '?limit=500&labelSelector=owner%3Dhelm'),
      // Of several the API server takes the first, however its name is written.
      list('escaped', '?label%53elector=&labelSelector=owner%3Dhelm'),
      list('empty', '?labelSelector&labelSelector=owner%3Dhelm'),
    ]);
    const lists = tallies.filter(({ username }) => username.endsWith(':copy'));
    expect(lists).toHaveLength(4);
    const ofHelm = lists.filter(({ isOfHelm }) => isOfHelm).map(({ username }) => username);
    expect(ofHelm).toEqual(['system:serviceaccount:helm:copy']);
  });

  it('says of lines whose members were pushed out that they can’t be read', async () => {
    const { reading } = await ask(
      readsOf(1).map((asked) => ({ ...asked, source: '192.0.2.1', forwardedFor: 250 })),
    );
    expect(reading.gaps).toMatchObject([
      { from: '2026-11-19T00:00:00.000Z', what: expect.stringMatching(/^1 of \d+ rows about Secrets lack/) },
    ]);
  });

  it('says what the group no longer holds', async () => {
    const { reading } = await ask([], { of: { ...group, retentionInDays: 1 } });
    expect(reading.gaps).toMatchObject([
      {
        from: window.from,
        to: '2026-11-19T12:00:00.000Z',
        what: expect.stringContaining('holds nothing of this time'),
      },
    ]);
  });

  it('says of a day without a line, and of hours without a watch, that nothing is known', async () => {
    const { reading } = await ask(readsOf(1), { until: new Date('2026-11-19T05:30:00.000Z') });
    expect(reading.gaps.map(({ from, to }) => [from, to])).toEqual([
      ['2026-11-20T00:00:00.000Z', window.to],
      ['2026-11-19T06:00:00.000Z', '2026-11-20T00:00:00.000Z'],
    ]);
  });

  it('stops where the queries have scanned more than the estimate said', async () => {
    const { reading } = await ask([], { budgetGigabytes: 0.00001, of: { ...group, storedBytes: 0 } });
    expect(reading.gaps).toMatchObject([
      { from: '2026-11-19T00:00:00.000Z', reason: 'over-budget' },
      { from: '2026-11-18T00:00:00.000Z', reason: 'over-budget' },
    ]);
  });
});

describe('a row', () => {
  const row = {
    requests: '3',
    firstAt: '2026-11-18T02:14:00.000001Z',
    lastAt: '2026-11-18T02:16:00.000001Z',
    id: 'c2a8ffc2-b3cf-4b7a-8c23-6dc8b4a80754',
    verb: 'list',
    'user.username': 'lee',
    groups: '["a","system:authenticated"]',
    'responseStatus.code': '200',
    labelSelector: 'owner%3Dhelm',
    source: '192.0.2.1',
    userAgent: 'helm',
  };

  it('is read as its lines are', () => {
    expect(parseRow(row)).toMatchObject({
      identity: 'lee',
      groups: ['a', 'system:authenticated'],
      count: 3,
      first: '2026-11-18T02:14:00.000Z',
      last: '2026-11-18T02:16:00.000Z',
      namespace: null,
      isOfHelm: true,
      isOfOne: false,
      outcome: 'success',
    });
    expect(parseRow({ ...row, 'impersonatedUser.username': 'ana', asGroups: '[]' })).toMatchObject({
      identity: 'ana',
      impersonator: { identity: 'lee' },
    });
  });

  it.each([
    ['no time', { firstAt: 'soon' }],
    ['no last time', { lastAt: 'late' }],
    ['no count', { requests: 'many' }],
    ['no status', { 'responseStatus.code': undefined }],
    ['no name of anybody', { 'user.username': undefined }],
  ])('with %s can’t be read', (_, changes) => {
    expect(parseRow({ ...row, ...changes })).toBe('unreadable');
  });

  it('of somebody without a valid token is none', () => {
    expect(parseRow({ ...row, 'responseStatus.code': '401' })).toBeUndefined();
  });
});

describe('what a query scans', () => {
  it('is the time’s share of what the group stores', () => {
    const at = now.getTime();
    const stored = { ...group, storedBytes: 90e9, retentionInDays: 90 };
    expect(estimateGigabytes(stored, at - 24 * hour, at)).toBeCloseTo(1);
    expect(estimateGigabytes(stored, 0, at)).toBeCloseTo(90);
    expect(estimateGigabytes({ ...stored, creationTime: at - 48 * hour }, at - 24 * hour, at)).toBeCloseTo(
      45,
    );
    expect(toCostWords(52)).toBe('about 52 GB, $0.26 at an assumed $0.005 a GB');
    expect(toCostWords(0.01)).toBe('less than 0.1 GB, $0.00 at an assumed $0.005 a GB');
  });
});
