/** Which encryption contexts are the cluster's, as the grants of its key tell. */
import { type ClusterContexts, toClusterContexts } from '../../evidence/eks-grant.ts';
import { type Fact, getGap, isKnown, toUnknown, type Unknown } from '../../evidence/fact.ts';
import type { Grant } from '../../evidence/key.ts';
import type { Subject } from '../check.ts';

interface Evidence {
  peek: (name: 'key.grants') => Fact<Grant[]>;
  key: NonNullable<Subject['key']>;
  cluster: Subject['cluster'];
}

export interface KnownContexts extends ClusterContexts {
  /** Whether the cluster's own are known: else any context of a cluster may be one of them. */
  isWhole: boolean;
  /** Why the grants that tell them are not known as a whole. */
  gap: Unknown | undefined;
}

export const readClusterContexts = ({ peek, key, cluster }: Evidence): KnownContexts => {
  const [named = toUnknown('failed', 'no grants were read'), ...relatives] = key.family?.map(
    ({ grants }) => grants,
  ) ?? [peek('key.grants')];
  const toGrants = (listing: Fact<Grant[]>) => (isKnown(listing) ? listing.value : []);
  const { own, others } = toClusterContexts(toGrants(named), relatives.flatMap(toGrants), cluster);
  const gap = getGap(named);
  // Where a part of the list is missing, so may be the grant by which another's context would be this cluster's.
  return { own, others: gap ? new Set() : others, isWhole: !gap && own.length > 0, gap };
};
