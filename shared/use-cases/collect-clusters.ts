import { AccountClient } from '@aws-sdk/client-account';
import { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import type { Check } from '../checks/check.ts';
import { collectEnabledRegions } from '../collect/account/collect-enabled-regions.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { collectRegion } from '../collect/eks/collect-region.ts';
import { parseArn } from '../evidence/arn.ts';
import { type ClusterEvidence, getNamedKeyArn, type RegionEvidence } from '../evidence/cluster.ts';
import { isKnown, type Unknown } from '../evidence/fact.ts';
import { isGlobMatch } from '../evidence/glob.ts';
import { type KeyReference, toKeyReference } from '../evidence/key-reference.ts';
import { everyRegion, type RunStart } from '../evidence/run.ts';
import type { Access, Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { type RunNames, toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { createClusterReader } from './collect-cluster-facts.ts';
import type { Counter } from './progress.ts';

const regionsAtOnce = 4;

/**
 * Reads the clusters of one account, its Regions side by side, and of each what the checks ask about it. Puts
 * `clusters/…` for each Region, and `homes/…` and `wanted/…` for each key that a cluster names, then calls `onKey`. What
 * can't be read is a fact of its own; nothing is thrown for it. Gives false where it grew late before every Region was
 * read: called again, it reads the others.
 */
export const collectClusters = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  account: string,
  checks: readonly Pick<Check, 'facts'>[],
  signal: AbortSignal,
  onKey: (key: KeyReference) => void,
  { isLate = () => false, counter }: { isLate?: () => boolean; counter?: Counter } = {},
): Promise<boolean> => {
  const names = toRunNames(start.id);
  const put = (region: string, evidence: Pick<RegionEvidence, 'listing' | 'clusters'>) =>
    writeObject(store, names.clusters(account, region), {
      account,
      region,
      collectedAt: toNow(),
      ...evidence,
    });
  const putUnlisted = (region: string, listing: Unknown) => put(region, { listing, clusters: [] });
  const asked = start.regions === 'all' ? [everyRegion] : start.regions;

  let access: Access;
  try {
    access = await aws.getAccess(account);
  } catch (error) {
    const refused = toUnknownFact(error);
    await Promise.all(asked.map((region) => putUnlisted(region, refused)));
    return true;
  }
  const getRegions = async (): Promise<string[]> => {
    if (start.regions !== 'all') return start.regions;
    const enabled = await collectEnabledRegions(aws.open(AccountClient, access, aws.region), signal);
    if (!isKnown(enabled)) await putUnlisted(everyRegion, enabled);
    else if (enabled.missing[0])
      await putUnlisted(everyRegion, { unknown: enabled.missing[0].reason, detail: enabled.missing[0].what });
    return isKnown(enabled) ? enabled.value : [];
  };
  const isWanted = (name: string) => start.clusters === undefined || isGlobMatch(start.clusters, name);

  let isDone = true;
  await pMap(
    await getRegions(),
    async (region) => {
      if (await store.get(names.clusters(account, region))) return;
      if (isLate()) {
        isDone = false;
        return;
      }
      const target = {
        partition: start.partition,
        account,
        region,
        collectedAt: toNow(),
        isWanted,
        onCluster: async (cluster: ClusterEvidence) => {
          const key = toNamedKey(cluster);
          if (key) await putWantedKey(store, names, key, cluster.arn);
          if (key) onKey(key);
        },
        onListed: counter?.found,
        onRead: counter?.done,
        collectMore: createClusterReader(aws, access, region, start, checks, signal),
      };
      await put(region, await collectRegion(aws.open(EKSClient, access, region), target, signal));
    },
    { concurrency: regionsAtOnce },
  );
  return isDone;
};

const toNamedKey = ({ arn, description }: ClusterEvidence): KeyReference | undefined => {
  const keyArn = isKnown(description) ? getNamedKeyArn(description.value) : undefined;
  return keyArn ? toKeyReference(keyArn, arn) : undefined;
};

/** Puts what makes a run read a key for a cluster. */
export const putWantedKey = async (
  store: Store,
  names: RunNames,
  { account, region, name }: KeyReference,
  clusterArn: string,
): Promise<void> => {
  // The IAM of the cluster's account has a say as well, and is read with the homes'.
  for (const home of new Set([account, parseArn(clusterArn)?.account ?? account]))
    await writeObject(store, names.home(home), {});
  await writeObject(store, names.wanted(account, region, name, clusterArn), {});
};
