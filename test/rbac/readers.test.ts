import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../shared/evidence/access-entry.ts';
import type { AwsAuth, Role, RoleBinding } from '../../shared/evidence/kubernetes/rbac.ts';
import type { ClusterAccess } from '../../shared/rbac/cluster-access.ts';
import { createReaderFinder } from '../../shared/rbac/readers.ts';
import { bind, give, join, role, runs } from './cluster.ts';

/** Who else than the control plane reads every Secret, each with how. */
const tellAll = (access: Partial<ClusterAccess>): Record<string, string> =>
  Object.fromEntries(
    createReaderFinder({ roles: [], roleBindings: [], ...access })('every')
      .filter(({ isOfControlPlane }) => !isOfControlPlane)
      .map(({ kind, identity, ways }) => [
        kind === 'group' ? `group ${identity}` : identity,
        ways.map(({ identity: who, how }, index) => (index === 0 ? how : `${who} ${how}`)).join(', '),
      ]),
  );

/** Who reads this one Secret. */
const tellOne = (wanted: string, access: Partial<ClusterAccess>): string[] => {
  const [namespace = '', name = ''] = wanted.split('/');
  return createReaderFinder({ roles: [], roleBindings: [], ...access })({ namespace, name })
    .filter(({ isOfControlPlane }) => !isOfControlPlane)
    .map(({ identity }) => identity);
};

/** A service account that reads every Secret, to be become. */
const reader = give('account platform/reader', undefined, 'list secrets');
const readerName = 'system:serviceaccount:platform:reader';
const accounts = [
  { namespace: 'platform', name: 'reader' },
  { namespace: 'platform', name: 'default' },
  { namespace: 'shop', name: 'default' },
];

describe('rules that read every Secret', () => {
  it.each([
    ['get', 'get secrets'],
    ['list', 'list secrets'],
    ['watch', 'watch secrets'],
    ['any verb', '* secrets'],
    ['anything', '* *'],
    // The answer holds the object: see test/apiserver/rbac.test.ts.
    ['patch', 'patch secrets'],
    ['delete', 'delete secrets'],
    ['deletecollection', 'deletecollection secrets'],
  ])('%s', (_, rules) => {
    expect(tellAll(give('user ada', undefined, rules))).toEqual({ ada: 'reads' });
  });

  it('hold for requests without a name where the empty one is listed', () => {
    const empty = { apiGroups: [''], resources: ['secrets'], resourceNames: [''], verbs: ['list'] };
    expect(tellAll(give('user ada', undefined, empty))).toEqual({ ada: 'reads' });
  });
});

describe('rules that read no Secret', () => {
  it.each([
    ['of another case', 'Get secrets'],
    ['of another resource', 'get secret'],
    ['of what lies below', 'get secrets/*'],
    ['of a pattern that RBAC does not know', 'get */*'],
    ['that only create', 'create secrets'],
    // It answers with no more than was sent.
    ['that only update', 'update secrets'],
    ['of names', 'get secrets a'],
    ['of names, and the empty one in a get', 'get secrets ,a'],
    ['to patch the scale of workloads', 'patch deployments/scale'],
    ['to change jobs', 'update,patch jobs'],
    ['to read pods and their logs', 'get,list,watch pods,pods/log'],
    ['to list nodes, and their metrics', 'get,list nodes,nodes/metrics'],
    ['to make service accounts alone', 'create serviceaccounts'],
    ['to make RoleBindings without bind', 'create rolebindings,clusterrolebindings'],
    ['to change roles without escalate', 'create,update,patch clusterroles,roles'],
    ['to bind without a binding', 'bind clusterroles'],
    ['to escalate without a change', 'escalate clusterroles'],
    ['to impersonate groups without a user', 'impersonate groups'],
    [
      'to approve without a signer',
      'update,create certificatesigningrequests,certificatesigningrequests/approval',
    ],
  ])('%s', (_, rules) => {
    expect(tellAll(give('user ada', undefined, rules))).toEqual({});
  });

  it.each<[string, Role['rules'][number]]>([
    ['without an API group', { resources: ['secrets'], verbs: ['get'] }],
    ['of another API group', { apiGroups: ['example.com'], resources: ['secrets'], verbs: ['get'] }],
    ['of no resource', { apiGroups: [''], nonResourceURLs: ['*'], verbs: ['*'] }],
    ['of a pattern of groups', { apiGroups: ['*.k8s.io'], resources: ['secrets'], verbs: ['get'] }],
  ])('%s', (_, one) => {
    expect(tellAll(give('user ada', undefined, one))).toEqual({});
  });

  it('are those that a RoleBinding gives in one namespace', () => {
    expect(tellAll(give('user ada', 'shop', '* *'))).toEqual({});
  });

  it('are those of a role that does not exist, and of one that only a namespace has', () => {
    const roles = [role('shop/reader', '* *')];
    expect(
      tellAll({ roles, roleBindings: [bind('b', 'gone', 'user ada'), bind('c', 'Role reader', 'user bob')] }),
    ).toEqual({});
  });
});

