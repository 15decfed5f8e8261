/** Events counted: of each key, by UTC day, its uses as tallies and its changes singly; each event once, by its id. */

import { parseArn } from '../evidence/arn.ts';
import type { KeyChange, UseTally } from '../evidence/events.ts';
import { addName, toId, toTimedId } from './first-names.ts';
import { foldContexts } from './fold-contexts.ts';
import type { KeyEvent, KeyUseEvent } from './key-event.ts';
import { createSeenIds, type SeenIds, toNumber } from './seen-ids.ts';

/** A key whose events are asked for. */
export interface WatchedKey {
  arn: string;
  /** The names of its aliases, with their `alias/`, as far as they are known. */
  aliases?: string[];
  /** The custom key store that holds its material. */
  customKeyStoreId?: string;
}

/** What is worked out of an event once: the watched keys it is about, and which uses it counts among. */
interface Counted {
  keys: { key: string; salt: number }[];
  kind: string;
}

/** A key as an event names it, and where the event happened. */
export type KeyName = Pick<KeyEvent, 'key' | 'account' | 'region'>;

interface DayOfKey {
  uses: Map<string, UseTally>;
  changes: Map<string, KeyChange>;
}

/** What was counted of a key on one UTC day. */
export interface CountedDay {
  uses: UseTally[];
  changes: KeyChange[];
}

/** What each call has of its own, though it be the same call by the same caller. */
export type OwnOfEvent = Pick<KeyUseEvent, 'id' | 'time' | 'source'>;

export interface Tally {
  /**
   * Counts an event, if it is about a watched key, in the window, and new. The same call made again can be told by what
   * is its own: then nothing else is worked out anew.
   */
  add: (event: KeyEvent, own?: OwnOfEvent) => void;
  /** Counts calls of one UTC day that a source has counted itself, each event once. */
  addCounted: (of: KeyName, uses: UseTally) => void;
  /** What was counted of a key, by UTC day. */
  get: (keyArn: string) => Map<string, CountedDay>;
}

/** Takes the keys to watch and the time that counts, both ends as ISO 8601; gives an empty tally of them. */
export const createTally = (keys: readonly WatchedKey[], window: { from: string; to: string }): Tally => {
  const findKeys = createKeyFinder(keys);
  const days = new Map<string, Map<string, DayOfKey>>();
  const seen = new Map<string, SeenIds>();
  const known = new WeakMap<KeyEvent, Counted>();
  const getDay = (key: string, day: string): DayOfKey => {
    const ofKey = days.get(key) ?? new Map<string, DayOfKey>();
    days.set(key, ofKey);
    const found = ofKey.get(day) ?? { uses: new Map(), changes: new Map() };
    ofKey.set(day, found);
    return found;
  };
  const isNew = (day: string, id: string, salt: number): boolean => {
    const ids = seen.get(day) ?? createSeenIds();
    seen.set(day, ids);
    return ids.add(id, salt);
  };
  const toCounted = (event: KeyEvent): Counted => ({
    // A call may be told twice, and ReEncrypt tells two things of one key.
    keys: findKeys(event).map((key) => ({
      key,
      salt: toNumber(`${key} ${event.kind === 'use' ? event.use.operation : ''}`) | 0,
    })),
    kind: event.kind === 'use' ? toTallyKey(event.use) : '',
  });
  return {
    add: (event, own) => {
      const call = event.kind === 'use' ? event.use : event.change;
      const { id, time, source } = own ?? call;
      if (time < window.from || time >= window.to) return;
      const counted = known.get(event) ?? toCounted(event);
      known.set(event, counted);
      const day = time.slice(0, 10);
      for (const { key, salt } of counted.keys) {
        if (!isNew(day, id, salt)) continue;
        if (event.kind === 'use')
          addUse(getDay(key, day).uses, counted.kind, event.use, { id, time, source });
        else getDay(key, day).changes.set(id, { ...event.change, id, time, source });
      }
    },
    addCounted: (of, counted) => {
      if (counted.last < window.from || counted.first >= window.to) return;
      const events = counted.events.map((id) => toTimedId(counted.first, id));
      for (const key of findKeys(of))
        join(getDay(key, counted.first.slice(0, 10)).uses, { ...counted, events });
    },
    get: (key) =>
      new Map(
        [...(days.get(key) ?? [])].map(([day, { uses, changes }]) => [
          day,
          { uses: toUses(uses), changes: [...changes.values()].sort(byTime) },
        ]),
      ),
  };
};

