import { pMapIterable } from 'p-map';
import type { Verdict } from '../checks/check.ts';
import { keyWasNotOpened } from '../checks/key-was-not-opened.ts';
import { type ClusterEvidence, type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { isOfKey, type KeySubject, toNotVisible } from '../who/access.ts';
import type { ClusterAccess } from '../who/cluster-access.ts';
import { toTimeline } from '../who/timeline.ts';
import { toWhoMay } from '../who/who-may.ts';
import { toWhoRead } from '../who/who-read.ts';
import { toWhoUsed } from '../who/who-used.ts';
import { readRun } from './read-run.ts';
import { createSubjectReader } from './subjects.ts';

/** What an account holds may be large; the objects of a cluster are small, and far away. */
const accountsAtOnce = 4;
const clustersAtOnce = 8;

/**
 * Takes a run's evidence, the settings to judge by (not given: those saved with it) and which clusters are wanted; gives,
 * for each with a key of its owner's, who may use that key and who did. Account by account: what they hold is too much
 * to be kept.
 */
export async function* readAccessOfRun(
  store: Store,
  run: string,
  {
    settings: given,
    isWanted = () => true,
  }: { settings?: Settings; isWanted?: (place: Place) => boolean } = {},
): AsyncIterable<ClusterAccess> {
  const { start, settings: saved } = await readRun(store, run);
  const settings = given ?? saved;
  const readAccount = async (account: string): Promise<ClusterAccess[]> => {
    const readSubjects = await createSubjectReader(store, run);
    const clusters = listClusters(store, toRunNames(run).clustersOf(account), isWanted);
    const readCluster = async ([region, cluster]: [RegionEvidence, ClusterEvidence]) => {
      const [first, ...others] = await readSubjects(region, cluster);
      return isOfKey(first) ? [toAccess([first, ...others.filter(isOfKey)], start, settings)] : [];
    };
    return (
      await Array.fromAsync(pMapIterable(clusters, readCluster, { concurrency: clustersAtOnce }))
    ).flat();
  };
  for await (const access of pMapIterable(start.accounts, readAccount, { concurrency: accountsAtOnce }))
    yield* access;
}

type Place = Pick<ClusterAccess, 'account' | 'region' | 'cluster'>;

async function* listClusters(
  store: Store,
  prefix: string,
  isWanted: (place: Place) => boolean,
): AsyncIterable<[RegionEvidence, ClusterEvidence]> {
  for await (const name of store.list(prefix)) {
    const region = await readObject(store, name, regionEvidence);
    for (const cluster of region?.clusters ?? [])
      if (region && isWanted({ account: region.account, region: region.region, cluster: cluster.name }))
        yield [region, cluster];
  }
}

const toAccess = (
  family: [KeySubject, ...KeySubject[]],
  { events, reads }: Pick<RunStart, 'events' | 'reads'>,
  settings: Settings,
): ClusterAccess => {
  const [first] = family;
  const { account, region, name } = first.cluster;
  const timeline = events && toTimeline(family, settings, judgeOpenings(family, settings));
  return {
    account,
    region,
    cluster: name,
    may: toWhoMay(family, settings),
    used: events?.use ? toWhoUsed(family, settings) : null,
    read: reads ? toWhoRead(first, settings) : null,
    timeline: timeline ?? null,
    notVisible: toNotVisible(first),
  };
};

const judgeOpenings = (family: readonly KeySubject[], settings: Settings): Verdict[] =>
  family.flatMap((subject) => keyWasNotOpened.judge(subject, settings));
