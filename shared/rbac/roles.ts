/** The rules that a role effectively holds, and Kubernetes' own roles where nobody listed them. */
import type { Role, Rule } from '../evidence/kubernetes/rbac.ts';

/** `ClusterRole NAME`, `Role NAMESPACE/NAME`: as findings name it, too. */
export const toRoleKey = ({ kind, namespace, name }: Pick<Role, 'kind' | 'namespace' | 'name'>): string =>
  kind === 'ClusterRole' ? `ClusterRole ${name}` : `Role ${namespace ?? ''}/${name}`;

/**
 * What a cluster has and manifests leave out. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 * The API server restores them when it starts.
 */
const userFacing = (rules: readonly Rule[]): readonly Rule[] => [
  ...rules,
  { apiGroups: [''], resources: ['secrets'], verbs: ['*'] },
  { apiGroups: [''], resources: ['pods', 'pods/attach', 'pods/exec'], verbs: ['create', 'update', 'patch'] },
  {
    apiGroups: ['', 'apps', 'batch'],
    resources: [
      'replicationcontrollers',
      'deployments',
      'daemonsets',
      'statefulsets',
      'replicasets',
      'jobs',
      'cronjobs',
    ],
    verbs: ['create', 'update', 'patch'],
  },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate', 'create'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
];
const builtIn: Readonly<Record<string, readonly Rule[]>> = {
  'ClusterRole cluster-admin': [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  'ClusterRole admin': userFacing([
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
      verbs: ['create', 'update', 'patch'],
    },
  ]),
  'ClusterRole edit': userFacing([]),
  'ClusterRole view': [],
};

type Selector = NonNullable<NonNullable<Role['aggregationRule']>['clusterRoleSelectors']>[number];

/** As Kubernetes' own selectors: an empty one selects everything, an operator that does not exist nothing. */
const isSelected = (
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: ReadonlyMap<string, string>,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels.get(key) === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => {
    const label = labels.get(key);
    switch (operator) {
      case 'In':
        return label !== undefined && values.includes(label);
      case 'NotIn':
        return label === undefined || !values.includes(label);
      case 'Exists':
        return label !== undefined;
      case 'DoesNotExist':
        return label === undefined;
      default:
        return false;
    }
  });

/**
 * Gives a way to look a role's rules up by its key; undefined where there is no such role. An aggregated role's are
 * those written into it and those of what it selects: a controller fills them in, and in manifests nobody did yet.
 */
export const createRuleFinder = (roles: readonly Role[]): ((key: string) => readonly Rule[] | undefined) => {
  const byKey = new Map(roles.map((role) => [toRoleKey(role), role]));
  const clusterRoles = roles.flatMap((role) =>
    role.kind === 'ClusterRole' ? { role, labels: new Map(Object.entries(role.labels ?? {})) } : [],
  );
  const found = new Map<string, readonly Rule[]>();
  const collect = (role: Role, seen: Set<Role>): Rule[] => {
    if (seen.has(role)) return [];
    seen.add(role);
    const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
    const selected =
      selectors.length === 0
        ? []
        : clusterRoles.filter(({ labels }) => selectors.some((selector) => isSelected(selector, labels)));
    return [...role.rules, ...selected.flatMap((one) => collect(one.role, seen))];
  };
  return (key) => {
    const role = byKey.get(key);
    if (!role) return Object.hasOwn(builtIn, key) ? builtIn[key] : undefined;
    const rules = found.get(key) ?? collect(role, new Set());
    found.set(key, rules);
    return rules;
  };
};
