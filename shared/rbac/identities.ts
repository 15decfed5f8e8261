/** Who there is in a cluster, by ids: users, groups, service accounts; and who of them is Kubernetes itself. */
export const toUserId = (name: string): string => `user:${name}`;
export const toGroupId = (name: string): string => `group:${name}`;
export const toAccountId = (namespace: string, name: string): string =>
  toUserId(`system:serviceaccount:${namespace}:${name}`);

export const isUser = (id: string): boolean => id.startsWith('user:');
export const isGroup = (id: string): boolean => id.startsWith('group:');

export interface AccountName {
  namespace: string;
  name: string;
}

/** The service account that a user's name stands for, or undefined. */
export const parseAccount = (id: string): AccountName | undefined => {
  const [, namespace, name] = /^user:system:serviceaccount:([^:]+):([^:]+)$/.exec(id) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
};

export const masters = toGroupId('system:masters');
export const authenticated = toGroupId('system:authenticated');
const unauthenticated = toGroupId('system:unauthenticated');
const anonymous = toUserId('system:anonymous');
const allAccounts = toGroupId('system:serviceaccounts');
const toAccountsOf = (namespace: string) => toGroupId(`system:serviceaccounts:${namespace}`);

/**
 * The groups that Kubernetes itself puts somebody into.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
 */
export const getCommonGroups = (id: string): string[] => {
  if (id === unauthenticated) return [];
  if (id === anonymous) return [unauthenticated];
  const account = parseAccount(id);
  if (account) return [toAccountsOf(account.namespace), allAccounts, authenticated];
  if (id === authenticated) return [];
  return id.startsWith(`${allAccounts}:`) ? [allAccounts, authenticated] : [authenticated];
};

/** Whether everybody is meant, or every pod, or whoever gives no service account to a pod. */
export const isEverybody = (id: string): boolean =>
  id === authenticated ||
  id === unauthenticated ||
  id === anonymous ||
  id === allAccounts ||
  id.startsWith(`${allAccounts}:`) ||
  parseAccount(id)?.name === 'default';

/**
 * Those who read Secrets by Kubernetes' own policy, or write aws-auth, by name: its controllers. A name that only begins
 * like theirs is not among them, and no label counts, because whoever may write RBAC may choose both.
 * https://github.com/kubernetes/kubernetes/blob/v1.35.4/plugin/pkg/auth/authorizer/rbac/bootstrappolicy
 */
const controllers = new Set(
  [
    'bootstrap-signer',
    'clusterrole-aggregation-controller',
    'cronjob-controller',
    'daemon-set-controller',
    'deployment-controller',
    'expand-controller',
    'generic-garbage-collector',
    'job-controller',
    'legacy-service-account-token-cleaner',
    'namespace-controller',
    'persistent-volume-binder',
    'replicaset-controller',
    'replication-controller',
    'resourcequota-controller',
    'root-ca-cert-publisher',
    'statefulset-controller',
    'storage-version-migrator-controller',
    'token-cleaner',
  ].map((name) => toAccountId('kube-system', name)),
);
const controlPlane = new Set([masters, toUserId('system:kube-controller-manager')]);

/**
 * Whether somebody is a part of Kubernetes, or of EKS, that nobody let in. EKS gives out no name with its own prefix by an
 * access entry; whom aws-auth gives one is an IAM principal, and counted as that.
 * https://docs.aws.amazon.com/eks/latest/userguide/set-custom-username.html
 */
export const isOfControlPlane = (id: string): boolean =>
  controlPlane.has(id) || controllers.has(id) || /^(user|group):eks:/.test(id);
