import { describe, expect, it } from 'vitest';
import { findDepartures, listCompleteDays } from '../../shared/activity/baseline.ts';
import type { MissingPart } from '../../shared/evidence/fact.ts';

const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];
const use = {
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-24T00:00:00.000Z',
  days: Object.fromEntries(days.map((day) => [day, []])),
};
const gap = (from?: string, to?: string): MissingPart => ({
  what: 'events were not read',
  reason: 'over-budget',
  ...(from ? { from: `2026-11-${from}:00.000Z` } : {}),
  ...(to ? { to: `2026-11-${to}:00.000Z` } : {}),
});

describe('a complete day', () => {
  it.each<[string, Partial<typeof use>, MissingPart[], string[]]>([
    ['is each one of a whole window', {}, [], days],
    ['is not one that begins before the window', { from: '2026-11-20T00:00:00.001Z' }, [], days.slice(1)],
    ['is not one that ends after it', { to: '2026-11-23T23:59:59.999Z' }, [], days.slice(0, -1)],
    ['is not one with a gap', {}, [gap('21T10:00', '21T10:01')], days.toSpliced(1, 1)],
    ['is not one that a gap reaches into', {}, [gap('20T23:59', '22T00:01')], days.slice(3)],
    ['is one that a gap ends at', {}, [gap('21T00:00', '22T00:00')], days.toSpliced(1, 1)],
    ['is none before an end that is all a gap tells', {}, [gap(undefined, '22T00:01')], days.slice(3)],
    ['is none after a beginning that is all a gap tells', {}, [gap('22T00:01')], days.slice(0, 2)],
    ['is none where a gap has no time', {}, [gap()], []],
  ])('%s', (_, more, missing, complete) => {
    expect(listCompleteDays({ ...use, ...more }, missing)).toEqual(complete);
  });
});

describe('a day', () => {
  const ask = (counts: number[], baselineDays = 14) =>
    findDepartures(new Map(counts.map((count, index) => [String(index), count])), baselineDays);
  const many = (count: number, times = 20) => Array.from({ length: times }, () => count);

  it('is judged once there are others enough', () => {
    expect(ask(many(10, 14))).toBeUndefined();
    expect(ask(many(10, 15))).toEqual([]);
  });

  it.each<[string, number[], number | undefined]>([
    ['a thousand more', [...many(10), 1_011], 1_010],
    ['no more than a thousand more', [...many(10), 1_010], undefined],
    ['three times as much', [...many(2_000), 6_001], 6_000],
    ['no more than three times as much', [...many(2_000), 6_000], undefined],
    [
      'what is far beyond the spread',
      [...[3_000, 3_100, 3_200, 3_300, 3_400].flatMap((n) => many(n, 4)), 9_601],
      9_600,
    ],
    ['what a wide spread takes in', [...[500, 2_000, 3_500].flatMap((n) => many(n, 6)), 20_000], undefined],
    ['what is usual for the busy days', [...many(0, 15), ...many(4_000, 4), 12_000], undefined],
    ['more than is usual for the busy days', [...many(0, 15), ...many(4_000, 4), 12_001], 12_000],
  ])('stands out of the others by %s, or does not', (_, counts, limit) => {
    const last = counts.at(-1);
    expect(ask(counts)).toEqual(
      limit === undefined
        ? []
        : [expect.objectContaining({ day: String(counts.length - 1), count: last, limit })],
    );
  });

  it('does not raise what it is judged by', () => {
    expect(ask([...many(10), 50_000, 60_000])?.map(({ count }) => count)).toEqual([50_000, 60_000]);
  });
});
