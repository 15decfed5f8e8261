import { DescribeClusterCommand, type EKSClient, paginateListClusters } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type ClusterEvidence, cluster, type RegionEvidence } from '../../evidence/cluster.ts';
import { type Fact, isKnown } from '../../evidence/fact.ts';
import { collectFact, collectPages } from '../collect-fact.ts';

/** EKS publishes no rate for DescribeCluster: a handful in flight is what production can spare. */
const describedAtOnce = 5;

/** The names of an account's clusters in one Region. */
const collectClusterNames = (client: EKSClient, abortSignal: AbortSignal): Promise<Fact<string[]>> =>
  collectPages(
    'eks:ListClusters',
    paginateListClusters({ client, pageSize: 100 }, {}, { abortSignal }),
    (page) => page.clusters ?? [],
  );

export interface RegionToCollect {
  partition: string;
  account: string;
  region: string;
  collectedAt: string;
  isWanted: (clusterName: string) => boolean;
  /** Called with each cluster as soon as it is described. */
  onCluster: (cluster: ClusterEvidence) => Promise<void>;
  /** Called once it is known how many there are, and with each of which all is read. */
  onListed?: (count: number) => void;
  onRead?: () => void;
  /** Reads what else is wanted of a described cluster; nothing, where it is not given. Throws nothing. */
  collectMore?: (client: EKSClient, cluster: ClusterEvidence) => Promise<Partial<ClusterEvidence>>;
}

/** Every wanted cluster of one account and Region. One that can't be described does not touch its neighbours. */
export const collectRegion = async (
  client: EKSClient,
  {
    partition,
    account,
    region,
    collectedAt,
    isWanted,
    onCluster,
    onListed,
    onRead,
    collectMore,
  }: RegionToCollect,
  abortSignal: AbortSignal,
): Promise<RegionEvidence> => {
  const listing = await collectClusterNames(client, abortSignal);
  const names = isKnown(listing) ? [...new Set(listing.value)].filter(isWanted).sort() : [];
  onListed?.(names.length);
  // What else is asked has rates of its own: the next cluster is described meanwhile.
  const begun: Promise<ClusterEvidence>[] = [];
  const describeCluster = async (name: string): Promise<void> => {
    const description = await collectFact(async () =>
      cluster.parse((await client.send(new DescribeClusterCommand({ name }), { abortSignal })).cluster),
    );
    const evidence = { name, arn: `arn:${partition}:eks:${region}:${account}:cluster/${name}`, description };
    await onCluster(evidence);
    const addMore = async () => {
      const more = await collectMore?.(client, evidence);
      onRead?.();
      return { ...evidence, ...more };
    };
    begun.push(addMore());
  };
  await pMap(names, describeCluster, { concurrency: describedAtOnce });
  const clusters = (await Promise.all(begun)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { account, region, collectedAt, listing, clusters };
};
