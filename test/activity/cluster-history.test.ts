import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuditEvent } from '../../shared/activity/audit-event.ts';
import {
  type AuditReading,
  isReadWhole,
  toClusterHistory,
  toSecretReads,
} from '../../shared/activity/cluster-history.ts';
import { createReadCounter, mostIdentities } from '../../shared/activity/read-tally.ts';
import type { EventGap, EventSource } from '../../shared/evidence/events.ts';
import { isKnown } from '../../shared/evidence/fact.ts';
import { type ClusterHistory, clusterHistory } from '../../shared/evidence/reads.ts';
import { toLine } from './audit-lines.ts';

const cluster = 'arn:aws:eks:eu-west-1:111122223333:cluster/shop';
const read = (
  source: EventSource,
  from: string,
  to: string,
  lines: object[] = [],
  gaps: EventGap[] = [],
): AuditReading => {
  const counter = createReadCounter({ from, to });
  for (const line of lines) {
    const event = parseAuditEvent(line);
    if (typeof event === 'object') counter.add(event);
  }
  return { source, from, to, gaps, days: counter.get() };
};
const update = (
  history: ClusterHistory | undefined,
  collectedAt: string,
  reading: AuditReading,
  more: { retentionDays?: number; own?: string[] } = {},
) => toClusterHistory(history, reading, { cluster, collectedAt, retentionDays: 90, ...more });
const getReads = (history: ClusterHistory) => {
  const fact = toSecretReads(history);
  if (!isKnown(fact)) throw new Error(fact.detail);
  return fact;
};

const night = '2026-11-22T03:00:00.000Z';
const early = toLine({ at: '2026-11-20T10:00:00.000001Z' });
const late = toLine({ at: '2026-11-21T10:00:00.000001Z' });

