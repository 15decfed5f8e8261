import { describe, expect, it } from 'vitest';
import { toDays } from '../../shared/activity/day-parts.ts';
import {
  isComplete,
  type Reading,
  toHistory,
  toKeyChanges,
  toKeyUse,
} from '../../shared/activity/history.ts';
import { parseKeyEvents } from '../../shared/activity/key-event.ts';
import { createTally } from '../../shared/activity/tally.ts';
import type { EventGap, KeyHistory } from '../../shared/evidence/events.ts';
import { isKnown } from '../../shared/evidence/fact.ts';
import { decrypt, keyArn } from './records.ts';

const read = (from: string, to: string, records: object[] = [], gaps: EventGap[] = []): Reading => {
  const tally = createTally([{ arn: keyArn }], { from, to });
  for (const record of records) for (const event of parseKeyEvents(record)) tally.add(event);
  return { source: 'log-files', from, to, gaps, days: tally.get(keyArn) };
};
const at = (eventTime: string, eventID: string) => ({ ...decrypt, eventTime, eventID });
const update = (history: KeyHistory | undefined, collectedAt: string, use: Reading, retentionDays = 90) =>
  toHistory(history, { use }, { key: keyArn, collectedAt, retentionDays });
const getUse = (history: KeyHistory) => {
  const fact = toKeyUse(history);
  if (!isKnown(fact)) throw new Error(fact.detail);
  return fact;
};

const stop = { from: '2026-11-20T10:00:00.000Z', to: '2026-11-20T10:10:00.000Z' };

