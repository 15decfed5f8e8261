/** What Athena has to be asked for the keys of a run: of which homes, from when on, and in how many queries. */
import pMap from 'p-map';
import { z } from 'zod';
import { toDays } from '../activity/day-parts.ts';
import { isComplete } from '../activity/history.ts';
import { isKeyId } from '../collect/cloudtrail/athena-query.ts';
import { toHistoryPrefix, toNameParts, toRunNames } from '../store/names.ts';
import type { Store } from '../store/store.ts';
import { readHistory } from './read-history.ts';

const home = z.object({ account: z.string(), keyIds: z.array(z.string()).optional() });

/** The homes of one query: they lack the same days. */
const part = z.object({
  homes: z.array(home),
  regions: z.array(z.string()).optional(),
  from: z.string(),
  to: z.string(),
});

/** `runs/RUN/key-use/plan` */
export const keyUsePlan = z.object({ parts: z.array(part) });
export type KeyUsePlan = z.infer<typeof keyUsePlan>;

/**
 * Athena expands the accounts into folders, each of which costs a list request: 700 values of an injected column were
 * seen to be taken, 2,000 to be refused. https://docs.aws.amazon.com/athena/latest/ug/partition-projection-dynamic-id-partitioning.html
 */
const mostHomes = 500;
/**
 * Step Functions gives the first 32,768 characters of why a task failed, and Athena tells the whole query before it
 * says why: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
const mostListed = 20_000;
const historiesAtOnce = 20;

interface WantedHome {
  account: string;
  /** Keys that clusters name by an alias: which they are is not known yet. */
  hasAliases: boolean;
  keyIds: Set<string>;
  regions: Set<string>;
}

/**
 * Takes a run, the first day that may be asked for, and now; gives what to ask. Days that the histories of a home's keys
 * hold whole are left out; a key without a history wants all of them.
 */
export const planKeyUse = async (
  store: Pick<Store, 'get' | 'list'>,
  run: string,
  from: string,
  to: string,
): Promise<KeyUsePlan> => {
  const homes = await listWantedHomes(store, toRunNames(run).wantedKeys);
  const begins = await pMap(homes, (wanted) => findBegin(store, wanted, from, to), {
    concurrency: historiesAtOnce,
  });
  const alike = Map.groupBy(homes.keys(), (index) => begins[index] ?? from);
  const parts = [...alike].flatMap(([begin, indices]) =>
    toParts([...indices].flatMap((index) => homes[index] ?? [])).map((together) => ({
      homes: together.map(toAskedHome),
      ...(together.some(mayBeElsewhere)
        ? {}
        : { regions: [...new Set(together.flatMap(({ regions }) => [...regions]))].sort() }),
      from: begin,
      to,
    })),
  );
  return { parts };
};

const listWantedHomes = async (store: Pick<Store, 'list'>, prefix: string): Promise<WantedHome[]> => {
  const homes = new Map<string, WantedHome>();
  for await (const name of store.list(prefix)) {
    const [account = '', region = '', key = ''] = toNameParts(name, prefix);
    const wanted = homes.get(account) ?? {
      account,
      hasAliases: false,
      keyIds: new Set(),
      regions: new Set(),
    };
    homes.set(account, wanted);
    wanted.regions.add(region);
    if (isKeyId(key)) wanted.keyIds.add(key);
    else wanted.hasAliases = true;
  }
  return [...homes.values()];
};

const toAskedHome = ({ account, hasAliases, keyIds }: WantedHome) =>
  hasAliases ? { account } : { account, keyIds: [...keyIds].sort() };

/** A multi-Region key is read in each Region of its family, and an alias may stand for one. */
const mayBeElsewhere = ({ hasAliases, keyIds }: WantedHome): boolean =>
  hasAliases || [...keyIds].some((id) => id.startsWith('mrk-'));

/** The first day that some wanted key of the home lacks. */
const findBegin = async (
  store: Pick<Store, 'get' | 'list'>,
  { account, hasAliases, keyIds }: WantedHome,
  from: string,
  to: string,
): Promise<string> => {
  const prefix = toHistoryPrefix(account);
  const days = toDays(from, to);
  const lacking = new Set(keyIds);
  let isAliasKnown = !hasAliases;
  let first = days.length - 1;
  for await (const name of store.list(prefix)) {
    const [, key = ''] = toNameParts(name, prefix);
    if (!hasAliases && !keyIds.has(key)) continue;
    const stored = await readHistory(store, name);
    // One that can't be read lacks every day, and is not written over.
    const history = stored && 'unknown' in stored ? undefined : stored;
    // Beside the keys that are named lie those of the aliases, and those that no cluster has any more.
    if (!keyIds.has(key) && !days.some(({ day }) => history?.days[day]?.use)) continue;
    isAliasKnown ||= !keyIds.has(key);
    lacking.delete(key);
    const incomplete = days.findIndex(({ day }) => !isComplete(history, day, 'use'));
    if (incomplete >= 0) first = Math.min(first, incomplete);
  }
  return lacking.size > 0 || !isAliasKnown ? from : (days[first]?.from ?? from);
};

/** In queries that are neither too long nor ask for too many folders. */
const toParts = (homes: readonly WantedHome[]): WantedHome[][] => {
  const parts: WantedHome[][] = [];
  let listed = Number.POSITIVE_INFINITY;
  for (const wanted of homes) {
    const length = JSON.stringify(toAskedHome(wanted)).length;
    const last = parts.at(-1);
    if (last && last.length < mostHomes && listed + length <= mostListed) {
      last.push(wanted);
      listed += length;
    } else {
      parts.push([wanted]);
      listed = length;
    }
  }
  return parts;
};
