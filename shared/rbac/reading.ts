/** Which grants read Secrets by themselves, without becoming somebody else first. */
import type { PodSpec, Workload } from '../evidence/kubernetes/workload.ts';
import { type Grant, holding, toPlaceName } from './grants.ts';
import { isNamed } from './permissions.ts';

/** One Secret, or every Secret of the cluster. */
export type Wanted = { namespace: string; name: string } | 'every';

export interface Reading {
  /** `reads`, or what it is read through. */
  how: string;
  /** `get secrets`, `create pods`, … */
  deeds: readonly string[];
  by: Grant;
}

/** Takes grants and what is wanted; gives the plainest way to read it, or undefined. */
export const findReading = (
  grants: readonly Grant[],
  wanted: Wanted,
  workloads: readonly Workload[] | undefined,
): Reading | undefined => {
  const there = grants.filter(
    ({ namespace }) => namespace === undefined || (wanted !== 'every' && namespace === wanted.namespace),
  );
  const toReading = (
    permission: Parameters<typeof holding>[1],
    how: (place: string) => string,
  ): Reading | undefined => {
    const [by] = holding(there, permission);
    const held = by?.powers.get(permission);
    return by && held ? { how: how(toPlaceName(by)), deeds: held.deeds, by } : undefined;
  };
  const reader = there.find(({ powers }) => {
    const held = powers.get('readSecrets');
    return held && (held.names === 'all' || (wanted !== 'every' && isNamed(held.names, wanted.name)));
  });
  const held = reader?.powers.get('readSecrets');
  if (reader && held) return { how: 'reads', deeds: held.deeds, by: reader };
  const pods =
    wanted === 'every' ? undefined : workloads?.filter((one) => one.namespace === wanted.namespace);
  const isTaken =
    wanted === 'every' || pods === undefined || pods.some(({ spec }) => isSecretTaken(spec, wanted.name));
  return (
    toReading('makePods', (place) => `through pods in ${place}`) ??
    (pods?.length === 0
      ? undefined
      : toReading('injectContainers', (place) => `through containers put into pods of ${place}`)) ??
    (isTaken
      ? (toReading('enterPods', (place) => `through pods that run in ${place}`) ??
        toReading('proxyNodes', () => 'through the kubelets of nodes'))
      : undefined)
  );
};

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
