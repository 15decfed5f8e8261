/** The edit of a workload as a strategic merge patch, as `kubectl patch --patch-file` takes it. */
import { Document, isScalar, visit } from 'yaml';
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import { toOctal } from './file-access.ts';
import { toPath } from './pairings.ts';

/** The part of a pod's specification that is patched: lists merge by name, volumeMounts by mountPath. */
export interface PodPatch {
  securityContext?: { fsGroup: number };
  containers?: ContainerPatch[];
  initContainers?: ContainerPatch[];
  volumes?: object[];
}

interface ContainerPatch {
  name: string;
  env?: { $patch: 'delete'; name: string }[];
  volumeMounts?: { name: string; mountPath: string; readOnly: true }[];
}

/** Where kinds of Kubernetes' own keep the pod they make. */
const underTemplate = (pod: PodPatch) => ({ spec: { template: { spec: pod } } });
const places = new Map<string, (pod: PodPatch) => object>([
  ['Deployment', underTemplate],
  ['StatefulSet', underTemplate],
  ['DaemonSet', underTemplate],
  ['ReplicaSet', underTemplate],
  ['ReplicationController', underTemplate],
  ['Job', underTemplate],
  ['CronJob', (pod) => ({ spec: { jobTemplate: { spec: { template: { spec: pod } } } } })],
  ['Pod', (pod) => ({ spec: pod })],
]);

/** The text of a patch. Modes are decimal, which every reader of YAML and JSON understands alike, and explained. */
export const toPatch = (workload: Workload, pod: PodPatch): string => {
  const document = new Document((places.get(workload.kind) ?? underTemplate)(pod));
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || (key.value !== 'defaultMode' && key.value !== 'mode')) return;
      if (isScalar(value) && typeof value.value === 'number') value.comment = ` ${toOctal(value.value)}`;
    },
  });
  return document.toString({ lineWidth: 0 });
};

/** Kinds whose pods Kubernetes lets nobody change: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement */
const immutable: readonly string[] = ['Job', 'Pod'];

/** How to apply a patch to its workload, in words that end before it. */
export const toHowTo = (workload: Workload): string => {
  const { kind, namespace, name } = workload;
  const path = toPath(workload);
  if (immutable.includes(kind))
    return `The pod of ${path} cannot be changed: make this edit in its manifest, and create it anew.`;
  if (!places.has(kind)) return `Make this edit in the pod template of ${path}, where its manifest is kept.`;
  const command = `kubectl patch ${kind.toLowerCase()} ${name}${namespace ? ` --namespace ${namespace}` : ''} --patch-file patch.yaml`;
  return `Make this edit where the manifest of ${path} is kept, or save it as patch.yaml and run ${command}.`;
};