describe('ways to become a reader in the whole cluster', () => {
  it.each([
    ['pods', 'create pods', 'through pods in every namespace'],
    ['deployments', 'patch deployments', 'through pods in every namespace'],
    ['daemon sets', 'create daemonsets', 'through pods in every namespace'],
    ['stateful sets', 'update statefulsets', 'through pods in every namespace'],
    ['replica sets', 'create replicasets', 'through pods in every namespace'],
    ['jobs', 'create jobs', 'through pods in every namespace'],
    ['cron jobs', 'update cronjobs', 'through pods in every namespace'],
    ['replication controllers', 'create replicationcontrollers', 'through pods in every namespace'],
    ['named deployments', 'update deployments web', 'through pods in every namespace'],
    [
      'ephemeral containers',
      'patch pods/ephemeralcontainers',
      'through containers put into pods of every namespace',
    ],
    ['exec', 'create pods/exec', 'through pods that run in every namespace'],
    ['exec of everything', 'create */exec', 'through pods that run in every namespace'],
    ['exec by WebSocket', 'get pods/exec', 'through pods that run in every namespace'],
    ['attach', 'create pods/attach', 'through pods that run in every namespace'],
    ['images of pods', 'patch pods', 'through pods that run in every namespace'],
    ['nodes/proxy', 'get nodes/proxy', 'through the kubelets of nodes'],
  ])('%s', (_, rules, how) => {
    expect(tellAll(give('user ada', undefined, rules))).toEqual({ ada: how });
  });

  it.each([
    ['tokens', ['create serviceaccounts/token'], 'through tokens of service accounts in every namespace'],
    [
      'a token by name',
      ['create serviceaccounts/token reader'],
      'through tokens of service accounts in every namespace',
    ],
    [
      'impersonation',
      ['impersonate serviceaccounts'],
      'through impersonation of service accounts in every namespace',
    ],
    ['a token Secret', ['create,get secrets new'], undefined],
    [
      'a token Secret of its own making',
      ['create secrets', 'get secrets new'],
      'through service account token Secrets made in every namespace',
    ],
    [
      'a token Secret by server-side apply',
      ['create,patch secrets new'],
      'through service account token Secrets made in every namespace',
    ],
  ])('%s', (_, rules, how) => {
    expect(tellAll(join(reader, give('user ada', undefined, ...rules)))).toEqual({
      [readerName]: 'reads',
      ...(how === undefined ? {} : { ada: `${how}, ${readerName} reads` }),
    });
  });

  it('impersonation of a user, with his own grants and not with those of his groups', () => {
    const users = join(give('user root', undefined, '* *'), give('user ada', undefined, 'impersonate users'));
    expect(tellAll(users)).toEqual({ root: 'reads', ada: expect.stringContaining('impersonation of users') });
    const named = join(
      give('user root', undefined, '* *'),
      give('user ada', undefined, 'impersonate users bob'),
    );
    expect(tellAll(named)).toEqual({ root: 'reads' });
  });

  it('impersonation of a group together with some user', () => {
    const both = give('user ada', undefined, 'impersonate users nobody', 'impersonate groups system:masters');
    expect(tellAll(both)).toEqual({ ada: 'through impersonation of groups, system:masters reads' });
    const other = give('user ada', undefined, 'impersonate users nobody', 'impersonate groups developers');
    expect(tellAll(other)).toEqual({});
  });

  it('impersonation of a service account only as one', () => {
    const asUser = join(reader, give('user ada', undefined, `impersonate users ${readerName}`));
    expect(tellAll(asUser)).toEqual({ [readerName]: 'reads' });
    const inNamespace = join(reader, give('user ada', 'platform', 'impersonate serviceaccounts reader'));
    expect(Object.keys(tellAll(inNamespace))).toEqual(['ada', readerName]);
  });

  it('a binding of one’s own', () => {
    const any = give('user ada', undefined, 'create clusterrolebindings', 'bind clusterroles');
    expect(tellAll(any)).toEqual({
      ada: 'through a binding of any ClusterRole in every namespace, all permissions in every namespace reads',
    });
    const named = give('user ada', undefined, 'create clusterrolebindings', 'bind clusterroles view');
    expect(tellAll(named)).toEqual({});
    const admin = give(
      'user ada',
      undefined,
      'create clusterrolebindings',
      'bind clusterroles cluster-admin',
    );
    expect(tellAll(admin)).toEqual({
      ada: 'through a binding of ClusterRole cluster-admin in every namespace, ClusterRole cluster-admin reads',
    });
  });

  it('a place in a binding that is there', () => {
    const some = join(
      { roles: [role('reads', 'get secrets')], roleBindings: [bind('readers', 'reads', 'user bob')] },
      give('user ada', undefined, 'patch clusterrolebindings readers', 'bind clusterroles'),
    );
    expect(tellAll(some)).toEqual({
      bob: 'reads',
      ada: 'through a place in ClusterRoleBinding readers, ClusterRole reads reads',
    });
    const other = join(
      { roles: [role('reads', 'get secrets')], roleBindings: [bind('readers', 'reads', 'user bob')] },
      give('user ada', undefined, 'patch clusterrolebindings others', 'bind clusterroles'),
    );
    expect(tellAll(other)).toEqual({ bob: 'reads' });
  });

  it('a change of a role that one has, with escalate', () => {
    const own = give('user ada', undefined, 'update,escalate clusterroles');
    expect(tellAll(own)).toEqual({
      ada: expect.stringContaining('through a change of ClusterRole user-ada-all'),
    });
    const others = give('user ada', undefined, 'update,escalate clusterroles bobs');
    expect(tellAll(others)).toEqual({});
  });

  it('a role that a binding waits for, with escalate', () => {
    const waiting = join(give('user ada', undefined, 'create,escalate clusterroles'), {
      roles: [],
      roleBindings: [bind('waits', 'later', 'user ada')],
    });
    expect(tellAll(waiting)).toEqual({
      ada: expect.stringContaining('through a change of ClusterRole later'),
    });
  });

  it('a client certificate for any name', () => {
    const signs = [
      'create certificatesigningrequests',
      'update certificatesigningrequests/approval',
      'approve signers kubernetes.io/kube-apiserver-client',
    ];
    expect(tellAll(join(reader, give('user ada', undefined, ...signs)))).toEqual({
      [readerName]: 'reads',
      ada: `through a client certificate for any name, ${readerName} reads`,
    });
    const issuers = [...signs.slice(0, 2), 'approve signers issuers.cert-manager.io/*'];
    expect(tellAll(join(reader, give('user ada', undefined, ...issuers)))).toEqual({ [readerName]: 'reads' });
  });

  it('the ConfigMap aws-auth, where EKS goes by it', () => {
    const writes = give('user ada', 'kube-system', 'update configmaps aws-auth');
    expect(tellAll({ ...writes, isAwsAuthHonoured: true })).toEqual({
      ada: 'through the ConfigMap kube-system/aws-auth, all permissions in every namespace reads',
    });
    expect(tellAll(writes)).toEqual({});
    const elsewhere = give('user ada', 'shop', 'update configmaps');
    expect(tellAll({ ...elsewhere, isAwsAuthHonoured: true })).toEqual({});
  });
});