/** As they are told: their names in order, whatever order the events came in. */
const toUses = (uses: ReadonlyMap<string, UseTally>): UseTally[] =>
  foldContexts([...uses.values()], toTallyKey, join)
    .map((tally) => ({ ...tally, events: tally.events.map(toId) }))
    .sort(byFirst);

const byFirst = (a: UseTally, b: UseTally) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
const byTime = (a: KeyChange, b: KeyChange) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

/** An event names its key by ARN, or where the call failed maybe by id, by alias, or by its custom key store. */
const createKeyFinder = (keys: readonly WatchedKey[]) => {
  const known = new Map<string, string[]>();
  const know = (name: string, arn: string) => known.set(name, [...(known.get(name) ?? []), arn]);
  for (const { arn, aliases = [], customKeyStoreId } of keys) {
    const parsed = parseArn(arn);
    if (!parsed) continue;
    const place = `${parsed.account}/${parsed.region}`;
    know(arn, arn);
    know(`${place}/${parsed.resource.replace(/^key\//, '')}`, arn);
    for (const alias of aliases) {
      know(`${place}/${alias}`, arn);
      know(arn.replace(parsed.resource, alias), arn);
    }
    if (customKeyStoreId) know(`${place}/${customKeyStoreId}`, arn);
  }
  return ({ key, account, region }: KeyName): readonly string[] =>
    known.get(key) ?? known.get(`${account}/${region}/${key}`) ?? [];
};

const addUse = (
  uses: Map<string, UseTally>,
  kind: string,
  use: KeyUseEvent,
  { id, time, source }: OwnOfEvent,
): void => {
  const tally = uses.get(kind);
  if (!tally) {
    const { id: _id, time: _time, source: _source, agent, ...call } = use;
    const named = { events: [toTimedId(time, id)], sources: [source], agents: [agent] };
    uses.set(kind, { ...call, count: 1, first: time, last: time, ...named });
    return;
  }
  tally.count += 1;
  if (time < tally.first) tally.first = time;
  if (time > tally.last) tally.last = time;
  addName(tally.events, toTimedId(time, id));
  addName(tally.sources, source);
  addName(tally.agents, use.agent);
};

/** Calls that were counted apart and are of one kind: their names were told in two ways. */
const join = (uses: Map<string, UseTally>, counted: UseTally): void => {
  const kind = toTallyKey(counted);
  const tally = uses.get(kind);
  if (!tally) {
    const { events, sources, agents } = counted;
    const named = { events: events.toSorted(), sources: sources.toSorted(), agents: agents.toSorted() };
    uses.set(kind, { ...counted, ...named });
    return;
  }
  tally.count += counted.count;
  if (counted.first < tally.first) tally.first = counted.first;
  if (counted.last > tally.last) tally.last = counted.last;
  for (const id of counted.events) addName(tally.events, id);
  for (const source of counted.sources) addName(tally.sources, source);
  for (const agent of counted.agents) addName(tally.agents, agent);
};

type Call = Omit<KeyUseEvent, 'id' | 'time' | 'source' | 'agent'>;

/** What tells tallies of one day apart. */
export const toTallyKey = (call: Call): string => {
  const { principal, kind, account = '', invokedBy = '', operation, outcome } = call;
  const context = Object.entries(call.context).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([principal, kind, account, invokedBy, operation, outcome, context]);
};
