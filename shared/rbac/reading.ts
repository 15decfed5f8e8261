/** Which grants read Secrets by themselves, without becoming somebody else first. */
import type { PodSpec, Workload } from '../evidence/kubernetes/workload.ts';
import { type Grant, toPlaceName } from './grants.ts';
import { isNamed, type Permission } from './permissions.ts';

/** One Secret, or every Secret of the cluster. */
export type Wanted = { namespace: string; name: string } | 'every';

export interface Reading {
  /** `reads`, or what it is read through. */
  how: string;
  /** `get secrets`, `create pods`, … */
  deeds: readonly string[];
  by: Grant;
}

/** Takes what is wanted, and what runs in the cluster; gives a way to find the plainest way that grants read it. */
export const createReadingFinder = (wanted: Wanted, workloads: readonly Workload[] | undefined) => {
  const pods =
    wanted === 'every' ? undefined : workloads?.filter((one) => one.namespace === wanted.namespace);
  const isTaken =
    wanted === 'every' || pods === undefined || pods.some(({ spec }) => isSecretTaken(spec, wanted.name));
  const isThere = ({ namespace }: Grant) =>
    namespace === undefined || (wanted !== 'every' && namespace === wanted.namespace);
  const isReader = ({ powers }: Grant) => {
    const names = powers.get('readSecrets')?.names;
    return names !== undefined && (names === 'all' || (wanted !== 'every' && isNamed(names, wanted.name)));
  };
  const through: [Permission, (place: string) => string][] = [
    ['makePods', (place) => `through pods in ${place}`],
    ...(pods?.length === 0 ? [] : [injecting]),
    ...(isTaken ? entering : []),
  ];
  return (grants: readonly Grant[]): Reading | undefined => {
    const there = grants.filter(isThere);
    const reader = there.find(isReader);
    if (reader) return { how: 'reads', deeds: reader.powers.get('readSecrets')?.deeds ?? [], by: reader };
    for (const [permission, how] of through) {
      const by = there.find(({ powers }) => powers.has(permission));
      if (by) return { how: how(toPlaceName(by)), deeds: by.powers.get(permission)?.deeds ?? [], by };
    }
    return undefined;
  };
};

const injecting: [Permission, (place: string) => string] = [
  'injectContainers',
  (place) => `through containers put into pods of ${place}`,
];
const entering: [Permission, (place: string) => string][] = [
  ['enterPods', (place) => `through pods that run in ${place}`],
  ['proxyNodes', () => 'through the kubelets of nodes'],
];

/** Whether a pod has the Secret in an environment or a volume, where whoever enters the pod finds it. */
const isSecretTaken = (spec: PodSpec, secret: string): boolean =>
  [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].some(
    ({ env = [], envFrom = [] }) =>
      env.some(({ valueFrom }) => valueFrom.secretKeyRef.name === secret) ||
      envFrom.some(({ secretRef }) => secretRef.name === secret),
  ) ||
  (spec.volumes ?? []).some(
    ({ secret: volume, projected }) =>
      volume?.secretName === secret || projected?.sources.some((source) => source.secret.name === secret),
  );