describe('ways to become a reader in one namespace', () => {
  it.each([
    ['pods', 'create pods', 'through pods in namespace platform'],
    ['tokens', 'create serviceaccounts/token', 'through tokens of service accounts in namespace platform'],
    ['exec', 'create pods/exec', 'through pods that run in namespace platform'],
    ['a token Secret', '* secrets', 'through service account token Secrets made in namespace platform'],
  ])('%s, where a reader is at home', (_, rules, how) => {
    const workloads = [runs('platform/reader')];
    const there = join(reader, give('user ada', 'platform', rules));
    expect(tellAll({ ...there, workloads, serviceAccounts: accounts })).toEqual({
      [readerName]: 'reads',
      ada: `${how}, ${readerName} reads`,
    });
    const elsewhere = join(reader, give('user ada', 'shop', rules));
    expect(tellAll({ ...elsewhere, workloads, serviceAccounts: accounts })).toEqual({
      [readerName]: 'reads',
    });
  });

  it('no exec where no pod holds a reader’s token', () => {
    const exec = join(reader, give('user ada', 'platform', 'create pods/exec'));
    expect(tellAll({ ...exec, workloads: [runs('platform/default')], serviceAccounts: accounts })).toEqual({
      [readerName]: 'reads',
    });
    const [workload] = [runs('platform/reader')];
    const unmounted = { ...workload, spec: { ...workload.spec, automountServiceAccountToken: false } };
    expect(tellAll({ ...exec, workloads: [unmounted], serviceAccounts: accounts })).toEqual({
      [readerName]: 'reads',
    });
  });

  it('the token Secret that is there', () => {
    const token = {
      namespace: 'platform',
      name: 'reader-token',
      type: 'kubernetes.io/service-account-token',
      serviceAccount: 'reader',
    };
    const gets = join(reader, give('user ada', 'platform', 'get secrets reader-token'));
    expect(tellAll({ ...gets, secrets: [token] })).toEqual({
      [readerName]: 'reads',
      ada: `through service account token Secrets in namespace platform, ${readerName} reads`,
    });
    expect(tellAll({ ...gets, secrets: [{ ...token, name: 'other-token' }] })).toEqual({
      [readerName]: 'reads',
    });
  });

  it('pods in kube-system, where controllers of Kubernetes are at home', () => {
    const controller = give('account kube-system/generic-garbage-collector', undefined, 'get,list *');
    expect(tellAll(join(controller, give('user ada', 'kube-system', 'create jobs')))).toEqual({
      ada: 'through pods in namespace kube-system, system:serviceaccount:kube-system:generic-garbage-collector reads',
    });
  });

  it('several steps, the shortest way of them', () => {
    const chain = join(
      reader,
      give('account ci/deployer', 'platform', 'create deployments'),
      give('user ada', 'ci', 'create serviceaccounts/token'),
      give('user bob', 'shop', 'create pods'),
      give('account shop/helper', undefined, 'impersonate users ada'),
    );
    expect(tellAll(chain)).toEqual({
      [readerName]: 'reads',
      'system:serviceaccount:ci:deployer': `through pods in namespace platform, ${readerName} reads`,
      ada: `through tokens of service accounts in namespace ci, system:serviceaccount:ci:deployer through pods in namespace platform, ${readerName} reads`,
      'system:serviceaccount:shop:helper': expect.stringMatching(
        /^through impersonation of users, ada through/,
      ),
      bob: expect.stringMatching(
        /^through pods in namespace shop, system:serviceaccount:shop:helper through/,
      ),
    });
  });

  it('roles that may be bound there', () => {
    const binder = join(
      reader,
      give('user ada', 'platform', 'create rolebindings', 'bind clusterroles edit'),
      give('user bob', 'platform', 'create rolebindings', 'bind roles', 'bind clusterroles view'),
    );
    expect(tellAll(binder)).toEqual({
      [readerName]: 'reads',
      ada: expect.stringMatching(
        /^through a binding of ClusterRole edit in namespace platform, ClusterRole edit through/,
      ),
    });
  });

  it('a service account that is bound, and missing', () => {
    const bound = join(reader, give('user ada', 'platform', 'create pods,serviceaccounts'));
    const serviceAccounts = [{ namespace: 'platform', name: 'default' }];
    expect(tellAll({ ...bound, serviceAccounts })).toEqual({
      ada: `through service accounts made in namespace platform, ${readerName} reads`,
    });
    const pods = join(reader, give('user ada', 'platform', 'create pods'));
    expect(tellAll({ ...pods, serviceAccounts })).toEqual({});
  });
});