describe('A cluster’s history', () => {
  const first = update(
    undefined,
    '2026-11-21T03:00:00.000Z',
    read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', '2026-11-21T03:00:00.000Z', [early]),
  );

  it('says of a day with more identities than are told apart that it is not known whole', () => {
    const toMany = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        toLine({ at: '2026-11-20T10:00:00.000001Z', user: { username: `u-${index}` } }),
      );
    const to = '2026-11-21T00:00:00.000Z';
    const get = (lines: object[]) =>
      update(undefined, to, read('audit-log-files', '2026-11-20T00:00:00.000Z', to, lines));
    const few = get(toMany(mostIdentities));
    expect(getReads(few).missing).toEqual([]);
    const many = get(toMany(mostIdentities + 5));
    expect(getReads(many).missing).toEqual([
      {
        what: 'more identities asked for Secrets than the 2000 of a day that are told apart: 5 requests are of others (2026-11-20T10:00:00.000Z to 2026-11-20T10:00:00.000Z)',
        reason: 'over-budget',
        from: '2026-11-20T10:00:00.000Z',
        to: '2026-11-20T10:00:00.000Z',
      },
    ]);
    // What was told of one before is told of the others now: nothing is lacking.
    const again = toClusterHistory(
      get(toMany(mostIdentities + 5).slice(-3)),
      read('audit-log-files', '2026-11-20T00:00:00.000Z', to, toMany(mostIdentities + 5)),
      { cluster, collectedAt: to, retentionDays: 90 },
    );
    expect(getReads(again).missing).toEqual(getReads(many).missing);
  });

  it('counts nothing twice where a day is read again, and keeps the days that are not', () => {
    const reading = read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', night, [early, late]);
    const again = update(first, night, reading);
    const { value, missing } = getReads(again);
    expect(Object.values(value.days).map((tallies) => tallies.map(({ count }) => count))).toEqual([
      [1],
      [1],
      [],
    ]);
    expect(missing).toEqual([]);
    const next = update(again, night, read('cloudwatch-logs', '2026-11-22T00:00:00.000Z', night));
    expect(getReads(next).value.days['2026-11-20']).toHaveLength(1);
  });

  it('keeps what a later reading lacks, and is not whole then', () => {
    const lacking = update(first, night, read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', night));
    const { value, missing } = getReads(lacking);
    expect(value.days['2026-11-20']).toHaveLength(1);
    expect(missing).toMatchObject([{ reason: 'incomplete-window', from: '2026-11-20T00:00:00.000Z' }]);
  });

  it('misses nothing where requests that failed are told by a stand-in for their namespaces', () => {
    const toRefusals = (length: number) =>
      Array.from({ length }, (_, index) => toLine({ code: 403, objectRef: { namespace: `ns-${index}` } }));
    const [few, many] = [toRefusals(5), toRefusals(40)];
    const to = '2026-11-21T00:00:00.000Z';
    const before = update(undefined, night, read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', to, few));
    const after = update(before, night, read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', to, many));
    expect(getReads(after).missing).toEqual([]);
    expect(getReads(after).value.days['2026-11-20']).toMatchObject([{ namespace: '*', count: 40 }]);
  });

  it('forgets days past the retention', () => {
    const later = '2026-11-25T03:00:00.000Z';
    const reading = read('cloudwatch-logs', '2026-11-25T00:00:00.000Z', later);
    expect(Object.keys(update(first, later, reading, { retentionDays: 4 }).days)).toEqual([
      '2026-11-21',
      '2026-11-25',
    ]);
  });

  it('keeps whom Keyward reads as, of each run', () => {
    const reading = read('cloudwatch-logs', '2026-11-21T00:00:00.000Z', night);
    const second = update(update(first, night, reading, { own: ['b'] }), night, reading, { own: ['a', 'b'] });
    expect(getReads(second).value.own).toEqual(['a', 'b']);
  });

  it('names gaps, days that were not read, and lines that may have come later', () => {
    const gap: EventGap = {
      from: '2026-11-20T05:00:00.000Z',
      to: '2026-11-20T06:00:00.000Z',
      reason: 'throttled',
      what: 'a query',
    };
    const reading = read(
      'cloudwatch-logs',
      '2026-11-20T00:00:00.000Z',
      '2026-11-20T12:00:00.000Z',
      [],
      [gap],
    );
    const broken = update(undefined, '2026-11-20T12:00:00.000Z', reading);
    const next = read('cloudwatch-logs', '2026-11-22T00:00:00.000Z', night, []);
    expect(getReads(update(broken, night, next)).missing).toMatchObject([
      { reason: 'throttled', from: gap.from, to: gap.to },
      { what: expect.stringContaining('less than two hours'), to: '2026-11-20T12:00:00.000Z' },
      { what: expect.stringContaining('were not read'), to: '2026-11-22T00:00:00.000Z' },
    ]);
  });

  it('says of a day whether it has to be read again', () => {
    const whole = update(first, night, read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', night, [early]));
    expect(isReadWhole(first, '2026-11-20')).toBe(true);
    expect(isReadWhole(whole, '2026-11-21')).toBe(true);
    expect(isReadWhole(whole, '2026-11-22')).toBe(false);
    expect(isReadWhole(whole, '2026-11-19')).toBe(false);
    expect(isReadWhole(undefined, '2026-11-20')).toBe(false);
    const gaps: EventGap[] = [
      { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T01:00:00.000Z', reason: 'failed', what: 'x' },
    ];
    const reading = read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z', [], gaps);
    expect(isReadWhole(update(undefined, night, reading), '2026-11-20')).toBe(false);
  });

  it('of files ends with their last line, however old: they hold what they hold', () => {
    const reading = read('audit-log-files', '2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.001Z', [
      early,
      late,
    ]);
    const { value, missing } = getReads(update(undefined, '2026-11-29T12:00:00.000Z', reading));
    expect([value.from, value.to, missing]).toEqual([reading.from, reading.to, []]);
    const fresh = getReads(update(undefined, '2026-11-21T10:00:05.000Z', reading));
    expect([fresh.value.to, fresh.missing]).toEqual([reading.to, []]);
  });

  it('of CloudWatch Logs ends where lines have had the time to arrive', () => {
    const reading = read('cloudwatch-logs', '2026-11-21T00:00:00.000Z', night, [late]);
    const { value, missing } = getReads(update(undefined, night, reading));
    expect([value.to, missing]).toEqual(['2026-11-22T01:00:00.000Z', []]);
  });

  it('is unknown where nothing was read', () => {
    const nothing = { cluster, collectedAt: night, own: [], days: {} };
    expect(toSecretReads(nothing)).toMatchObject({ unknown: 'incomplete-window' });
  });

  it('has the shape that is stored', () => {
    expect(clusterHistory.parse(JSON.parse(JSON.stringify(first)))).toEqual(first);
  });

  it('is the same whichever of several readings of a day comes first', () => {
    const lines = Array.from({ length: 6 }, (_, index) => toLine({ objectRef: { name: `s-${index}` } }));
    fc.assert(
      fc.property(fc.array(fc.subarray(lines), { minLength: 1, maxLength: 4 }), (parts) => {
        const to = '2026-11-21T00:00:00.000Z';
        const readings = [...parts, lines].map((part) =>
          read('cloudwatch-logs', '2026-11-20T00:00:00.000Z', to, part),
        );
        const history = readings.reduce<ClusterHistory | undefined>(
          (before, reading) => update(before, night, reading),
          undefined,
        );
        const whole = update(undefined, night, readings.at(-1) ?? read('cloudwatch-logs', to, to));
        expect(history?.days).toEqual(whole.days);
      }),
    );
  });
});