describe('toDays', () => {
  it('cuts a time at the UTC midnights', () => {
    expect(toDays('2026-11-20T22:00:00.000Z', '2026-11-22T00:00:00.000Z')).toEqual([
      { day: '2026-11-20', from: '2026-11-20T22:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
      { day: '2026-11-21', from: '2026-11-21T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' },
    ]);
  });
});

describe('a history', () => {
  const firstNight = '2026-11-21T03:00:00.000Z';
  const first = update(
    undefined,
    firstNight,
    read('2026-11-20T00:00:00.000Z', firstNight, [at('2026-11-20T10:00:00Z', 'a')]),
  );

  it('counts nothing twice where a day is read again', () => {
    const again = update(
      first,
      firstNight,
      read('2026-11-20T00:00:00.000Z', firstNight, [at('2026-11-20T10:00:00Z', 'a')]),
    );
    expect(getUse(again).value.days['2026-11-20']?.[0]?.count).toBe(1);
  });

  it('keeps the days that were not read again', () => {
    const night = '2026-11-22T03:00:00.000Z';
    const second = update(
      first,
      night,
      read('2026-11-21T00:00:00.000Z', night, [at('2026-11-21T10:00:00Z', 'b')]),
    );
    expect(Object.keys(getUse(second).value.days)).toEqual(['2026-11-20', '2026-11-21', '2026-11-22']);
    expect(getUse(second).missing).toEqual([]);
  });

  it('keeps what a later reading of the day lacks, and is not whole then', () => {
    const night = '2026-11-22T03:00:00.000Z';
    const lacking = update(first, night, read('2026-11-20T00:00:00.000Z', night));
    expect(getUse(lacking).value.days['2026-11-20']).toHaveLength(1);
    expect(getUse(lacking).missing).toMatchObject([
      { reason: 'incomplete-window', from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
    ]);
    const more = [at('2026-11-20T10:00:00Z', 'a'), at('2026-11-20T11:00:00Z', 'b')];
    const whole = update(lacking, night, read('2026-11-20T00:00:00.000Z', night, more));
    expect(getUse(whole).value.days['2026-11-20']?.[0]?.count).toBe(2);
    expect(getUse(whole).missing).toEqual([]);
  });

  it('forgets days past the retention', () => {
    const night = '2026-11-25T03:00:00.000Z';
    const kept = update(first, night, read('2026-11-24T00:00:00.000Z', night), 2);
    expect(Object.keys(kept.days)).toEqual(['2026-11-24', '2026-11-25']);
  });

  it('misses the days between two readings', () => {
    const night = '2026-11-23T03:00:00.000Z';
    const second = update(first, night, read('2026-11-22T00:00:00.000Z', night));
    expect(getUse(second).missing).toMatchObject([
      { reason: 'incomplete-window', from: '2026-11-21T01:00:00.000Z', to: '2026-11-21T03:00:00.000Z' },
      { reason: 'incomplete-window', from: '2026-11-21T03:00:00.000Z', to: '2026-11-22T00:00:00.000Z' },
    ]);
  });

  it('ends the window that it answers for two hours before it was read', () => {
    expect(getUse(first)).toMatchObject({
      value: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T01:00:00.000Z', sources: ['log-files'] },
      missing: [],
    });
  });

  it('still tells what was seen after that', () => {
    const late = update(
      undefined,
      firstNight,
      read('2026-11-20T00:00:00.000Z', firstNight, [at('2026-11-21T02:30:00Z', 'a')]),
    );
    expect(getUse(late).value.days['2026-11-21']).toHaveLength(1);
  });

  it('has no whole answer where all of its time is younger than two hours', () => {
    const short = update(undefined, firstNight, read('2026-11-21T02:00:00.000Z', firstNight));
    expect(getUse(short).missing).toMatchObject([{ reason: 'incomplete-window' }]);
  });

  it('names the gaps of its source, one that goes on over midnight once', () => {
    const gap: EventGap = {
      from: '2026-11-20T23:00:00.000Z',
      to: '2026-11-21T00:30:00.000Z',
      reason: 'over-budget',
      what: 'older events of the key',
    };
    const history = update(undefined, firstNight, read('2026-11-20T00:00:00.000Z', firstNight, [], [gap]));
    expect(getUse(history).missing.map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ['2026-11-20T23:00:00.000Z', '2026-11-21T00:30:00.000Z', 'over-budget'],
    ]);
    expect(isComplete(history, '2026-11-20', 'use')).toBe(false);
  });

  it.each<[string, Reading['source'], object[]]>([
    ['misses the time in which no trail logged', 'log-files', [{ from: stop.from, to: stop.to }]],
    ['misses none of it where no trail is needed', 'lookup-events', []],
  ])('%s', (_, source, missing) => {
    const history = update(undefined, firstNight, {
      ...read('2026-11-20T00:00:00.000Z', firstNight),
      source,
    });
    expect(toKeyUse(history, stop)).toMatchObject({ missing });
    expect(toKeyUse(history)).toMatchObject({ missing: [] });
  });

  it('keeps what it saw of a day of which a later reading shows nothing', () => {
    const night = '2026-11-22T03:00:00.000Z';
    const from = '2026-11-20T00:00:00.000Z';
    const gap: EventGap = { from, to: night, reason: 'failed', what: 'no answer' };
    const second = update(first, night, read(from, night, [], [gap]));
    expect(second.days['2026-11-20']).toEqual(first.days['2026-11-20']);
    expect(isComplete(second, '2026-11-20', 'use')).toBe(true);
    expect(second.days['2026-11-21']?.use).toMatchObject({
      from: '2026-11-21T00:00:00.000Z',
      to: '2026-11-22T00:00:00.000Z',
      gaps: [{ from: firstNight, to: '2026-11-22T00:00:00.000Z', reason: 'failed' }],
    });
    expect(isComplete(second, '2026-11-21', 'use')).toBe(false);
  });

  it('takes a reading for as old as its question', () => {
    const from = '2026-11-20T00:00:00.000Z';
    const early = update(undefined, firstNight, {
      ...read(from, firstNight),
      askedAt: '2026-11-21T01:59:00.000Z',
    });
    expect(isComplete(early, '2026-11-20', 'use')).toBe(false);
  });

  it('is complete for a day that was read whole, two hours after its end', () => {
    expect(isComplete(first, '2026-11-20', 'use')).toBe(true);
    expect(isComplete(first, '2026-11-20', 'changes')).toBe(false);
    expect(isComplete(first, '2026-11-21', 'use')).toBe(false);
    expect(isComplete(undefined, '2026-11-20', 'use')).toBe(false);
    const early = '2026-11-21T01:59:00.000Z';
    const tooEarly = update(undefined, early, read('2026-11-20T00:00:00.000Z', early));
    expect(isComplete(tooEarly, '2026-11-20', 'use')).toBe(false);
  });

  it.each([
    ['LookupEvents’ budget left, which comes less far the next time', 'lookup-events', 'over-budget', true],
    ['LookupEvents left otherwise', 'lookup-events', 'throttled', false],
    ['Athena’s limit left, which may be raised', 'athena', 'over-budget', false],
  ] as const)('needs reading again or not for a gap that %s', (_what, source, reason, isFinal) => {
    const night = '2026-11-22T03:00:00.000Z';
    const gap: EventGap = {
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-20T05:00:00.000Z',
      reason,
      what: 'a',
    };
    const reading = { ...read('2026-11-20T00:00:00.000Z', night, [], [gap]), source };
    expect(isComplete(update(undefined, night, reading), '2026-11-20', 'use')).toBe(isFinal);
    expect(getUse(update(undefined, night, reading)).missing).toMatchObject([{ reason }]);
  });

  it('is unknown as to what was never read of it', () => {
    expect(toKeyChanges(first)).toMatchObject({ unknown: 'incomplete-window' });
  });
});