describe('aggregated roles', () => {
  const part: Role = {
    ...role('part', 'get secrets'),
    labels: { 'example.com/aggregate': 'yes', tier: 'b' },
  };
  const tellBy = (
    clusterRoleSelectors: NonNullable<Role['aggregationRule']>['clusterRoleSelectors'],
    rules: Role['rules'] = [],
  ) =>
    tellAll({
      roles: [part, { kind: 'ClusterRole', name: 'whole', rules, aggregationRule: { clusterRoleSelectors } }],
      roleBindings: [bind('b', 'whole', 'user ada')],
    });

  it.each<[string, NonNullable<NonNullable<Role['aggregationRule']>['clusterRoleSelectors']>[number]]>([
    ['by labels', { matchLabels: { tier: 'b' } }],
    ['by In', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] }],
    ['by NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['a'] }] }],
    [
      'by NotIn of a label that is missing',
      { matchExpressions: [{ key: 'none', operator: 'NotIn', values: ['a'] }] },
    ],
    ['by Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }],
    ['by DoesNotExist', { matchExpressions: [{ key: 'none', operator: 'DoesNotExist' }] }],
    ['by everything', {}],
  ])('hold what they select %s, also while nobody filled them in', (_, selector) => {
    expect(tellBy([selector])).toEqual({ ada: 'reads' });
  });

  it.each<[string, NonNullable<NonNullable<Role['aggregationRule']>['clusterRoleSelectors']>[number]]>([
    ['other labels', { matchLabels: { tier: 'a' } }],
    ['one of two labels', { matchLabels: { tier: 'b', other: 'x' } }],
    [
      'an operator that does not exist',
      { matchExpressions: [{ key: 'tier', operator: 'in', values: ['b'] }] },
    ],
    ['a label by a name of JavaScript’s', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }],
  ])('hold nothing by %s', (_, selector) => {
    expect(tellBy([selector])).toEqual({});
  });

  it('hold what was filled in, and end where they select each other', () => {
    expect(tellBy([], [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])).toEqual({
      ada: 'reads',
    });
    const selector = { aggregationRule: { clusterRoleSelectors: [{}] } };
    const roles = [
      { ...role('a'), ...selector },
      { ...role('b'), ...selector },
    ];
    expect(tellAll({ roles, roleBindings: [bind('b', 'a', 'user ada')] })).toEqual({});
  });
});

