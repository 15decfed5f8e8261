/** Which clusters hang on a key: one empty object for each, so that a change of the key finds them. */
import pMap from 'p-map';
import { indexNames } from '../store/names.ts';
import { readState, type TargetState } from '../store/state.ts';
import { type ErasableStore, type Store, writeObject } from '../store/store.ts';
import type { JudgedCluster } from './judged.ts';

/** The largest accounts have hundreds of clusters. */
const objectsAtOnce = 10;

type Keys = TargetState['keys'];
type Place = { account: string; region: string };
export type Link = { cluster: string; key: string };

/** The keys of each cluster: those just seen, and the earlier ones of clusters that were not, unless they are gone. */
export const toKeys = (
  before: Keys,
  listed: ReadonlySet<string> | undefined,
  clusters: readonly JudgedCluster[],
): Keys => {
  const kept = Object.entries(before).filter(([cluster]) => listed?.has(cluster) ?? true);
  const seen = clusters.map(({ cluster, keys, isKnown }): [string, string[]] => [
    cluster,
    isKnown ? keys : [...new Set([...keys, ...(before[cluster] ?? [])])],
  ]);
  return Object.fromEntries([...kept, ...seen]);
};

/** What one has and the other has not. */
export const listMissingLinks = (keys: Keys, others: Keys): Link[] =>
  Object.entries(keys).flatMap(([cluster, arns]) =>
    arns.filter((key) => !others[cluster]?.includes(key)).map((key) => ({ cluster, key })),
  );

export const putLinks = async (
  store: Store,
  { account, region }: Place,
  links: readonly Link[],
): Promise<void> => {
  const put = ({ cluster, key }: Link) =>
    writeObject(store, indexNames.at(key, account, region, cluster), {});
  await pMap(links, put, { concurrency: objectsAtOnce });
};

/**
 * Removes links that the state has no more; one that a later run has seen again in the meantime is put back. One too
 * many in the index costs a scan, one too few misses a change.
 */
export const removeLinks = async (
  store: ErasableStore,
  place: Place,
  links: readonly Link[],
): Promise<void> => {
  if (links.length === 0) return;
  for (const { cluster, key } of links)
    await store.remove(indexNames.at(key, place.account, place.region, cluster));
  const keys = (await readState(store, place.account, place.region))?.state.keys;
  const isBack = ({ cluster, key }: Link) => keys?.[cluster]?.includes(key) === true;
  await putLinks(store, place, links.filter(isBack));
};
