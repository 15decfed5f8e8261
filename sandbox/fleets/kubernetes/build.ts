/** Builders of Kubernetes objects: ordinary unless told otherwise. */
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { daysBefore } from '../names.ts';

/** Every value of a Secret of the fleets: whoever finds it in an output has found a leak. */
export const secretValue = 'value-of-a-sandbox-secret';
const encodedValue = Buffer.from(secretValue).toString('base64');

type Metadata = { labels?: Record<string, string>; annotations?: Record<string, string> };

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Who makes objects in a namespace, as Helm or another program does it. */
export type Place = { namespace: string; now: Date; labels?: Record<string, string> };

const toMetadata = ({ namespace, now, labels }: Place, name: string, more: Metadata = {}) => ({
  name,
  namespace,
  creationTimestamp: daysBefore(now, 60)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z'),
  labels: { ...labels, ...more.labels },
  ...(more.annotations ? { annotations: more.annotations } : {}),
});

export type SecretParts = Metadata & {
  type?: string;
  keys?: string[];
  /** As managedFields names who wrote it. */
  manager?: string;
  writtenDaysAgo?: number;
  owner?: { kind: string; name: string; apiVersion: string };
  /** Applied by kubectl as it did before server-side apply: a copy of the data stays in an annotation. */
  isApplied?: boolean;
};

/** A Secret that Helm wrote a month ago. */
export const secret = (
  place: Place,
  name: string,
  {
    type = 'Opaque',
    keys = [],
    manager = 'helm',
    writtenDaysAgo = 30,
    owner,
    isApplied = false,
    ...more
  }: SecretParts,
): KubernetesObject => {
  const data = Object.fromEntries(keys.map((key) => [key, encodedValue]));
  const copy: Record<string, string> = isApplied
    ? { [lastApplied]: JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data }) }
    : {};
  const annotations = { ...more.annotations, ...copy };
  const toFields = (names: string[]) =>
    Object.fromEntries(['.', ...names.map((one) => `f:${one}`)].map((one) => [one, {}]));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...toMetadata(place, name, { labels: more.labels, annotations }),
      ...(owner ? { ownerReferences: [{ ...owner, uid: `${owner.name}-uid`, controller: true }] } : {}),
      managedFields: [
        {
          manager: isApplied ? 'kubectl-client-side-apply' : manager,
          operation: 'Update',
          apiVersion: 'v1',
          time: daysBefore(place.now, writtenDaysAgo)
            .toISOString()
            .replace(/\.\d+Z$/, 'Z'),
          fieldsType: 'FieldsV1',
          fieldsV1: {
            ...(keys.length > 0 ? { 'f:data': toFields(keys) } : {}),
            ...(isApplied ? { 'f:metadata': { 'f:annotations': toFields([lastApplied]) } } : {}),
            'f:type': {},
          },
        },
      ],
    },
    type,
    data,
  };
};

/** A pod's specification as wide as a fleet needs it. */
export type PodSpec = {
  serviceAccountName?: string;
  securityContext?: object;
  imagePullSecrets?: { name: string }[];
  containers: object[];
  volumes?: object[];
};

/** A container with values of its own, as every one has. */
export const container = (name: string, more: object = {}) => ({
  name,
  image: `example.com/${name}:1`,
  args: ['--verbose'],
  ...more,
});

/** Mounts a whole Secret in a container, readable by its owner alone unless told otherwise. */
export const withSecretFiles = (name: string, secretName: string, more: object = {}): PodSpec => ({
  containers: [
    container(name, { volumeMounts: [{ name: 'files', mountPath: '/etc/files', readOnly: true }] }),
  ],
  volumes: [{ name: 'files', secret: { secretName, defaultMode: 0o400, ...more } }],
});

/** A Deployment, or what is built like one, with as many pods of it as are running. */
export const workload = (
  place: Place,
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  name: string,
  spec: PodSpec,
  pods = 1,
): KubernetesObject[] => {
  const podSpec = { serviceAccountName: name, ...spec };
  const owner = (apiVersion: string, ownerKind: string, ownerName: string) => ({
    ownerReferences: [
      { apiVersion, kind: ownerKind, name: ownerName, uid: `${ownerName}-uid`, controller: true },
    ],
  });
  const isDeployment = kind === 'Deployment';
  const replicaSet = `${name}-5d8f7c9b4`;
  const template = { metadata: { labels: { app: name } }, spec: podSpec };
  const between: KubernetesObject[] = isDeployment
    ? [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { ...toMetadata(place, replicaSet), ...owner('apps/v1', 'Deployment', name) },
          spec: { replicas: pods, template },
        },
      ]
    : [];
  const running = Array.from(
    { length: pods },
    (_, index): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...toMetadata(place, `${isDeployment ? replicaSet : name}-${index}`),
        ...(isDeployment ? owner('apps/v1', 'ReplicaSet', replicaSet) : owner('apps/v1', kind, name)),
      },
      spec: podSpec,
      status: { phase: 'Running' },
    }),
  );
  return [
    {
      apiVersion: 'apps/v1',
      kind,
      metadata: toMetadata(place, name),
      spec: { ...(kind === 'DaemonSet' ? {} : { replicas: pods }), template },
    },
    ...between,
    ...running,
  ];
};

export const serviceAccount = (
  place: Place,
  name: string,
  more: object = {},
  metadata: Metadata = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: toMetadata(place, name, metadata),
  ...more,
});

export const ingress = (place: Place, name: string, secretName: string): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: toMetadata(place, name),
  spec: { tls: [{ hosts: [`${name}.example.com`], secretName }] },
});

const rbac = 'rbac.authorization.k8s.io/v1';
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/** `get,list secrets` and their like, in the core group unless a group stands before a slash: `apps/deployments`. */
export const toRule = (verbs: string, ...resources: string[]) => ({
  verbs: verbs.split(','),
  apiGroups: [
    ...new Set(
      resources.map((one) =>
        one.includes('.') || one.startsWith('apps/') ? (one.split('/')[0] ?? '') : one === '*' ? '*' : '',
      ),
    ),
  ],
  resources: resources.map((one) =>
    one.includes('.') || one.startsWith('apps/') ? one.slice(one.indexOf('/') + 1) : one,
  ),
});

export const clusterRole = (name: string, rules: object[], isDefault = false): KubernetesObject => ({
  apiVersion: rbac,
  kind: 'ClusterRole',
  metadata: { name, ...(isDefault ? { labels: bootstrapping } : {}) },
  rules,
});

export const clusterRoleBinding = (
  name: string,
  roleName: string,
  subjects: object[],
  isDefault = false,
): KubernetesObject => ({
  apiVersion: rbac,
  kind: 'ClusterRoleBinding',
  metadata: { name, ...(isDefault ? { labels: bootstrapping } : {}) },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
  subjects,
});

export const ofAccount = (namespace: string, name: string) => ({ kind: 'ServiceAccount', namespace, name });
export const ofGroup = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name });

export const role = (place: Place, name: string, rules: object[]): KubernetesObject => ({
  apiVersion: rbac,
  kind: 'Role',
  metadata: toMetadata(place, name),
  rules,
});

export const roleBinding = (place: Place, name: string, subjects: object[]): KubernetesObject => ({
  apiVersion: rbac,
  kind: 'RoleBinding',
  metadata: toMetadata(place, name),
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
  subjects,
});

export const namespace = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});
