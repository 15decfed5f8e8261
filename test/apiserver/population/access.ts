/** Service accounts, and rights of every kind that end in reading Secrets, beside some that do not. */
import { type Entry, type KubernetesObject, posted } from './objects.ts';

const group = 'rbac.authorization.k8s.io';
const apiVersion = `${group}/v1`;

type Rule = Readonly<Record<'apiGroups' | 'resources' | 'verbs' | 'resourceNames', readonly string[]>>;

/** A rule of the core group, unless told otherwise. */
const toRule = (resources: string, verbs: string, more: Partial<Rule> = {}) => ({
  apiGroups: [''],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
  ...more,
});

const toSubject = (words: string, namespace?: string) => {
  const [kind = '', name = '', ofNamespace = namespace] = words.split(' ');
  return kind === 'ServiceAccount' ? { kind, name, namespace: ofNamespace } : { kind, name, apiGroup: group };
};

export const toServiceAccount = (namespace: string, name: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
  ...more,
});

const toRole = (kind: 'Role' | 'ClusterRole', metadata: KubernetesObject['metadata'], rules: object[]) =>
  posted({ apiVersion, kind, metadata, rules });

/** Binds a role that exists to subjects such as `Group developers` or `ServiceAccount NAME NAMESPACE`. */
export const toClusterBinding = (name: string, role: string, ...subjects: string[]): Entry =>
  posted({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: subjects.map((words) => toSubject(words)),
  });

/** A ClusterRole and its binding, both of that name. */
export const toClusterReader = (name: string, rules: object[], ...subjects: string[]): Entry[] => [
  toRole('ClusterRole', { name }, rules),
  toClusterBinding(name, name, ...subjects),
];

const toBinding = (
  namespace: string,
  name: string,
  kind: 'Role' | 'ClusterRole',
  role: string,
  ...subjects: string[]
): Entry =>
  posted({
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: group, kind, name: role },
    subjects: subjects.map((words) => toSubject(words, namespace)),
  });

const serviceAccounts: readonly Entry[] = [
  posted(toServiceAccount('shop', 'robot', { imagePullSecrets: [{ name: 'pull-old' }] })),
  posted({
    ...toServiceAccount('shop', 'uploader'),
    metadata: {
      name: 'uploader',
      namespace: 'shop',
      annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/uploader' },
    },
  }),
  posted(toServiceAccount('payments', 'api')),
  posted(toServiceAccount('observability', 'mirror')),
];

/** Each of these reads, or could come to read, every Secret. */
const clusterWide: readonly Entry[] = [
  ...toClusterReader('secret-reader', [toRule('secrets', 'get list watch')], 'User lee', 'Group auditors'),
  ...toClusterReader('secret-watcher', [toRule('secrets', 'watch')], 'ServiceAccount mirror observability'),
  ...toClusterReader('everything', [toRule('*', '*', { apiGroups: ['*'] })], 'Group platform'),
  ...toClusterReader('pod-creator', [toRule('pods', 'create')], 'Group ci-pods'),
  ...toClusterReader(
    'workload-creator',
    [toRule('deployments', 'create patch', { apiGroups: ['apps'] })],
    'Group ci-workloads',
  ),
  ...toClusterReader('shell', [toRule('pods/exec', 'create')], 'Group support'),
  ...toClusterReader('token-maker', [toRule('serviceaccounts/token', 'create')], 'Group token-makers'),
  ...toClusterReader('impersonator', [toRule('users groups', 'impersonate')], 'Group on-call'),
  ...toClusterReader('binder', [toRule('clusterroles', 'bind', { apiGroups: [group] })], 'Group binders'),
  ...toClusterReader(
    'escalator',
    [toRule('clusterroles', 'escalate', { apiGroups: [group] })],
    'Group escalators',
  ),
  ...toClusterReader('node-proxy', [toRule('nodes/proxy', 'get create')], 'Group node-debuggers'),
  toClusterBinding('default-of-shop', 'edit', 'ServiceAccount default shop'),
  // Gets its rules from whatever carries the label.
  posted({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'support-of-all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'example.com/support': 'true' } }] },
    rules: [],
  }),
  toRole('ClusterRole', { name: 'support-of-secrets', labels: { 'example.com/support': 'true' } }, [
    toRule('secrets', 'list'),
  ]),
  toClusterBinding('support-of-all', 'support-of-all', 'Group supporters'),
];

/** These do not: of one namespace, of one name, or of other things. */
const limited: readonly Entry[] = [
  toRole('Role', { name: 'secret-reader', namespace: 'payments' }, [toRule('secrets', 'get list watch')]),
  toBinding('payments', 'secret-reader', 'Role', 'secret-reader', 'ServiceAccount api', 'Group on-call'),
  toBinding('shop', 'editors', 'ClusterRole', 'edit', 'Group shop-team'),
  ...toClusterReader(
    'one-secret',
    [toRule('secrets', 'get', { resourceNames: ['ca-bundle'] })],
    'Group ca-readers',
  ),
  toClusterBinding('viewers', 'view', 'Group developers'),
];

/** Apart from the rest: with it nobody is refused a Secret any more. */
export const openToAll: readonly Entry[] = toClusterReader(
  'everyone',
  [toRule('secrets', 'get')],
  'Group system:authenticated',
);

export const access: readonly Entry[] = [...serviceAccounts, ...clusterWide, ...limited];
