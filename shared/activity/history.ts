/** A key's history, day by day: what a reading adds to it, and what of it checks are told. */
import type {
  DayPart,
  EventGap,
  HistoryDay,
  KeyChanges,
  KeyHistory,
  KeyUse,
  TimeWindow,
} from '../evidence/events.ts';
import { type Fact, toKnown, toUnknown } from '../evidence/fact.ts';
import {
  clip,
  isWholeDay,
  keepDays,
  keepPart,
  type ReadingOf,
  toDays,
  toPart,
  toParts,
  toWindow,
} from './day-parts.ts';
import { toTold } from './fold-contexts.ts';
import { type CountedDay, toTallyKey } from './tally.ts';

/** What one source showed of one key from one moment to another. */
export type Reading = ReadingOf<CountedDay>;

export interface Readings {
  use?: Reading;
  changes?: Reading;
}

/**
 * Takes a key's history and what was read now; gives it with every day that was read replaced, and old days gone. What
 * was seen of a day is never taken away: events do not unhappen, so a reading that lacks some is not whole.
 */
export const toHistory = (
  previous: KeyHistory | undefined,
  { use, changes }: Readings,
  { retentionDays, ...now }: { key: string; collectedAt: string; run?: string; retentionDays: number },
): KeyHistory => {
  const { collectedAt } = now;
  const days: Record<string, HistoryDay> = { ...previous?.days };
  if (use)
    for (const part of toDays(use.from, use.to))
      days[part.day] = {
        ...days[part.day],
        use: keepPart(
          days[part.day]?.use,
          toPart(use, part, collectedAt, ({ uses }) => uses),
          (before, now) =>
            toTold(before.context).some((context) => {
              const again = now.get(toTallyKey({ ...before, context }));
              return again !== undefined && again.count >= before.count;
            }),
          toTallyKey,
        ),
      };
  if (changes)
    for (const part of toDays(changes.from, changes.to))
      days[part.day] = {
        ...days[part.day],
        changes: keepPart(
          days[part.day]?.changes,
          toPart(changes, part, collectedAt, (of) => of.changes),
          ({ id }, now) => now.has(id),
          ({ id }) => id,
        ),
      };
  return { ...now, days: keepDays(days, collectedAt, retentionDays) };
};

/**
 * Whether a UTC day needs no reading again: read whole, without a gap, once events had had the time to arrive. A gap that
 * LookupEvents' budget left is final: it shows the newest first, so that a later reading comes less far.
 */
export const isComplete = (
  history: KeyHistory | undefined,
  day: string,
  part: 'use' | 'changes',
): boolean => {
  const read = history?.days[day]?.[part];
  if (!read) return false;
  return (
    read.gaps.every(({ reason }) => reason === 'over-budget' && read.source === 'lookup-events') &&
    isWholeDay(day, read)
  );
};

const notRead = toUnknown('incomplete-window', 'no events of the key were read');

/**
 * Takes a key's history, and when no trail logged, if that is known; gives its uses by UTC day, what is missing of them
 * named.
 */
export const toKeyUse = (history: KeyHistory, stop?: TimeWindow): Fact<KeyUse> => {
  const parts = toParts(history.days, ({ use }) => use && withStop(use, stop));
  if (parts.length === 0) return notRead;
  const { window, missing } = toWindow(parts, history.collectedAt);
  return toKnown(
    { ...window, days: Object.fromEntries(parts.map(([day, { items }]) => [day, items])) },
    missing,
  );
};

/** LookupEvents needs no trail. */
const withStop = <Item>(part: DayPart<Item>, stop: TimeWindow | undefined): DayPart<Item> => {
  if (!stop || part.source === 'lookup-events') return part;
  const gap: EventGap = { ...stop, reason: 'incomplete-window', what: 'no trail was logging' };
  return { ...part, gaps: [...part.gaps, ...clip(gap, part.from, part.to)] };
};

/** Takes a key's history; gives its changes in their order, what is missing of them named. */
export const toKeyChanges = (history: KeyHistory): Fact<KeyChanges> => {
  const parts = toParts(history.days, (day) => day.changes);
  if (parts.length === 0) return notRead;
  const { window, missing } = toWindow(parts, history.collectedAt);
  return toKnown({ ...window, changes: parts.flatMap(([, { items }]) => items) }, missing);
};
