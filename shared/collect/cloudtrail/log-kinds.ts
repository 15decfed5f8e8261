/** What the kinds of records say that threads have found: here they are parsed, one of each. */
import { changeNames, type KeyEvent, parseKeyEvents } from '../../activity/key-event.ts';
import type { OwnOfEvent, Tally, WatchedKey } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import { useOperations } from '../../evidence/events.ts';
import type { Sightings, Wanted } from './log-records.ts';

/** What threads are told to look for. */
export const toWanted = (keys: readonly WatchedKey[]): Wanted => ({
  keys,
  useNames: [...useOperations, 'ReEncrypt'],
  changeNames,
});

/** What a record says of keys, or of one without the fields that CloudTrail gives it, the time that it tells. */
export type Kind = { events: KeyEvent[] } | { brokenAt: string | undefined };

const toKind = (text: string): Kind => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
    return { events: parseKeyEvents(parsed).filter(isToldAtHome) };
  } catch {
    return { brokenAt: getTime(parsed) };
  }
};

const nothing: Kind = { events: [] };

/** No two changes are of one kind, and a log may hold any number of them. */
const isToldOnce = (kind: Kind | undefined): boolean =>
  kind !== undefined && 'events' in kind && kind.events[0]?.kind === 'change';

export interface KindReader {
  /** Takes what a thread told; gives the kind of each record that it saw. */
  toKinds: (sightings: Sightings) => Kind[];
}

/** For one thread: it tells each kind once, and may forget and number them anew. */
export const createKindReader = (): KindReader => {
  const known: Kind[] = [];
  return {
    toKinds: ({ kinds, firstKind, seen }) => {
      known.length = firstKind;
      // One by one: a file of small records has more of them than a call takes arguments.
      for (const text of kinds) known.push(toKind(text));
      const seenKinds = seen.kinds.map((kind) => known[kind < 0 ? ~kind : kind] ?? nothing);
      for (let kind = firstKind; kind < known.length; kind += 1)
        if (isToldOnce(known[kind])) known[kind] = nothing;
      return seenKinds;
    },
  };
};

interface Counter {
  tally: Tally;
  onEvent?: (event: KeyEvent, time: string) => void;
  onBroken: (time: string | undefined) => void;
}

/** Counts what a thread saw, each record as one of its kind. */
export const countSightings = (
  kinds: readonly Kind[],
  seen: Sightings['seen'],
  { tally, onEvent, onBroken }: Counter,
): void => {
  for (const [index, kind] of kinds.entries()) {
    const isFirst = (seen.kinds[index] ?? 0) < 0;
    const own: OwnOfEvent | undefined = isFirst
      ? undefined
      : { id: seen.ids[index] ?? '', time: seen.times[index] ?? '', source: seen.sources[index] ?? '' };
    if ('brokenAt' in kind) {
      onBroken(own ? own.time : kind.brokenAt);
      continue;
    }
    for (const event of kind.events) {
      tally.add(event, own);
      onEvent?.(event, own?.time ?? (event.kind === 'use' ? event.use : event.change).time);
    }
  }
};

/** Another account's trail tells of the call, too, under another id: the key's own account and Region count. */
export const isToldAtHome = ({ key, account, region }: KeyEvent): boolean => {
  const arn = parseArn(key);
  return arn === undefined || (arn.account === account && arn.region === region);
};

const getTime = (parsed: unknown): string | undefined => {
  const time = typeof parsed === 'object' && parsed && 'eventTime' in parsed ? parsed.eventTime : undefined;
  return typeof time === 'string' && !Number.isNaN(Date.parse(time))
    ? new Date(time).toISOString()
    : undefined;
};
