/** What one source showed of one day after the other: how readings become parts of a history, and parts a window. */
import type { DayPart, EventGap, EventSource, TimeWindow } from '../evidence/events.ts';
import type { MissingPart } from '../evidence/fact.ts';

/** CloudTrail delivers within minutes as a rule, and was seen later than 25: after two hours a time is complete. */
export const settleMilliseconds = 2 * 3_600_000;
const dayMilliseconds = 86_400_000;

/** What one source showed from one moment to another, by UTC day. */
export interface ReadingOf<Counted> {
  source: EventSource;
  from: string;
  to: string;
  gaps: readonly EventGap[];
  days: ReadonlyMap<string, Counted>;
  /** When the source was asked, where that was well before its answer was taken. */
  askedAt?: string;
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
 * What is there already of a day stays where the source shows none of it, or less: what it should have told again is a
 * gap. `isTold` says whether the items of now tell all that one told before.
 */
export const keepPart = <Item>(
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

/** Takes a reading and a part of a day; gives what it showed of it. */
export const toPart = <Counted, Item>(
  { source, gaps, days, askedAt }: ReadingOf<Counted>,
  { day, from, to }: { day: string; from: string; to: string },
  readAt: string,
  pick: (counted: Counted) => Item[],
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

/** Whether a UTC day was read from its beginning to its end, once its events had had the time to arrive. */
export const isWholeDay = (day: string, { from, to, readAt }: DayPart<unknown>): boolean => {
  const start = Date.parse(`${day}T00:00:00Z`);
  const end = start + dayMilliseconds;
  return Date.parse(from) <= start && Date.parse(to) >= end && Date.parse(readAt) >= end + settleMilliseconds;
};

/** Takes the days of a history; gives those that are kept, in their order. */
export const keepDays = <Day>(
  days: Record<string, Day>,
  collectedAt: string,
  retentionDays: number,
): Record<string, Day> => {
  const oldest = toMoment(Date.parse(collectedAt) - retentionDays * dayMilliseconds).slice(0, 10);
  return Object.fromEntries(sortDays(days).filter(([day]) => day >= oldest));
};

const sortDays = <Day>(days: Record<string, Day>): [day: string, of: Day][] =>
  Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1));

export type PartOfDay = [day: string, part: DayPart<unknown>];

/** Until when a source had told all of it, asked at some time. A file that somebody gives holds what it holds. */
const toSettled = (source: EventSource | undefined, askedAt: string): string =>
  source === 'audit-log-files' ? askedAt : toMoment(Date.parse(askedAt) - settleMilliseconds);

/**
 * From when to when a history has an answer, and what of that time is missing: it begins with the first day that was
 * read, and ends where events have had the time to arrive, or with what was asked for.
 */
export const toWindow = (
  parts: readonly PartOfDay[],
  collectedAt: string,
  askedUntil = collectedAt,
): { window: TimeWindow & { sources: EventSource[] }; missing: MissingPart[] } => {
  const from = parts[0]?.[1].from ?? collectedAt;
  const [to = askedUntil] = [askedUntil, toSettled(parts.at(-1)?.[1].source, collectedAt)].sort();
  const gaps: EventGap[] = [];
  const miss = (gap: EventGap) => gaps.push(...clip(gap, from, to));
  let end = from;
  for (const [, part] of parts) {
    miss({ from: end, to: part.from, reason: 'incomplete-window', what: 'events were not read' });
    for (const gap of part.gaps) miss(gap);
    // What was read before its events had had the time to arrive may have been told too early.
    const settled = toSettled(part.source, part.readAt);
    if (settled < part.to) miss({ from: settled, to: part.to, reason: 'incomplete-window', what: tooEarly });
    end = part.to;
  }
  miss({ from: end, to, reason: 'incomplete-window', what: 'events were not read' });
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

/** Takes the days of a history, and which part of each is asked for; gives those there are, in their order. */
export const toParts = <Day, Item>(
  days: Record<string, Day>,
  pick: (day: Day) => DayPart<Item> | undefined,
): [day: string, part: DayPart<Item>][] =>
  sortDays(days).flatMap(([day, parts]) => {
    const part = pick(parts);
    return part ? [[day, part]] : [];
  });
