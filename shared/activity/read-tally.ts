/** Requests about Secrets counted, by UTC day; each request once, however many stages and copies of it a log holds. */
import { mostNamed, type TimeWindow } from '../evidence/events.ts';
import type { ReadTally } from '../evidence/reads.ts';
import type { OwnOfRequest, SecretReadEvent } from './audit-event.ts';
import { addName, toId, toTimedId } from './first-names.ts';
import { createSeenIds, type SeenIds } from './seen-ids.ts';

export interface SecretName {
  namespace: string;
  name: string;
}

export interface ReadCounter {
  /** Counts a request, if it is of the time and the Secret that count, and new: an event, or one like it but for its own. */
  add: (event: SecretReadEvent, own?: OwnOfRequest) => void;
  /** Counts requests of one UTC day that a source has counted itself, each once. */
  addCounted: (tally: ReadTally) => void;
  /** What was counted, by UTC day. */
  get: () => Map<string, ReadTally[]>;
}

/**
 * Takes the time that counts, both ends as ISO 8601, and maybe a Secret: then requests that cannot have been answered
 * with it are left out. Gives an empty count.
 */
export const createReadCounter = (window: TimeWindow, only?: SecretName): ReadCounter => {
  const days = new Map<string, Map<string, ReadTally>>();
  const seen = new Map<string, SeenIds>();
  const isNew = (day: string, request: string): boolean => {
    const ids = seen.get(day) ?? createSeenIds();
    seen.set(day, ids);
    return ids.add(request, 0);
  };
  const getDay = (day: string): Map<string, ReadTally> => {
    const ofDay = days.get(day) ?? new Map<string, ReadTally>();
    days.set(day, ofDay);
    return ofDay;
  };
  /** An event may stand for a million others: its key is put together once. */
  const keys = new WeakMap<SecretReadEvent, string>();
  const getKey = (event: SecretReadEvent): string => {
    const key = keys.get(event) ?? toReadKey(toTally(event));
    keys.set(event, key);
    return key;
  };
  return {
    add: (event, own = event) => {
      if (own.time < window.from || own.time >= window.to) return;
      const day = own.time.slice(0, 10);
      if (only !== undefined && !isAbout(toTally(event), only)) return;
      if (isNew(day, own.request)) join(getDay(day), toTally(event, own), getKey(event));
    },
    addCounted: (tally) => {
      if (tally.last < window.from || tally.first >= window.to) return;
      if (only !== undefined && !isAbout(tally, only)) return;
      const events = tally.events.map((id) => toTimedId(tally.first, id));
      join(getDay(tally.first.slice(0, 10)), { ...tally, events });
    },
    get: () => new Map([...days].map(([day, tallies]) => [day, toTold([...tallies.values()])])),
  };
};

/** Takes one request, or one like it but for its own; gives it as a tally of its own, whose event still tells its time. */
export const toTally = (event: SecretReadEvent, { id, time }: OwnOfRequest = event): ReadTally => {
  const { id: _id, request: _request, time: _time, secret, source, agent, session, ...asked } = event;
  return {
    ...asked,
    isOfOne: secret !== undefined,
    count: 1,
    first: time,
    last: time,
    secrets: secret === undefined ? [] : [secret],
    events: [toTimedId(time, id)],
    sources: source ? [source] : [],
    agents: agent ? [agent] : [],
    sessions: session ? [session] : [],
  };
};

const named = ['secrets', 'events', 'sources', 'agents', 'sessions'] as const;

const join = (tallies: Map<string, ReadTally>, tally: ReadTally, key = toReadKey(tally)): void => {
  const known = tallies.get(key);
  if (!known) {
    const own = Object.fromEntries(named.map((list) => [list, tally[list].toSorted().slice(0, mostNamed)]));
    tallies.set(key, { ...tally, ...own });
    return;
  }
  known.count += tally.count;
  if (tally.first < known.first) known.first = tally.first;
  if (tally.last > known.last) known.last = tally.last;
  for (const list of named) for (const entry of tally[list]) addName(known[list], entry);
};

/** What tells tallies of one day apart. */
export const toReadKey = (tally: Omit<ReadTally, 'count'>): string => {
  const { identity, username, groups, impersonator, verb, namespace, isOfOne, isOfHelm } = tally;
  const whom = impersonator ? [impersonator.identity, impersonator.username, impersonator.groups] : [];
  const asked = [verb, namespace, isOfOne, isOfHelm, tally.client, tally.outcome];
  return JSON.stringify([identity, username, groups, whom, asked]);
};

/** Whether requests may have been answered with this Secret: they name it, or the namespace or cluster it is in. */
export const isAbout = ({ namespace, isOfOne, secrets }: ReadTally, secret: SecretName): boolean =>
  (namespace === null || namespace === anyNamespace || namespace === secret.namespace) &&
  (!isOfOne || secrets.includes(secret.name) || secrets.length >= mostNamed);

/** A namespace's stand-in, where requests that failed named more of them than are told. */
const anyNamespace = '*';

/** As they are told, whatever order the requests came in. */
const toTold = (tallies: ReadTally[]): ReadTally[] =>
  foldNamespaces(tallies)
    .map((tally) => ({ ...tally, events: tally.events.map(toId) }))
    .sort((a, b) => (a.first < b.first || (a.first === b.first && toReadKey(a) < toReadKey(b)) ? -1 : 1));

/** Whoever is refused may name namespaces that do not exist, a million a day; those that exist are not so many. */
const foldNamespaces = (tallies: ReadTally[]): ReadTally[] =>
  [...Map.groupBy(tallies, (tally) => toReadKey({ ...tally, namespace: anyNamespace }))].flatMap(
    ([, alike]) => {
      if (alike.length <= mostNamed || alike[0]?.outcome === 'success') return alike;
      const joined = new Map<string, ReadTally>();
      for (const tally of alike) join(joined, toFolded(tally));
      return [...joined.values()];
    },
  );

const toFolded = (tally: ReadTally): ReadTally =>
  tally.namespace === null ? tally : { ...tally, namespace: anyNamespace };

/** The tallies under which requests may be told that were told under this one before. */
export const toReadKeys = (tally: ReadTally): string[] => [toReadKey(tally), toReadKey(toFolded(tally))];
