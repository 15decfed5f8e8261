/** Requests about Secrets counted, by UTC day; each request once, however many stages and copies of it a log holds. */
import { mostNamed, type TimeWindow } from '../evidence/events.ts';
import { otherIdentities, type ReadTally } from '../evidence/reads.ts';
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

interface DayOfReads {
  tallies: Map<string, ReadTally>;
  /** With so many tallies they are folded: those of a flood become few, and others stay. */
  foldAt: number;
}

/**
 * So many identities are told apart of a UTC day, of requests that succeeded and of others each, and so many
 * impersonators of the rest. Whom somebody impersonates is his to choose, a million a day; those who ask for Secrets
 * themselves are a cluster's workloads and people.
 */
export const mostIdentities = 2_000;
const foldAt = 4 * mostIdentities;

/**
 * Takes the time that counts, both ends as ISO 8601, and maybe a Secret: then requests that cannot have been answered
 * with it are left out. Gives an empty count.
 */
export const createReadCounter = (window: TimeWindow, only?: SecretName): ReadCounter => {
  const days = new Map<string, DayOfReads>();
  const seen = new Map<string, SeenIds>();
  const isNew = (day: string, request: string): boolean => {
    const ids = seen.get(day) ?? createSeenIds();
    seen.set(day, ids);
    return ids.add(request, 0);
  };
  const count = (day: string, tally: ReadTally, key?: string): void => {
    const ofDay = days.get(day) ?? { tallies: new Map(), foldAt };
    days.set(day, ofDay);
    join(ofDay.tallies, tally, key);
    if (ofDay.tallies.size < ofDay.foldAt) return;
    ofDay.tallies = new Map(fold([...ofDay.tallies.values()]).map((folded) => [toReadKey(folded), folded]));
    ofDay.foldAt = Math.max(foldAt, 2 * ofDay.tallies.size);
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
      if (isNew(day, own.request)) count(day, toTally(event, own), getKey(event));
    },
    addCounted: (tally) => {
      if (tally.last < window.from || tally.first >= window.to) return;
      if (only !== undefined && !isAbout(tally, only)) return;
      const events = tally.events.map((id) => toTimedId(tally.first, id));
      count(tally.first.slice(0, 10), { ...tally, events });
    },
    get: () => new Map([...days].map(([day, { tallies }]) => [day, toTold([...tallies.values()])])),
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
    const { secrets, events, sources, agents, sessions } = tally;
    const own = { secrets, events, sources, agents, sessions };
    for (const list of named) own[list] = own[list].toSorted().slice(0, mostNamed);
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
  fold(tallies)
    .map((tally) => ({ ...tally, events: tally.events.map(toId) }))
    .sort((a, b) => (a.first < b.first || (a.first === b.first && toReadKey(a) < toReadKey(b)) ? -1 : 1));

/** Whatever is folded early is folded the same in the end: what has been put together stays so. */
const fold = (tallies: ReadTally[]): ReadTally[] => foldNamespaces(foldIdentities(tallies));

/** The first in order are told apart. Of the rest it is told who impersonated them, which nobody chooses. */
const foldIdentities = (tallies: ReadTally[]): ReadTally[] =>
  [...Map.groupBy(tallies, ({ outcome }) => outcome === 'success').values()].flatMap((alike) => {
    const { true: others = [], false: apart = [] } = Object.groupBy(alike, ({ identity }) =>
      identity === otherIdentities ? 'true' : 'false',
    );
    const [first, beyond] = splitBeyond(apart, toIdentityName);
    const [named, more] = splitBeyond(joinAll([...others, ...beyond.map(toOthers)]), toImpersonatorName);
    return [...first, ...(more.length > 0 ? joinAll([...named, ...more.map(toNobodys)]) : named)];
  });

/** Those who ask themselves come first in order: nobody's impersonation puts them out. */
const toIdentityName = ({ identity, username, groups, impersonator }: ReadTally): string =>
  JSON.stringify([impersonator ? [impersonator] : [], identity, username, groups]);
/** What nobody impersonated comes first, too. */
const toImpersonatorName = ({ impersonator }: ReadTally): string =>
  impersonator ? JSON.stringify(impersonator) : '';

/** Takes tallies and what names them; gives those of the first names in order, and those beyond. */
const splitBeyond = (
  tallies: ReadTally[],
  toName: (tally: ReadTally) => string,
): [first: ReadTally[], beyond: ReadTally[]] => {
  const byName = Map.groupBy(tallies, toName);
  if (byName.size <= mostIdentities) return [tallies, []];
  const names = [...byName.keys()].sort();
  const pick = (some: string[]) => some.flatMap((name) => byName.get(name) ?? []);
  return [pick(names.slice(0, mostIdentities)), pick(names.slice(mostIdentities))];
};

const joinAll = (tallies: ReadTally[]): ReadTally[] => {
  const joined = new Map<string, ReadTally>();
  for (const tally of tallies) join(joined, tally);
  return [...joined.values()];
};

const toOthers = (tally: ReadTally): ReadTally => ({
  ...tally,
  identity: otherIdentities,
  username: otherIdentities,
  groups: [],
});
const toNobodys = ({ impersonator: _, ...tally }: ReadTally): ReadTally => tally;

/** Whoever is refused may name namespaces that do not exist, a million a day; those that exist are not so many. */
const foldNamespaces = (tallies: ReadTally[]): ReadTally[] => {
  const { true: told = [], false: failed = [] } = Object.groupBy(tallies, ({ outcome }) =>
    outcome === 'success' ? 'true' : 'false',
  );
  const byNamespace = Map.groupBy(failed, (tally) => toReadKey({ ...tally, namespace: anyNamespace }));
  for (const alike of byNamespace.values()) {
    const isFolded = alike.some(({ namespace }) => namespace === anyNamespace);
    told.push(...(alike.length > mostNamed || isFolded ? joinAll(alike.map(toOfAnyNamespace)) : alike));
  }
  return told;
};

const toOfAnyNamespace = (tally: ReadTally): ReadTally =>
  tally.namespace === null ? tally : { ...tally, namespace: anyNamespace };

/** The tallies under which requests may be told that were told under this one before. */
export const toReadKeys = (tally: ReadTally): string[] =>
  [tally, toOthers(tally), toNobodys(toOthers(tally))].flatMap((told) => [
    toReadKey(told),
    toReadKey(toOfAnyNamespace(told)),
  ]);
