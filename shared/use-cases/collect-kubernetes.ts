import pMap from 'p-map';
import { readInside, toUnreadInside } from '../collect/kubernetes/collect-inside.ts';
import { toEksConnection } from '../collect/kubernetes/eks-connection.ts';
import type { Connection } from '../collect/kubernetes/kubernetes-api.ts';
import { toKubernetesUnknown } from '../collect/kubernetes/kubernetes-error.ts';
import { type Cluster, type ClusterEvidence, regionEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import { isReadWithin, type RunStart } from '../evidence/run.ts';
import type { OnAttempt } from '../runtime/attempt.ts';
import type { Aws } from '../runtime/aws.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import type { Counter } from './progress.ts';
import { readBuckets } from './read-buckets.ts';

/** The evidence of a large cluster is tens of megabytes while it is written. */
const clustersAtOnce = 2;

interface Place {
  account: string;
  region: string;
}

interface InsideOptions {
  isLate?: () => boolean;
  onAttempt?: OnAttempt;
  counter?: Counter;
}

/** Gives the way to a cluster's API server; what it throws is why there is none. */
export type Connect = (cluster: Cluster, place: Place) => Promise<Connection>;

/** The way that EKS tells itself, as the caller of each account. */
export const connectByEks =
  (aws: Pick<Aws, 'configure' | 'getAccess'>): Connect =>
  async (cluster, { account, region }) =>
    toEksConnection(aws, await aws.getAccess(account), region, cluster);

/**
 * Reads inside those clusters of one account that the run reads from within, as its listing of clusters names them. Puts
 * `kubernetes/ACCOUNT/REGION/CLUSTER` for each; a cluster that can't be reached is unknown there, with the reason.
 * Gives false where it grew late before every cluster was read: called again, it reads the others.
 */
export const collectKubernetes = async (
  store: Store,
  aws: Pick<Aws, 'getAccess' | 'open'>,
  start: RunStart,
  account: string,
  connect: Connect,
  signal: AbortSignal,
  { isLate = () => false, onAttempt, counter }: InsideOptions = {},
): Promise<boolean> => {
  const names = toRunNames(start.id);
  const isWithMetadata = start.kubernetes?.metadata ?? true;
  const clusters: { region: string; cluster: ClusterEvidence }[] = [];
  for await (const name of store.list(names.clustersOf(account))) {
    const region = await readObject(store, name, regionEvidence);
    for (const cluster of region?.clusters ?? [])
      if (region && isReadWithin(start, cluster.name)) clusters.push({ region: region.region, cluster });
  }
  const readCluster = async (
    { name, description }: ClusterEvidence,
    place: Place,
  ): Promise<KubernetesEvidence> => {
    if (!isKnown(description)) return toUnreadInside(description);
    try {
      const connection = await connect(description.value, place);
      const inside = await readInside(connection, { isWithMetadata }, signal, {
        place: { cluster: name, account: place.account, region: place.region },
        onAttempt,
      });
      const backupLocations = await readBuckets(aws, place, inside.backupLocations, signal);
      return { ...inside, backupLocations };
    } catch (error) {
      return toUnreadInside(toKubernetesUnknown(error, `reach ${name}`));
    }
  };
  counter?.found(clusters.length);
  let isDone = true;
  await pMap(
    clusters,
    async ({ region, cluster }) => {
      const name = names.kubernetes(account, region, cluster.name);
      if (await store.get(name)) return;
      if (isLate()) isDone = false;
      else await writeObject(store, name, await readCluster(cluster, { account, region }));
      counter?.done();
    },
    { concurrency: clustersAtOnce },
  );
  return isDone;
};
