import type { Verdict } from '../checks/check.ts';
import { keyWasNotOpened } from '../checks/key-was-not-opened.ts';
import { type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { type KeySubject, toNotVisible } from '../who/access.ts';
import type { ClusterAccess } from '../who/cluster-access.ts';
import { toTimeline } from '../who/timeline.ts';
import { toWhoMay } from '../who/who-may.ts';
import { toWhoRead } from '../who/who-read.ts';
import { toWhoUsed } from '../who/who-used.ts';
import { readRun } from './read-run.ts';
import { createSubjectReader } from './subjects.ts';
import { isOfKey } from './who.ts';

/**
 * Takes a run's evidence and the settings to judge by (not given: those saved with it); gives, for each cluster with a
 * key of its owner's, who may use that key and who did. A cluster at a time: an organisation's are too many to hold.
 */
export async function* readAccessOfRun(
  store: Store,
  run: string,
  given?: Settings,
): AsyncIterable<ClusterAccess> {
  const { start, settings: saved } = await readRun(store, run);
  const settings = given ?? saved;
  const readSubjects = await createSubjectReader(store, run);
  for await (const region of listRegions(store, start))
    for (const cluster of region.clusters) {
      const [first, ...others] = await readSubjects(region, cluster);
      if (!isOfKey(first)) continue;
      yield toAccess([first, ...others.filter(isOfKey)], start, settings);
    }
}

async function* listRegions(store: Store, { id, accounts }: RunStart): AsyncIterable<RegionEvidence> {
  const names = toRunNames(id);
  for (const account of accounts)
    for await (const name of store.list(names.clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      if (region) yield region;
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
