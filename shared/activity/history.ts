/** A key's history, day by day: what a reading adds to it, and what of it checks are told. */
import type {
  DayPart,
  EventGap,
  EventSource,
  HistoryDay,
  KeyChanges,
  KeyHistory,
  KeyUse,
} from '../evidence/events.ts';
import { type Fact, type MissingPart, toKnown, toUnknown } from '../evidence/fact.ts';
import { toTold } from './fold-contexts.ts';
import { type CountedDay, toTallyKey } from './tally.ts';

/** CloudTrail delivers within minutes as a rule, and was seen later than 25: after two hours a time is complete. */
export const settleMilliseconds = 2 * 3_600_000;
const dayMilliseconds = 86_400_000;

/** What one source showed of one key from one moment to another. */
export interface Reading {
  source: EventSource;
  from: string;
  to: string;
  gaps: readonly EventGap[];
  days: ReadonlyMap<string, CountedDay>;
  /** When the source was asked, where that was well before its answer was taken. */
  askedAt?: string;
}

export interface Readings {
  use?: Reading;
  changes?: Reading;
}

const toMoment = (milliseconds: number) => new Date(milliseconds).toISOString();

/** The UTC days of a time, each with the part of it that falls into the time. */
export const toDays = (from: string, to: string): { day: string; from: string; to: string }[] => {
  const days: { day: string; from: string; to: string }[] = [];
  for (
    let start = Date.parse(`${from.slice(0, 10)}T00:00:00Z`);
    start < Date.parse(to);
    start += dayMilliseconds
  ) {
    const [begin, end] = [toMoment(start), toMoment(start + dayMilliseconds)];
    days.push({ day: begin.slice(0, 10), from: begin > from ? begin : from, to: end < to ? end : to });
  }
  return days;
};

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
        use: keep(
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
        changes: keep(
          days[part.day]?.changes,
          toPart(changes, part, collectedAt, (of) => of.changes),
          ({ id }, now) => now.has(id),
          ({ id }) => id,
        ),
      };
  const oldest = toMoment(Date.parse(collectedAt) - retentionDays * dayMilliseconds).slice(0, 10);
  const kept = Object.entries(days).filter(([day]) => day >= oldest);
  return { ...now, days: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))) };
};

/**
 * What is there already of a day stays where the source shows none of it, or less: what it should have told again is a
 * gap. `isTold` says whether the items of now tell all that one told before.
 */
const keep = <Item>(
  before: DayPart<Item> | undefined,
  now: DayPart<Item>,
  isTold: (item: Item, now: ReadonlyMap<string, Item>) => boolean,
  toId: (item: Item) => string,
): DayPart<Item> => {
  if (!before) return now;
  const isBlind = now.gaps.some(({ from, to }) => from <= now.from && to >= now.to);
  if (isBlind && now.items.length === 0) {
    const [, to = now.to] = [now.to, before.to].sort();
    return { ...before, to, gaps: [...before.gaps, ...now.gaps.flatMap((gap) => clip(gap, before.to, to))] };
  }
  const told = new Map(now.items.map((item) => [toId(item), item]));
  const lacking = before.items.filter((item) => !isTold(item, told));
  // A reading that begins later in the day need not tell what came before.
  if (lacking.length === 0 || now.from > before.from) return now;
  for (const item of lacking) told.set(toId(item), item);
  const gap: EventGap = { from: now.from, to: now.to, reason: 'incomplete-window', what: lessThanBefore };
  return { ...now, items: [...told.values()], gaps: [...now.gaps, gap] };
};

const lessThanBefore = 'the source told less than it had told before';

const toPart = <Item>(
  { source, gaps, days, askedAt }: Reading,
  { day, from, to }: { day: string; from: string; to: string },
  readAt: string,
  pick: (counted: CountedDay) => Item[],
): DayPart<Item> => {
  const counted = days.get(day);
  const within = gaps.flatMap((gap) => clip(gap, from, to));
  return {
    source,
    readAt: askedAt ?? readAt,
    from,
    to,
    gaps: within,
    items: counted ? pick(counted) : [],
  };
};

