/** Small clusters for tests: rules, roles and bindings in one line each. */
import type { RbacSubject, Role, RoleBinding, Rule } from '../../shared/evidence/kubernetes/rbac.ts';
import type { Workload } from '../../shared/evidence/kubernetes/workload.ts';

const groups: Record<string, string> = {
  deployments: 'apps',
  daemonsets: 'apps',
  statefulsets: 'apps',
  replicasets: 'apps',
  jobs: 'batch',
  cronjobs: 'batch',
  roles: 'rbac.authorization.k8s.io',
  clusterroles: 'rbac.authorization.k8s.io',
  rolebindings: 'rbac.authorization.k8s.io',
  clusterrolebindings: 'rbac.authorization.k8s.io',
  certificatesigningrequests: 'certificates.k8s.io',
  'certificatesigningrequests/approval': 'certificates.k8s.io',
  signers: 'certificates.k8s.io',
};

/** `get,list secrets`, `update secrets a,b`: verbs, resources, and names if any, in the group that each belongs to. */
const rule = (text: string): Rule => {
  const [verbs = '', resources = '', names] = text.split(' ');
  const list = resources.split(',');
  return {
    apiGroups: [...new Set(list.map((resource) => (resource === '*' ? '*' : (groups[resource] ?? ''))))],
    resources: list,
    verbs: verbs.split(','),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  };
};

/** `user NAME`, `group NAME`, `account NAMESPACE/NAME`. */
const subject = (text: string): RbacSubject => {
  const [kind, ...words] = text.split(' ');
  const name = words.join(' ');
  if (kind === 'user') return { kind: 'User', name };
  if (kind === 'group') return { kind: 'Group', name };
  const [namespace = '', account = ''] = name.split('/');
  return { kind: 'ServiceAccount', namespace, name: account };
};

const asRule = (given: string | Rule): Rule => (typeof given === 'string' ? rule(given) : given);

/** A ClusterRole, or in a namespace (`NAMESPACE/NAME`) a Role. */
export const role = (path: string, ...rules: (string | Rule)[]): Role => {
  const [name = '', namespace] = path.split('/').reverse();
  return namespace === undefined
    ? { kind: 'ClusterRole', name, rules: rules.map(asRule) }
    : { kind: 'Role', namespace, name, rules: rules.map(asRule) };
};

/** Binds a role, a ClusterRole by default, to subjects in one line; in a namespace where the name has one. */
export const bind = (path: string, roleName: string, ...subjects: string[]): RoleBinding => {
  const [name = '', namespace] = path.split('/').reverse();
  const [kind, ref] = roleName.startsWith('Role ') ? ['Role', roleName.slice(5)] : ['ClusterRole', roleName];
  return {
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    roleRef: { kind, name: ref },
    subjects: subjects.map(subject),
  };
};

/** Gives one subject these rules, in the whole cluster or in a namespace, by a ClusterRole of its own. */
export const give = (who: string, where: string | undefined, ...rules: (string | Rule)[]) => {
  const name = `${who.replace(/[ /]/g, '-')}-${where ?? 'all'}`;
  return {
    roles: [role(name, ...rules)],
    roleBindings: [bind(where === undefined ? name : `${where}/${name}`, name, who)],
  };
};

/** Several such at once. */
export const join = (...parts: { roles: Role[]; roleBindings: RoleBinding[] }[]) => ({
  roles: parts.flatMap(({ roles }) => roles),
  roleBindings: parts.flatMap(({ roleBindings }) => roleBindings),
});

/** A Deployment that runs as this service account and takes these Secrets into its environment. */
export const runs = (account: string, ...secrets: string[]): Workload => {
  const [namespace = '', serviceAccountName = ''] = account.split('/');
  return {
    kind: 'Deployment',
    namespace,
    name: `${serviceAccountName}-app`,
    spec: {
      serviceAccountName,
      containers: [{ name: 'app', envFrom: secrets.map((name) => ({ secretRef: { name } })) }],
    },
  };
};
