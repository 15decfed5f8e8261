import { describe, expect, it } from 'vitest';
import type { Reading } from '../../shared/activity/history.ts';
import { mergeChanges } from '../../shared/activity/merge-readings.ts';
import type { EventGap, KeyChange } from '../../shared/evidence/events.ts';

const [from, to] = ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'];
const change = (id: string, hour: string): KeyChange => ({
  id,
  time: `2026-11-20T${hour}:00:00.000Z`,
  principal: 'arn:aws:iam::111122223333:user/Alice',
  kind: 'user',
  name: 'DisableKey',
  outcome: 'success',
  source: '',
  agent: '',
});
const gap = (start: string, end: string): EventGap => ({
  from: `2026-11-20T${start}:00:00.000Z`,
  to: `2026-11-20T${end}:00:00.000Z`,
  reason: 'over-budget',
  what: 'older ones',
});
const reading = (changes: KeyChange[], gaps: EventGap[] = [], more: Partial<Reading> = {}): Reading => ({
  source: 'lookup-events',
  from,
  to,
  gaps,
  days: new Map([['2026-11-20', { uses: [], changes }]]),
  ...more,
});
const toIds = ({ days }: Reading) => days.get('2026-11-20')?.changes.map(({ id }) => id);

describe('mergeChanges', () => {
  it('tells what either source saw, each event once, in the order of time', () => {
    const merged = mergeChanges(
      reading([change('b', '11'), change('c', '12')]),
      reading([change('a', '10'), change('b', '11')]),
    );
    expect(toIds(merged)).toEqual(['a', 'b', 'c']);
  });

  it('adds days that the first did not tell', () => {
    const merged = mergeChanges(reading([], [], { days: new Map() }), reading([change('a', '10')]));
    expect(toIds(merged)).toEqual(['a']);
  });

  it.each([
    ['both miss a time', [gap('02', '06')], [gap('04', '08')], [['04', '06']]],
    ['the second covers it', [gap('02', '06')], [], []],
    ['the first covers it', [], [gap('02', '06')], []],
  ])('misses only what both lack: %s', (_name, first, second, expected) => {
    const { gaps } = mergeChanges(reading([], first), reading([], second));
    expect(gaps.map((one) => [one.from.slice(11, 13), one.to.slice(11, 13)])).toEqual(expected);
  });

  it('misses what lies outside the time of the second', () => {
    const short = reading([], [], { from: '2026-11-20T03:00:00.000Z', to: '2026-11-20T05:00:00.000Z' });
    const { gaps } = mergeChanges(reading([], [gap('02', '06')]), short);
    expect(gaps.map((one) => [one.from.slice(11, 13), one.to.slice(11, 13)])).toEqual([
      ['02', '03'],
      ['05', '06'],
    ]);
    expect(mergeChanges(reading([]), short).from).toBe(short.from);
  });
});
