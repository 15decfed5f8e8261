import { type Fact, getGap, isKnown } from '../evidence/fact.ts';
import { type KubernetesEvidence, kubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import { toObjectPath } from '../evidence/kubernetes/object.ts';
import { type RunNames, toNameParts } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';

/** The paths of the objects of each cluster of an account and Region whose inside a run has seen as a whole. */
export const listObjects = async (
  store: Pick<Store, 'list' | 'get'>,
  names: RunNames,
  account: string,
  region: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const prefix = names.kubernetesOf(account, region);
  const objects = new Map<string, ReadonlySet<string>>();
  for await (const name of store.list(prefix)) {
    const [cluster = ''] = toNameParts(name, prefix);
    const within = await readObject(store, name, kubernetesEvidence);
    if (within && isWhole(within)) objects.set(cluster, toPaths(within));
  }
  return objects;
};

const isWhole = ({ secrets, workloads, serviceAccounts, ingresses }: KubernetesEvidence): boolean =>
  [secrets, workloads, serviceAccounts, ingresses].every((fact) => !getGap<unknown>(fact));

/** What findings are about: Secrets, and what takes them. */
const toPaths = ({ secrets, workloads, serviceAccounts, ingresses }: KubernetesEvidence): Set<string> =>
  new Set([
    ...toPathsOf('Secret', secrets),
    ...toPathsOf('ServiceAccount', serviceAccounts),
    ...toPathsOf('Ingress', ingresses),
    ...(isKnown(workloads) ? workloads.value.map(toObjectPath) : []),
  ]);

const toPathsOf = (kind: string, fact: Fact<{ namespace: string; name: string }[]>): string[] =>
  isKnown(fact) ? fact.value.map(({ namespace, name }) => toObjectPath({ kind, namespace, name })) : [];
