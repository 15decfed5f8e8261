import { describe, expect, it } from 'vitest';
import type { Subject } from '../../shared/checks/check.ts';
import { secretAccessIsLimited } from '../../shared/checks/secret-access-is-limited.ts';
import type { AccessEntry } from '../../shared/evidence/access-entry.ts';
import { type Fact, toKnown } from '../../shared/evidence/fact.ts';
import type { Role, RoleBinding } from '../../shared/evidence/kubernetes/rbac.ts';
import { bind, give, join, role, runs } from '../rbac/cluster.ts';
import { account, denied, type Given } from './cases.ts';
import { judgeWith } from './cluster-facts.ts';

interface Rbac {
  roles: Role[];
  roleBindings: RoleBinding[];
}

const toFacts = ({ roles, roleBindings }: Rbac): Subject['facts'] => ({
  'kubernetes.roles': toKnown(roles),
  'kubernetes.roleBindings': toKnown(roleBindings),
  'kubernetes.serviceAccounts': toKnown([
    { namespace: 'shop', name: 'default' },
    { namespace: 'argocd', name: 'argocd-server' },
    { namespace: 'kube-system', name: 'default' },
  ]),
  'kubernetes.workloads': toKnown([runs('argocd/argocd-server')]),
  'kubernetes.secrets': toKnown([]),
  'kubernetes.awsAuth': toKnown({ mapRoles: [], mapUsers: [], mapAccounts: [] }),
  'cluster.accessEntries': toKnown([]),
});
const judge = (rbac: Rbac, facts: Subject['facts'] = {}, given: Given = {}) =>
  judgeWith(
    secretAccessIsLimited,
    { ...toFacts(rbac), ...facts },
    { cluster: { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } }, ...given },
  );
/** `high SUBJECT`, or the verdict. */
const tell = (...given: Parameters<typeof judge>) =>
  judge(...given).map((verdict) =>
    verdict.status === 'fail' ? `${verdict.severity} ${verdict.subject}` : verdict.status,
  );

