/** One Kubernetes object of a manifest → what the evidence keeps of it. */
import { z } from 'zod';
import { serviceAccountAnnotation } from '../collect/kubernetes/annotation-filter.ts';
import { awsAuthOfWire, toAwsAuth } from '../collect/kubernetes/collect-aws-auth.ts';
import { locationOfWire } from '../collect/kubernetes/collect-backup-locations.ts';
import { bindingOf, roleOf } from '../collect/kubernetes/collect-rbac.ts';
import { accountOfWire, ingressOfWire } from '../collect/kubernetes/collect-service-accounts.ts';
import { podSpecOfWire } from '../collect/kubernetes/pod-spec.ts';
import { namespacedMetadata, toGroup, toKeptLabels } from '../collect/kubernetes/wire.ts';
import type { Fact } from '../evidence/fact.ts';
import type { BackupLocation } from '../evidence/kubernetes/backup-location.ts';
import type { ObjectReference } from '../evidence/kubernetes/object.ts';
import type { AwsAuth, Role, RoleBinding } from '../evidence/kubernetes/rbac.ts';
import { type Secret, secretTypes } from '../evidence/kubernetes/secret.ts';
import type { Ingress, ServiceAccount } from '../evidence/kubernetes/service-account.ts';
import type { Workload } from '../evidence/kubernetes/workload.ts';
import type { Manifest } from './parse-manifests.ts';
import { isMapping } from './without-values.ts';

type Origin = NonNullable<ObjectReference['origin']>;

interface KeptValues {
  secrets: Secret;
  workloads: Workload;
  serviceAccounts: ServiceAccount;
  ingresses: Ingress;
  roles: Role;
  roleBindings: RoleBinding;
  backupLocations: BackupLocation;
  awsAuth: Fact<AwsAuth>;
}
export type KeptFact = keyof KeptValues;

/** What is kept, by the fact that it is a part of. */
export type KeptOf<Name extends KeptFact> = { fact: Name; value: KeptValues[Name] };
export type Kept = { [Name in KeptFact]: KeptOf<Name> }[KeptFact];

const names = z.record(z.string(), z.string()).default({});

const secretOfManifest = z
  .object({
    metadata: namespacedMetadata,
    type: z.string().nullish(),
    data: names,
    stringData: names,
  })
  .transform(({ metadata, type, data, stringData }): Secret => {
    const { namespace, name, labels, annotations = {}, ownerReferences } = metadata;
    const keys = [...new Set([...Object.keys(data), ...Object.keys(stringData)])].sort();
    return {
      namespace,
      name,
      type: type || secretTypes.opaque,
      dataCount: keys.length,
      keys,
      labels: toKeptLabels(labels) ?? {},
      annotationNames: Object.keys(annotations).sort(),
      serviceAccount: annotations[serviceAccountAnnotation],
      owners: ownerReferences ?? [],
    };
  });

/**
 * Where the specification of pods stands in whatever makes them: Deployments, CronJobs, but also an Argo Rollout or a
 * Service of Knative, which the cluster knows by its pods' owner.
 */
const podSpecPaths = [
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['spec', 'template', 'spec'],
  ['template', 'spec'],
  ['spec'],
];

const findPodSpec = (object: Manifest): { path: string[]; spec: unknown } | undefined => {
  for (const path of podSpecPaths) {
    const spec = path.reduce<unknown>((outer, name) => (isMapping(outer) ? outer[name] : undefined), object);
    const isOfPods = isMapping(spec) && ('containers' in spec || 'initContainers' in spec);
    if (isOfPods && (path.length > 1 || object.kind === 'Pod')) return { path, spec };
  }
  return undefined;
};

const workloadMetadata = z
  .object({ metadata: namespacedMetadata })
  .transform(({ metadata: { namespace, name, ownerReferences: owners, labels } }) => ({
    namespace,
    name,
    owners,
    labels: toKeptLabels(labels),
  }));

const readers: Record<string, (object: Manifest, origin: Origin) => Kept | undefined> = {
  '/Secret': (object, origin) => ({
    fact: 'secrets',
    value: { ...secretOfManifest.parse(object), origin },
  }),
  '/ServiceAccount': (object, origin) => ({
    fact: 'serviceAccounts',
    value: { ...accountOfWire.parse(object), origin },
  }),
  'networking.k8s.io/Ingress': (object, origin) => ({
    fact: 'ingresses',
    value: { ...ingressOfWire.parse(object), origin },
  }),
  'rbac.authorization.k8s.io/Role': (object) => ({ fact: 'roles', value: roleOf('Role').parse(object) }),
  'rbac.authorization.k8s.io/ClusterRole': (object) => ({
    fact: 'roles',
    value: roleOf('ClusterRole').parse(withoutNamespace(object)),
  }),
  'rbac.authorization.k8s.io/RoleBinding': (object, origin) => ({
    fact: 'roleBindings',
    value: { ...bindingOf('RoleBinding').parse(object), origin },
  }),
  'rbac.authorization.k8s.io/ClusterRoleBinding': (object, origin) => ({
    fact: 'roleBindings',
    value: { ...bindingOf('ClusterRoleBinding').parse(withoutNamespace(object)), origin },
  }),
  'velero.io/BackupStorageLocation': (object, origin) => ({
    fact: 'backupLocations',
    value: { ...locationOfWire.parse(object), origin },
  }),
  '/ConfigMap': (object) => {
    const { metadata, data } = awsAuthOfWire.extend({ metadata: namespacedMetadata }).parse(object);
    const isRead = metadata.namespace === 'kube-system' && metadata.name === 'aws-auth';
    return isRead ? { fact: 'awsAuth', value: toAwsAuth(data ?? {}) } : undefined;
  },
};

/** Kubernetes ignores the namespace of what belongs to the whole cluster. */
const withoutNamespace = ({ metadata, ...object }: Manifest) => ({
  ...object,
  metadata: isMapping(metadata) ? { ...metadata, namespace: undefined } : metadata,
});

/**
 * Takes an object with its name and namespace filled in; gives what is kept of it, or the path of what is not as
 * Kubernetes has it.
 */
export const toKept = (object: Manifest, origin: Origin): Kept | { mistakeAt: string } | undefined => {
  try {
    const read = readers[`${toGroup(object.apiVersion)}/${object.kind}`];
    if (read) return read(object, origin);
    const found = findPodSpec(object);
    if (!found) return undefined;
    const { path, spec } = found;
    const parsed = podSpecOfWire.safeParse(spec);
    if (!parsed.success) return { mistakeAt: toPath([...path, ...(parsed.error.issues[0]?.path ?? [])]) };
    return {
      fact: 'workloads',
      value: { kind: object.kind, ...workloadMetadata.parse(object), spec: parsed.data, origin },
    };
  } catch (error) {
    if (error instanceof z.ZodError) return { mistakeAt: toPath(error.issues[0]?.path ?? []) };
    throw error;
  }
};

const toPath = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