/** The part of a gap that falls into a time, if any. */
export const clip = (gap: EventGap, from: string, to: string): EventGap[] => {
  const clipped = { ...gap, from: gap.from > from ? gap.from : from, to: gap.to < to ? gap.to : to };
  return clipped.from < clipped.to ? [clipped] : [];
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
  const start = Date.parse(`${day}T00:00:00Z`);
  const end = start + dayMilliseconds;
  return (
    read.gaps.every(({ reason }) => reason === 'over-budget' && read.source === 'lookup-events') &&
    Date.parse(read.from) <= start &&
    Date.parse(read.to) >= end &&
    Date.parse(read.readAt) >= end + settleMilliseconds
  );
};

type PartOfDay = [day: string, part: DayPart<unknown>];

/**
 * From when to when a history has an answer, and what of that time is missing: it begins with the first day that was
 * read, and ends where events have had the time to arrive.
 */
const toWindow = (parts: readonly PartOfDay[], collectedAt: string) => {
  const from = parts[0]?.[1].from ?? collectedAt;
  const to = toMoment(Date.parse(collectedAt) - settleMilliseconds);
  const gaps: EventGap[] = [];
  const miss = (gap: EventGap) => gaps.push(...clip(gap, from, to));
  let end = from;
  for (const [, part] of parts) {
    miss({ from: end, to: part.from, reason: 'incomplete-window', what: 'events were not read' });
    for (const gap of part.gaps) miss(gap);
    // What was read before its events had had the time to arrive may have been told too early.
    const settled = toMoment(Date.parse(part.readAt) - settleMilliseconds);
    if (settled < part.to) miss({ from: settled, to: part.to, reason: 'incomplete-window', what: tooEarly });
    end = part.to;
  }
  miss({ from: end, to: collectedAt, reason: 'incomplete-window', what: 'events were not read' });
  const missing = joinGaps(gaps).map(toMissing);
  if (from >= to) missing.push({ reason: 'incomplete-window', what: tooShort });
  const sources = [...new Set(parts.map(([, part]) => part.source))].sort();
  return { window: { from, to, sources }, missing };
};

/** A gap that goes on over midnight is one. */
const joinGaps = (gaps: readonly EventGap[]): EventGap[] => {
  const joined: EventGap[] = [];
  for (const gap of gaps) {
    const before = joined.find(
      ({ to, reason, what }) => to === gap.from && reason === gap.reason && what === gap.what,
    );
    if (before) before.to = gap.to;
    else joined.push({ ...gap });
  }
  return joined;
};

const tooEarly = 'events were read less than two hours after their time, and may have come later';
const tooShort = 'the window is shorter than the two hours that events may take to arrive';

const toMissing = ({ from, to, reason, what }: EventGap): MissingPart => ({
  what: `${what} (${from} to ${to})`,
  reason,
  from,
  to,
});

const notRead = toUnknown('incomplete-window', 'no events of the key were read');

const toParts = <Item>(
  { days }: KeyHistory,
  pick: (day: HistoryDay) => DayPart<Item> | undefined,
): [day: string, part: DayPart<Item>][] =>
  Object.entries(days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([day, parts]) => {
      const part = pick(parts);
      return part ? [[day, part]] : [];
    });

/** Takes a key's history; gives its uses by UTC day, what is missing of them named. */
export const toKeyUse = (history: KeyHistory): Fact<KeyUse> => {
  const parts = toParts(history, (day) => day.use);
  if (parts.length === 0) return notRead;
  const { window, missing } = toWindow(parts, history.collectedAt);
  return toKnown(
    { ...window, days: Object.fromEntries(parts.map(([day, { items }]) => [day, items])) },
    missing,
  );
};

/** Takes a key's history; gives its changes in their order, what is missing of them named. */
export const toKeyChanges = (history: KeyHistory): Fact<KeyChanges> => {
  const parts = toParts(history, (day) => day.changes);
  if (parts.length === 0) return notRead;
  const { window, missing } = toWindow(parts, history.collectedAt);
  return toKnown({ ...window, changes: parts.flatMap(([, { items }]) => items) }, missing);
};