describe('identities', () => {
  const readsAll = role('reads', 'get,list secrets');
  const tellBound = (...subjects: string[]) =>
    tellAll({
      roles: [readsAll],
      roleBindings: [bind('b', 'reads', ...subjects)],
      serviceAccounts: accounts,
    });

  it.each([
    'system:authenticated',
    'system:unauthenticated',
    'system:serviceaccounts',
    'system:serviceaccounts:shop',
  ])('of group %s are told as the group', (group) => {
    expect(tellBound(`group ${group}`)).toEqual({ [`group ${group}`]: 'reads' });
  });

  it('in everybody’s group are told beside it where they read by themselves', () => {
    const both = join(
      { roles: [readsAll], roleBindings: [bind('b', 'reads', 'group system:authenticated')] },
      give('user ada', undefined, 'get secrets'),
    );
    expect(tellAll(both)).toEqual({ ada: 'reads', 'group system:authenticated': 'reads' });
  });

  it('who become one of a group that reads are told, but those who are in it', () => {
    const all = join(
      { roles: [readsAll], roleBindings: [bind('b', 'reads', 'group system:serviceaccounts')] },
      give('user ada', 'shop', 'create pods'),
      give('account shop/default', 'platform', 'create pods'),
    );
    expect(tellAll({ ...all, serviceAccounts: accounts })).toEqual({
      'group system:serviceaccounts': 'reads',
      ada: 'through pods in namespace shop, system:serviceaccount:shop:default as one of system:serviceaccounts, system:serviceaccounts reads',
    });
  });

  it('that join what they have with what everybody has are told', () => {
    const joined = join(
      reader,
      give('group system:authenticated', undefined, 'create secrets'),
      give('user ada', 'platform', 'get secrets new'),
    );
    expect(tellAll(joined)).toEqual({
      [readerName]: 'reads',
      ada: `through service account token Secrets made in namespace platform, ${readerName} reads`,
    });
  });

  it('that are users by the name of a service account are that service account', () => {
    expect(tellBound(`user ${readerName}`)).toEqual({ [readerName]: 'reads' });
  });

  it('that are service accounts without a namespace are of the binding’s, or nobody', () => {
    const subjects = [{ kind: 'ServiceAccount' as const, name: 'reader' }];
    const cluster: RoleBinding = { ...bind('b', 'reads'), subjects };
    expect(tellAll({ roles: [readsAll], roleBindings: [cluster] })).toEqual({});
    const namespaced: RoleBinding = { ...bind('platform/b', 'reads'), subjects };
    expect(tellOne('platform/a', { roles: [readsAll], roleBindings: [namespaced] })).toEqual([readerName]);
  });

  it.each([
    ['a ClusterRole named and labelled like Kubernetes’ own', 'system:evil', 'user ada', 'ada'],
    ['a user named like the control plane', 'reads', 'user system:evil', 'system:evil'],
    [
      'a service account of kube-system',
      'reads',
      'account kube-system/ttl-controller',
      'system:serviceaccount:kube-system:ttl-controller',
    ],
    [
      'a service account named like a controller, elsewhere',
      'reads',
      'account shop/namespace-controller',
      'system:serviceaccount:shop:namespace-controller',
    ],
    [
      'a service account named like EKS',
      'reads',
      'account shop/eks:addon-manager',
      'system:serviceaccount:shop:eks:addon-manager',
    ],
  ])('are not hidden by %s', (_, name, who, told) => {
    const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
    const roles = [{ ...role(name, 'get secrets'), labels }];
    const binding = { ...bind('system:evil', name, who), labels };
    expect(tellAll({ roles, roleBindings: [binding] })).toEqual({ [told]: 'reads' });
  });

  it('that a person gives Kubernetes’ own roles are told', () => {
    expect(
      tellAll({
        roleBindings: [
          bind('b', 'cluster-admin', 'user ada'),
          bind('c', 'edit', 'group team'),
          bind('d', 'admin', 'account shop/bot'),
          bind('e', 'view', 'user bob'),
        ],
      }),
    ).toEqual({
      ada: 'reads',
      'group team': 'reads',
      'system:serviceaccount:shop:bot': 'reads',
    });
  });

  it('of EKS’s own are its control plane', () => {
    const binding = bind('eks:addon-cluster-admin', 'cluster-admin', 'user eks:addon-manager');
    expect(tellAll({ roleBindings: [binding] })).toEqual({});
  });
});

