/** What stands inside a cluster, as its API server gives it: Kubernetes' own JSON, values of Secrets included. */

export type KubernetesObject = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [member: string]: unknown;
  };
  [member: string]: unknown;
};

/** A kind as its paths name it. Those of no group are `api/v1`. */
type Kind = { plural: string; group: string; kind: string; isOfCluster?: boolean };

const rbac = 'rbac.authorization.k8s.io/v1';

/** What every cluster serves, as far as anybody here asks; others are served where there is an object of them. */
const builtIn: Kind[] = [
  { plural: 'namespaces', group: 'v1', kind: 'Namespace', isOfCluster: true },
  { plural: 'secrets', group: 'v1', kind: 'Secret' },
  { plural: 'configmaps', group: 'v1', kind: 'ConfigMap' },
  { plural: 'pods', group: 'v1', kind: 'Pod' },
  { plural: 'serviceaccounts', group: 'v1', kind: 'ServiceAccount' },
  { plural: 'deployments', group: 'apps/v1', kind: 'Deployment' },
  { plural: 'statefulsets', group: 'apps/v1', kind: 'StatefulSet' },
  { plural: 'daemonsets', group: 'apps/v1', kind: 'DaemonSet' },
  { plural: 'replicasets', group: 'apps/v1', kind: 'ReplicaSet' },
  { plural: 'jobs', group: 'batch/v1', kind: 'Job' },
  { plural: 'cronjobs', group: 'batch/v1', kind: 'CronJob' },
  { plural: 'ingresses', group: 'networking.k8s.io/v1', kind: 'Ingress' },
  { plural: 'roles', group: rbac, kind: 'Role' },
  { plural: 'rolebindings', group: rbac, kind: 'RoleBinding' },
  { plural: 'clusterroles', group: rbac, kind: 'ClusterRole', isOfCluster: true },
  { plural: 'clusterrolebindings', group: rbac, kind: 'ClusterRoleBinding', isOfCluster: true },
];

const ofCustomResources: Kind[] = [
  { plural: 'backupstoragelocations', group: 'velero.io/v1', kind: 'BackupStorageLocation' },
];

/** What a path asks for: the objects of a kind, of all namespaces or of one, or one of them by name. */
export type Asked = { kind: Kind; namespace?: string; name?: string };

/** Takes the path within a cluster; undefined where it serves no such kind. */
export const parsePath = (path: string, objects: readonly KubernetesObject[]): Asked | undefined => {
  const parts =
    /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(
      path,
    );
  if (!parts) return undefined;
  const [, core, group = core, namespace, plural, name] = parts;
  const installed = ofCustomResources.filter(({ group: apiVersion, kind }) =>
    objects.some((object) => object.apiVersion === apiVersion && object.kind === kind),
  );
  const kind = [...builtIn, ...installed].find((one) => one.group === group && one.plural === plural);
  return (
    kind && {
      kind,
      ...(namespace ? { namespace: decodeURIComponent(namespace) } : {}),
      ...(name ? { name } : {}),
    }
  );
};

const toKey = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`;

/** The objects that were asked for, in etcd's order. */
export const pickObjects = (
  { kind, namespace, name }: Asked,
  objects: readonly KubernetesObject[],
): KubernetesObject[] =>
  objects
    .filter(
      (object) =>
        object.kind === kind.kind &&
        object.apiVersion === kind.group &&
        (namespace === undefined || object.metadata.namespace === namespace) &&
        (name === undefined || object.metadata.name === name),
    )
    .sort((a, b) => (toKey(a) < toKey(b) ? -1 : 1));
