/** Events counted: of each key, by UTC day, its uses as tallies and its changes singly; each event once, by its id. */

import { parseArn } from '../evidence/arn.ts';
import { type KeyChange, mostNamed, type UseTally } from '../evidence/events.ts';
import type { KeyEvent, KeyUseEvent } from './key-event.ts';

/** A key whose events are asked for. */
export interface WatchedKey {
  arn: string;
  /** The names of its aliases, with their `alias/`, as far as they are known. */
  aliases?: string[];
  /** The custom key store that holds its material. */
  customKeyStoreId?: string;
}

interface DayOfKey {
  uses: Map<string, UseTally>;
  changes: Map<string, KeyChange>;
}

/** What was counted of a key on one UTC day. */
export interface CountedDay {
  uses: UseTally[];
  changes: KeyChange[];
}

export interface Tally {
  /** Counts an event, if it is about a watched key, in the window, and new. */
  add: (event: KeyEvent) => void;
  /** What was counted of a key, by UTC day. */
  get: (keyArn: string) => Map<string, CountedDay>;
}

/** Takes the keys to watch and the time that counts, both ends as ISO 8601; gives an empty tally of them. */
export const createTally = (keys: readonly WatchedKey[], window: { from: string; to: string }): Tally => {
  const findKeys = createKeyFinder(keys);
  const days = new Map<string, Map<string, DayOfKey>>();
  const seen = new Map<string, Set<string>>();
  const getDay = (key: string, day: string): DayOfKey => {
    const ofKey = days.get(key) ?? new Map<string, DayOfKey>();
    days.set(key, ofKey);
    const found = ofKey.get(day) ?? { uses: new Map(), changes: new Map() };
    ofKey.set(day, found);
    return found;
  };
  /** A call may be told twice, and ReEncrypt tells two things of one key. */
  const isNew = (day: string, id: string): boolean => {
    const ids = seen.get(day) ?? new Set<string>();
    seen.set(day, ids);
    const before = ids.size;
    return ids.add(id).size > before;
  };
  return {
    add: (event) => {
      const { id, time } = event.kind === 'use' ? event.use : event.change;
      if (time < window.from || time >= window.to) return;
      const day = time.slice(0, 10);
      for (const key of findKeys(event)) {
        const what = event.kind === 'use' ? event.use.operation : '';
        if (!isNew(day, `${key} ${id} ${what}`)) continue;
        if (event.kind === 'use') addUse(getDay(key, day).uses, event.use);
        else getDay(key, day).changes.set(id, event.change);
      }
    },
    get: (key) =>
      new Map(
        [...(days.get(key) ?? [])].map(([day, { uses, changes }]) => [
          day,
          { uses: [...uses.values()].sort(byFirst), changes: [...changes.values()].sort(byTime) },
        ]),
      ),
  };
};

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
  return ({ key, account, region }: Pick<KeyEvent, 'key' | 'account' | 'region'>): readonly string[] =>
    known.get(key) ?? known.get(`${account}/${region}/${key}`) ?? [];
};

const addUse = (uses: Map<string, UseTally>, use: KeyUseEvent): void => {
  const { id, time, source, agent, ...call } = use;
  const kind = toTallyKey(call);
  const tally = uses.get(kind);
  if (!tally) {
    const named = { events: [id], sources: [source], agents: [agent] };
    uses.set(kind, { ...call, count: 1, first: time, last: time, ...named });
    return;
  }
  tally.count += 1;
  if (time < tally.first) tally.first = time;
  if (time > tally.last) tally.last = time;
  name(tally.events, id);
  name(tally.sources, source);
  name(tally.agents, agent);
};

const name = (names: string[], entry: string): void => {
  if (names.length < mostNamed && !names.includes(entry)) names.push(entry);
};

const toTallyKey = (call: Omit<KeyUseEvent, 'id' | 'time' | 'source' | 'agent'>): string => {
  const { principal, kind, account = '', invokedBy = '', operation, outcome } = call;
  const context = Object.entries(call.context).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([principal, kind, account, invokedBy, operation, outcome, context]);
};