const nobody: Rbac = { roles: [], roleBindings: [] };
const reads = (who: string) => give(who, undefined, 'get,list secrets');
const arn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const entry = (name: string, policy: string, given: Partial<AccessEntry> = {}): AccessEntry => ({
  principalArn: arn(name),
  username: `arn:aws:sts::${account}:assumed-role/${name}/{{SessionName}}`,
  kubernetesGroups: [],
  accessPolicies: [
    { policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`, accessScope: { type: 'cluster' } },
  ],
  ...given,
});
const expecting = (...secretReaders: string[]): Given => ({ settings: { expected: { secretReaders } } });
const argocd = 'system:serviceaccount:argocd:argocd-server';

describe('secret-access-is-limited', () => {
  it.each<[string, Rbac, Subject['facts']?, Given?]>([
    ['nothing but defaults', nobody],
    ['a reader of one namespace', give('user ada', 'shop', '* *')],
    ['a viewer', { roles: [], roleBindings: [bind('b', 'view', 'user ada')] }],
    ['the control plane', { roles: [], roleBindings: [bind('b', 'cluster-admin', 'group system:masters')] }],
    [
      // Bound by Kubernetes itself in every cluster: one writes ConfigMaps, aws-auth as well; one rewrites every object.
      'Kubernetes’ own controllers, where EKS goes by aws-auth',
      join(
        give('account kube-system/root-ca-cert-publisher', undefined, 'create,update configmaps'),
        give('account kube-system/storage-version-migrator-controller', undefined, 'list,patch *'),
      ),
      {
        'kubernetes.serviceAccounts': toKnown(
          ['root-ca-cert-publisher', 'storage-version-migrator-controller'].map((name) => ({
            namespace: 'kube-system',
            name,
          })),
        ),
      },
    ],
    [
      'an expected service account',
      reads('account argocd/argocd-server'),
      {},
      expecting('system:serviceaccount:argocd:*'),
    ],
    ['an expected group', reads('group platform'), {}, expecting('platform')],
    [
      'an expected role',
      nobody,
      { 'cluster.accessEntries': toKnown([entry('path/admin', 'AmazonEKSClusterAdminPolicy')]) },
      expecting('*:role/admin'),
    ],
    [
      'aws-auth where EKS does not go by it',
      nobody,
      {
        'kubernetes.awsAuth': toKnown({
          mapRoles: [{ rolearn: arn('old'), groups: ['system:masters'] }],
          mapUsers: [],
          mapAccounts: [],
        }),
      },
      { cluster: { accessConfig: { authenticationMode: 'API' } } },
    ],
    [
      'access entries where EKS does not go by them, and did not list them',
      nobody,
      { 'cluster.accessEntries': denied },
      { cluster: { accessConfig: { authenticationMode: 'CONFIG_MAP' } } },
    ],
    [
      // keyward secrets asks nothing of AWS.
      'no AWS at all',
      nobody,
      { 'cluster.accessEntries': undefined, cluster: undefined },
    ],
  ])('passes with %s', (_, rbac, facts, given) => {
    expect(tell(rbac, facts, given)).toEqual(['pass']);
  });

  it.each<[string, Rbac, string[], Subject['facts']?, Given?]>([
    ['everybody', reads('group system:authenticated'), ['high group:system:authenticated']],
    ['anybody', reads('group system:unauthenticated'), ['high group:system:unauthenticated']],
    ['the anonymous user', reads('user system:anonymous'), ['high system:anonymous']],
    ['every pod', reads('group system:serviceaccounts'), ['high group:system:serviceaccounts']],
    [
      'every pod of a namespace',
      reads('group system:serviceaccounts:shop'),
      ['high group:system:serviceaccounts:shop'],
    ],
    ['a default service account', reads('account shop/default'), ['high system:serviceaccount:shop:default']],
    [
      'a default service account of kube-system, through controllers',
      give('account shop/default', undefined, 'create pods'),
      ['high system:serviceaccount:shop:default'],
    ],
    [
      'everybody, whatever is expected',
      join(reads('group system:authenticated'), reads('account shop/default')),
      ['high group:system:authenticated', 'high system:serviceaccount:shop:default'],
      {},
      expecting('*'),
    ],
    ['a service account', reads('account argocd/argocd-server'), [`medium ${argocd}`]],
    ['a user', reads('user ada'), ['medium ada']],
    ['a group', reads('group devs'), ['medium group:devs']],
    [
      'a user and a group of one name',
      join(reads('user devs'), reads('group devs')),
      ['medium group:devs', 'medium devs'],
    ],
    [
      'a user named like a group',
      join(reads('user group:devs'), reads('group devs')),
      ['medium group:devs', 'medium user:group:devs'],
    ],
    [
      'a user named like an IAM role, and that role',
      reads(`user ${arn('admin')}`),
      [`medium ${arn('admin')}`, `medium user:${arn('admin')}`],
      { 'cluster.accessEntries': toKnown([entry('admin', 'AmazonEKSClusterAdminPolicy')]) },
    ],
    [
      'a user named like the sum of those who are expected',
      join(reads('user expected readers'), reads('user bot')),
      ['medium user:expected readers', 'low expected readers'],
      {},
      { settings: { expected: { secretReaders: ['bot'] }, thresholds: { clusterWideReaders: 0 } } },
    ],
    [
      'somebody who becomes one',
      join(reads('account argocd/argocd-server'), give('user ada', 'argocd', 'create pods')),
      ['medium ada', `medium ${argocd}`],
    ],
    [
      'an IAM role by an access policy',
      nobody,
      [`medium ${arn('admin')}`],
      { 'cluster.accessEntries': toKnown([entry('path/admin', 'AmazonEKSClusterAdminPolicy')]) },
    ],
    [
      'an IAM role by aws-auth, under a name that is expected of Kubernetes',
      nobody,
      [`medium ${arn('backdoor')}`],
      {
        'kubernetes.awsAuth': toKnown({
          mapRoles: [{ rolearn: arn('backdoor'), username: argocd, groups: ['system:masters'] }],
          mapUsers: [],
          mapAccounts: [],
        }),
      },
      expecting('system:serviceaccount:argocd:*'),
    ],
    [
      'someone expected for another cluster',
      reads('user ada'),
      ['medium ada'],
      {},
      { settings: { expected: { secretReaders: [{ principal: 'ada', clusters: 'prod-*' }] } } },
    ],
    [
      'many who are expected',
      join(...[1, 2, 3].map((index) => reads(`user bot-${index}`))),
      ['low expected readers'],
      {},
      { settings: { expected: { secretReaders: ['bot-*'] }, thresholds: { clusterWideReaders: 2 } } },
    ],
  ])('tells %s', (_, rbac, verdicts, facts, given) => {
    expect(tell(rbac, facts, given)).toEqual(verdicts);
  });

  it.each<[string, Subject['facts']]>([
    ['roles', { 'kubernetes.roles': denied }],
    ['role bindings', { 'kubernetes.roleBindings': denied }],
    ['service accounts', { 'kubernetes.serviceAccounts': denied }],
    ['workloads', { 'kubernetes.workloads': denied }],
    ['Secrets', { 'kubernetes.secrets': denied }],
    ['aws-auth', { 'kubernetes.awsAuth': denied }],
    ['access entries', { 'cluster.accessEntries': denied }],
  ])('is unknown without %s', (_, facts) => {
    expect(tell(nobody, facts)).toEqual(['unknown']);
  });

  it('is unknown without the cluster’s description', () => {
    expect(tell(nobody, {}, { cluster: denied })).toEqual(['unknown']);
  });

  it('needs no rules of what EKS’s own role has', () => {
    const principalArn = arn('aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS');
    const entries = [entry('x', 'AmazonEKSEventPolicy', { principalArn, username: 'eks:managed' })];
    expect(tell(nobody, { 'cluster.accessEntries': toKnown(entries) })).toEqual(['pass']);
  });

  it.each<[string, Fact<AccessEntry[]>]>([
    ['an access policy that is not known', toKnown([entry('job', 'AmazonEMRJobPolicy')])],
    [
      'an access entry whose groups were not read',
      toKnown([{ principalArn: arn('dev'), accessPolicies: [] }]),
    ],
  ])('is unknown over %s, by name', (_, entries) => {
    const [verdict] = judge(nobody, { 'cluster.accessEntries': entries });
    expect(verdict).toMatchObject({
      status: 'unknown',
      message: expect.stringMatching(/AmazonEMRJobPolicy|role\/dev/),
    });
  });

  it('is unknown over a token whose service account nobody sees (--no-metadata)', () => {
    const secrets = [{ namespace: 'shop', name: 'bot', type: 'kubernetes.io/service-account-token' }];
    expect(tell(nobody, { 'kubernetes.secrets': toKnown(secrets) })).toEqual(['unknown']);
  });

  it('tells who was seen beside what was not', () => {
    expect(tell(reads('user ada'), { 'kubernetes.workloads': denied })).toEqual(['medium ada', 'unknown']);
  });

  const part = [{ what: 'the rest was not asked for', reason: 'over-budget' as const }];
  it.each<[string, Subject['facts']]>([
    ['a part of the service accounts', { 'kubernetes.serviceAccounts': toKnown([], part) }],
    [
      'one namespace',
      {
        'kubernetes.serviceAccounts': toKnown([{ namespace: 'shop', name: 'default' }]),
        'kubernetes.roleBindings': toKnown(reads('account argocd/argocd-server').roleBindings, part),
      },
    ],
  ])('takes nobody for gone who is bound, where only %s was read', (_, facts) => {
    expect(tell(reads('account argocd/argocd-server'), facts)).toEqual([`medium ${argocd}`, 'unknown']);
  });

  it('says how, by what, and how to except or narrow it', () => {
    const rbac = join(
      {
        roles: [role('argocd', '* *')],
        roleBindings: [bind('argocd', 'argocd', 'account argocd/argocd-server')],
      },
      {
        roles: [role('argocd/deploy', 'create deployments')],
        roleBindings: [bind('argocd/deployers', 'Role deploy', 'group developers')],
      },
    );
    const [developers, server] = judge(rbac);
    expect(developers).toMatchObject({
      message:
        'Group developers may read the Secrets of every namespace: it goes on through pods in namespace argocd by RoleBinding argocd/deployers of Role argocd/deploy; as system:serviceaccount:argocd:argocd-server it reads (get secrets, list secrets, watch secrets) by ClusterRoleBinding argocd of ClusterRole argocd.',
      evidence: { how: 'through pods in namespace argocd', kind: 'group' },
    });
    expect(server).toMatchObject({
      evidence: { how: 'reads' },
      fix: `Name it in expected.secretReaders if it has to read every Secret; if not, give it Roles in the namespaces that it needs. The line is: - "${argocd}". What lets it: ClusterRoleBinding argocd of ClusterRole argocd.`,
    });
  });

  it('excepts no more than the one who is told, whatever he is called', () => {
    const [verdict] = judge(reads('group *-admins'));
    const line = '?-admins';
    expect(verdict).toMatchObject({
      fix: expect.stringContaining(`The line is: - "${line}". In it ? stands for the star`),
    });
    expect(tell(join(reads('group *-admins'), reads('group all-admins')), {}, expecting(line))).toEqual([
      'medium group:all-admins',
    ]);
  });

  it('of manifests names the binding and its place, and takes it that other service accounts exist', () => {
    const origin = { file: 'deploy/rbac.yaml', line: 12 };
    const binding = { ...bind('everybody', 'edit', 'group system:authenticated'), origin };
    const other = bind('argocd', 'cluster-admin', 'account argocd/other');
    const facts: Subject['facts'] = {
      'cluster.accessEntries': undefined,
      cluster: undefined,
      'kubernetes.serviceAccounts': toKnown([]),
    };
    const verdicts = judge({ roles: [], roleBindings: [binding, other] }, facts, {
      place: { arn: 'manifests', name: '', account: '', region: '' },
    });
    expect(verdicts).toMatchObject([
      {
        severity: 'high',
        subject: 'group:system:authenticated',
        object: { kind: 'ClusterRoleBinding', name: 'everybody', origin },
      },
      { severity: 'medium', subject: 'system:serviceaccount:argocd:other' },
    ]);
  });
});
