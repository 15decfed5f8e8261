/** A cluster's history of who asked for Secrets: what a reading of its audit log adds, and what of it checks are told. */
import { type Fact, type MissingPart, toKnown, toUnknown } from '../evidence/fact.ts';
import { type ClusterHistory, otherIdentities, type ReadTally, type SecretReads } from '../evidence/reads.ts';
import {
  isWholeDay,
  keepDays,
  keepPart,
  type ReadingOf,
  toDays,
  toPart,
  toParts,
  toWindow,
} from './day-parts.ts';
import { mostIdentities, toReadKey, toReadKeys } from './read-tally.ts';
import { toCount, toSpan } from './sum-uses.ts';

/** What one source showed of a cluster's audit log; of files, from the first line's time to just after the last one's. */
export type AuditReading = ReadingOf<ReadTally[]>;

/**
 * Takes a cluster's history and what was read now; gives it with every day that was read replaced, and old days gone.
 * What was seen of a day is never taken away. `own` is whom Keyward reads this cluster as, by ARN or username.
 */
export const toClusterHistory = (
  previous: ClusterHistory | undefined,
  reading: AuditReading,
  {
    retentionDays,
    own = [],
    ...now
  }: { cluster: string; collectedAt: string; run?: string; retentionDays: number; own?: readonly string[] },
): ClusterHistory => {
  const days = { ...previous?.days };
  for (const part of toDays(reading.from, reading.to)) {
    const reads = toPart(reading, part, now.collectedAt, (tallies) => tallies);
    days[part.day] = { reads: keepPart(days[part.day]?.reads, reads, isTold, toReadKey) };
  }
  return {
    ...now,
    own: [...new Set([...(previous?.own ?? []), ...own])].sort(),
    days: keepDays(days, now.collectedAt, retentionDays),
  };
};

const isTold = (before: ReadTally, now: ReadonlyMap<string, ReadTally>): boolean =>
  toReadKeys(before).some((key) => (now.get(key)?.count ?? 0) >= before.count);

/** Whether a UTC day needs no reading again: read whole, without a gap, once its lines had had the time to arrive. */
export const isReadWhole = (history: ClusterHistory | undefined, day: string): boolean => {
  const read = history?.days[day]?.reads;
  return read !== undefined && read.gaps.length === 0 && isWholeDay(day, read);
};

const notRead = toUnknown('incomplete-window', 'nothing of the cluster’s audit log was read');

/** Takes a cluster's history; gives who asked for Secrets by UTC day, what is missing of the time that was read named. */
export const toSecretReads = ({ days, own, collectedAt }: ClusterHistory): Fact<SecretReads> => {
  const parts = toParts(days, (day) => day.reads);
  const last = parts.at(-1)?.[1];
  if (!last) return notRead;
  const { window, missing } = toWindow(parts, collectedAt, last.to);
  return toKnown(
    { ...window, own, days: Object.fromEntries(parts.map(([day, { items }]) => [day, items])) },
    [...missing, ...parts.flatMap(([, { items }]) => toOthersMissing(items))],
  );
};

const toOthersMissing = (tallies: readonly ReadTally[]): MissingPart[] => {
  const others = tallies.filter(({ identity }) => identity === otherIdentities);
  if (others.length === 0) return [];
  const { first: from, last: to } = toSpan(others);
  const what = `more identities asked for Secrets than the ${mostIdentities} of a day that are told apart: ${toCount(others)} requests are of others (${from} to ${to})`;
  return [{ what, reason: 'over-budget', from, to }];
};
