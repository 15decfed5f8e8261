/**
 * Whether a principal's days are like its other days: by their median and median absolute deviation, which a few wild
 * days do not move. Made to be quiet: a restart, an upgrade or a weekly job is no news.
 */
import type { KeyUse } from '../evidence/events.ts';
import type { MissingPart } from '../evidence/fact.ts';

const dayMilliseconds = 86_400_000;

/** A day counts as another only beyond each of these, over what is usual. */
const deviations = 10;
const timesUsual = 3;
const leastMore = 1_000;

/** By which the median absolute deviation of a normal distribution is its standard deviation. */
const toStandardDeviation = 1.4826;

/** The UTC days that were read whole, sorted: a part of one says nothing about how much a day is. */
export const listCompleteDays = (
  { from, to, days }: Pick<KeyUse, 'from' | 'to' | 'days'>,
  missing: readonly MissingPart[],
): string[] =>
  Object.keys(days)
    .filter((day) => {
      const start = Date.parse(`${day}T00:00:00Z`);
      const end = start + dayMilliseconds;
      const isMissed = (part: MissingPart) =>
        (part.from === undefined || Date.parse(part.from) < end) &&
        (part.to === undefined || Date.parse(part.to) > start);
      return Date.parse(from) <= start && Date.parse(to) >= end && !missing.some(isMissed);
    })
    .sort();

export interface Departure {
  day: string;
  count: number;
  /** Of the other days. */
  median: number;
  /** The most that would have been no news. */
  limit: number;
}

/**
 * Takes how many calls a principal made on each of its days, days without one included, and how many days a baseline
 * needs; gives the days that stand out of the others, or undefined where there are too few to tell.
 */
export const findDepartures = (
  counts: ReadonlyMap<string, number>,
  baselineDays: number,
): Departure[] | undefined => {
  if (counts.size <= baselineDays) return undefined;
  return [...counts].flatMap(([day, count]) => {
    const others = [...counts].flatMap(([other, calls]) => (other === day ? [] : calls));
    const median = toMedian(others);
    const spread = toMedian(others.map((calls) => Math.abs(calls - median))) * toStandardDeviation;
    // Who comes once a week has a median of none: its own busy days tell what is usual.
    const usual = toMedian(others.filter((calls) => calls > 0));
    const limit = Math.max(median + deviations * spread, timesUsual * usual, median + leastMore);
    return count > limit ? [{ day, count, median, limit: Math.ceil(limit) }] : [];
  });
};

const toMedian = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
};