const arn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const entry = (name: string, given: Partial<AccessEntry> = {}): AccessEntry => ({
  principalArn: arn(name),
  username: `arn:aws:sts::111122223333:assumed-role/${name}/{{SessionName}}`,
  kubernetesGroups: [],
  accessPolicies: [],
  ...given,
});
const policy = (name: string, ...namespaces: string[]) => ({
  policyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`,
  accessScope: namespaces.length > 0 ? { type: 'namespace', namespaces } : { type: 'cluster' },
});
const awsAuth = (...mapRoles: AwsAuth['mapRoles']): AwsAuth => ({ mapRoles, mapUsers: [], mapAccounts: [] });

describe('IAM principals', () => {
  it.each([
    ['AmazonEKSClusterAdminPolicy', 'reads'],
    ['AmazonEKSAdminPolicy', 'reads'],
    ['AmazonEKSEditPolicy', 'reads'],
    ['AmazonEKSAdminViewPolicy', 'reads'],
    ['AmazonEKSSecretReaderPolicy', 'reads'],
    ['AmazonEKSSecretAdminPolicy', 'reads'],
    ['AWSBackupFullAccessPolicyForBackup', 'reads'],
    ['AmazonEKSViewPolicy', undefined],
    ['AmazonEKSAutoNodePolicy', undefined],
    ['AmazonEKSComputeClusterPolicy', undefined],
  ])('by access policy %s', (name, how) => {
    const told = tellAll({ accessEntries: [entry('dev', { accessPolicies: [policy(name)] })] });
    expect(told).toEqual(how === undefined ? {} : { [arn('dev')]: how });
  });

  it('by an access policy in a namespace, by name or pattern, read there', () => {
    const accessEntries = [
      entry('a', { accessPolicies: [policy('AmazonEKSEditPolicy', 'shop')] }),
      entry('b', { accessPolicies: [policy('AmazonEKSEditPolicy', 'sh*')] }),
      entry('c', { accessPolicies: [policy('AmazonEKSViewPolicy', 'shop')] }),
      entry('d', { accessPolicies: [policy('AmazonEKSEditPolicy', 'other')] }),
      entry('e', { accessPolicies: [policy('AmazonEKSSecretReaderPolicy', '*')] }),
    ];
    expect(tellOne('shop/db', { accessEntries, serviceAccounts: accounts })).toEqual(
      ['a', 'b', 'e'].map(arn),
    );
    expect(tellAll({ accessEntries, serviceAccounts: accounts })).toEqual({ [arn('e')]: 'reads' });
  });

  it('by their groups, and stand for them', () => {
    const grants = give('group admins', undefined, '* *');
    const accessEntries = [entry('path/to/ops', { kubernetesGroups: ['admins'] })];
    expect(tellAll({ ...grants, accessEntries })).toEqual({ [arn('ops')]: 'reads' });
    expect(tellAll(grants)).toEqual({ 'group admins': 'reads' });
  });

  it('by the group that EKS calls an access entry by', () => {
    const grants = give(`group eks-access-entry:${arn('argocd')}`, undefined, 'get,list *');
    expect(tellAll({ ...grants, accessEntries: [entry('argocd')] })).toEqual({ [arn('argocd')]: 'reads' });
  });

  it('by system:masters in aws-auth, past RBAC', () => {
    expect(
      tellAll({ awsAuth: awsAuth({ rolearn: arn('admin'), username: 'admin', groups: ['system:masters'] }) }),
    ).toEqual({ [arn('admin')]: 'reads' });
  });

  it('by their access entry alone, where both name one', () => {
    const mapped = awsAuth({ rolearn: arn('dev'), groups: ['system:masters'] });
    expect(tellAll({ accessEntries: [entry('team/dev')], awsAuth: mapped })).toEqual({});
  });

  it('under a name that they choose by their session’s', () => {
    const grants = give('user alice', undefined, '* *');
    const free = awsAuth({ rolearn: arn('dev'), username: '{{SessionName}}', groups: [] });
    expect(tellAll({ ...grants, awsAuth: free })).toEqual({
      alice: 'reads',
      [arn('dev')]: 'through a session named for it, alice reads',
    });
    const prefixed = awsAuth({ rolearn: arn('dev'), username: 'dev:{{SessionName}}', groups: [] });
    expect(tellAll({ ...grants, awsAuth: prefixed })).toEqual({ alice: 'reads' });
    const chosenGroup = awsAuth({ rolearn: arn('dev'), username: 'dev', groups: ['{{SessionNameRaw}}'] });
    expect(tellAll({ ...give('group ops', undefined, '* *'), awsAuth: chosenGroup })).toEqual({
      'group ops': 'reads',
      [arn('dev')]: 'through a session named for it, ops reads',
    });
  });

  it('under the name of a service account, which is told beside them', () => {
    const mapped = awsAuth({ rolearn: arn('dev'), username: readerName, groups: [] });
    expect(tellAll({ ...reader, awsAuth: mapped })).toEqual({ [arn('dev')]: 'reads', [readerName]: 'reads' });
  });

  it('under a name of EKS’s own', () => {
    const binding = bind('eks:addon-cluster-admin', 'cluster-admin', 'user eks:addon-manager');
    const mapped = awsAuth({ rolearn: arn('dev'), username: 'eks:addon-manager', groups: [] });
    expect(tellAll({ roleBindings: [binding], awsAuth: mapped })).toEqual({ [arn('dev')]: 'reads' });
  });

  it('that are nodes are not told: the Node authorizer, not RBAC, gives them what their pods use', () => {
    const groups = ['system:bootstrappers', 'system:nodes'];
    const nodes = awsAuth({ rolearn: arn('node'), username: 'system:node:{{EC2PrivateDNSName}}', groups });
    const accessEntries = [entry('auto', { type: 'EC2_LINUX', kubernetesGroups: groups })];
    expect(
      tellAll({
        ...give('group system:nodes', undefined, 'create certificatesigningrequests'),
        awsAuth: nodes,
        accessEntries,
      }),
    ).toEqual({});
  });
});

describe('who reads one Secret', () => {
  it.each([
    ['by its name', give('user ada', 'shop', 'get secrets db'), ['ada']],
    ['by listing its name', give('user ada', undefined, 'list secrets db'), ['ada']],
    ['by no other name', give('user ada', 'shop', 'get secrets cache'), []],
    ['in no other namespace', give('user ada', 'platform', '* *'), []],
    ['through pods there', give('user ada', 'shop', 'create cronjobs'), ['ada']],
    ['not by a role for the whole cluster’s objects', give('user ada', 'shop', 'get nodes/proxy'), []],
    ['by a name that is deleted', give('user ada', 'shop', 'delete secrets db'), ['ada']],
    ['not by deleting many with a name', give('user ada', 'shop', 'deletecollection secrets db'), []],
  ])('%s', (_, grants, readers) => {
    expect(tellOne('shop/db', grants)).toEqual(readers);
  });

  it('of those who enter pods, where one takes it', () => {
    const exec = give('user ada', 'shop', 'create pods/exec');
    expect(tellOne('shop/db', { ...exec, workloads: [runs('shop/default', 'db')] })).toEqual(['ada']);
    expect(tellOne('shop/db', { ...exec, workloads: [runs('shop/default', 'cache')] })).toEqual([]);
    const inject = give('user ada', 'shop', 'patch pods/ephemeralcontainers');
    expect(tellOne('shop/db', { ...inject, workloads: [runs('shop/default')] })).toEqual(['ada']);
    expect(tellOne('shop/db', { ...inject, workloads: [runs('platform/default', 'db')] })).toEqual([]);
  });
});
