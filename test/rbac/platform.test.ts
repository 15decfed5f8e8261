/** A platform cluster as charts and EKS install it: who reads every Secret there is meant to, and nobody else is told. */
import { describe, expect, it } from 'vitest';
import { secretAccessIsLimited } from '../../shared/checks/secret-access-is-limited.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { account } from '../checks/cases.ts';
import { judgeWith } from '../checks/cluster-facts.ts';
import { bind, give, join, role, runs } from './cluster.ts';

const leases = 'get,create,update configmaps,leases';

/** By their charts' ClusterRoles, as far as those have a say in it. */
const readers = join(
  give('account cert-manager/cert-manager', undefined, 'get,list,watch,create,update,delete,patch secrets'),
  give('account cert-manager/cert-manager-cainjector', undefined, 'get,list,watch secrets'),
  give(
    'account external-secrets/external-secrets',
    undefined,
    'get,list,watch,create,update,delete,patch secrets',
    'create serviceaccounts/token',
  ),
  give('account argocd/argocd-application-controller', undefined, '* *'),
  give(
    'account ingress-nginx/ingress-nginx',
    undefined,
    'list,watch configmaps,endpoints,nodes,pods,secrets,namespaces',
  ),
  give(
    'account kube-system/kube-state-metrics',
    undefined,
    'list,watch configmaps,secrets,nodes,pods,services',
  ),
  give('account monitoring/prometheus-operator', undefined, '* statefulsets', '* configmaps,secrets'),
  give(
    'account monitoring/prometheus',
    undefined,
    'get,list,watch nodes,nodes/proxy,nodes/metrics,services,pods',
  ),
  {
    roles: [],
    roleBindings: [
      bind('velero-server', 'cluster-admin', 'account velero/velero'),
      bind(
        'cluster-reconciler',
        'cluster-admin',
        'account flux-system/kustomize-controller',
        'account flux-system/helm-controller',
      ),
      bind('eks:addon-cluster-admin', 'cluster-admin', 'user eks:addon-manager'),
      bind('cluster-admin', 'cluster-admin', 'group system:masters'),
    ],
  },
);

/** What reads no Secret, or those of its own namespace alone. */
const others = join(
  give(
    'account argocd/argocd-server',
    'argocd',
    'get,list,watch,create,update,patch,delete secrets,configmaps',
  ),
  give(
    'account cert-manager/cert-manager-webhook',
    'cert-manager',
    'get,list,watch,update secrets cert-manager-webhook-ca',
    'create secrets',
  ),
  give('account kube-system/metrics-server', undefined, 'get nodes/metrics', 'get,list,watch pods,nodes'),
  give(
    'account kube-system/cluster-autoscaler',
    undefined,
    'create pods/eviction',
    'update pods/status',
    'watch,list,get,update nodes',
    'watch,list,get replicasets,daemonsets,jobs',
  ),
  give(
    'account kube-system/karpenter',
    undefined,
    'get,list,watch pods,nodes',
    'create pods/eviction',
    'delete pods',
  ),
  give(
    'account kube-system/aws-load-balancer-controller',
    undefined,
    'get,list,watch pods,services,endpoints',
    'update,patch pods/status',
  ),
  give('account kube-system/aws-node', undefined, 'list,watch,get pods,namespaces,nodes'),
  give('account kube-system/coredns', undefined, 'list,watch endpoints,services,pods,namespaces'),
  give(
    'account kube-system/ebs-csi-controller-sa',
    undefined,
    'get,list,watch,create,delete persistentvolumes',
    'get,list,watch pods,nodes',
  ),
  give('account kube-system/external-dns', undefined, 'get,watch,list services,endpoints,pods,nodes'),
  give('account kube-system/vpa-recommender', undefined, 'get,list,watch pods,nodes,limitranges'),
  give('account kube-system/leader', 'kube-system', leases),
  give('user eks:fargate-scheduler', undefined, 'create bindings,pods/binding', 'get,list,watch pods'),
  give('group system:nodes', undefined, 'create certificatesigningrequests'),
  give('group system:authenticated', undefined, 'create selfsubjectaccessreviews'),
  give('group team-payments', 'payments', '* *'),
  {
    roles: [role('viewer', 'get,list,watch pods,configmaps')],
    roleBindings: [bind('view', 'view', 'group developers')],
  },
);

const rbac = join(readers, others);
const bound = rbac.roleBindings.flatMap(({ subjects }) => subjects);
const serviceAccounts = bound.flatMap(({ kind, namespace, name }) =>
  kind === 'ServiceAccount' && namespace !== undefined ? [{ namespace, name }] : [],
);
const defaults = [...new Set(serviceAccounts.map(({ namespace }) => namespace)), 'payments'].map(
  (namespace) => ({
    namespace,
    name: 'default',
  }),
);
const arn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const entry = (name: string, policy: string | undefined, given: object = {}) => ({
  principalArn: arn(name),
  username: `arn:aws:sts::${account}:assumed-role/${name.split('/').at(-1)}/{{SessionName}}`,
  kubernetesGroups: [],
  accessPolicies:
    policy === undefined
      ? []
      : [
          {
            policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`,
            accessScope: { type: 'cluster' },
          },
        ],
  ...given,
});
const nodeGroups = ['system:bootstrappers', 'system:nodes'];

const judge = (secretReaders: string[] = []) =>
  judgeWith(
    secretAccessIsLimited,
    {
      'kubernetes.roles': toKnown(rbac.roles),
      'kubernetes.roleBindings': toKnown(rbac.roleBindings),
      'kubernetes.serviceAccounts': toKnown([...serviceAccounts, ...defaults]),
      'kubernetes.workloads': toKnown(
        serviceAccounts.map(({ namespace, name }) => runs(`${namespace}/${name}`)),
      ),
      'kubernetes.secrets': toKnown([]),
      'kubernetes.awsAuth': toKnown({
        mapRoles: [
          { rolearn: arn('nodes'), username: 'system:node:{{EC2PrivateDNSName}}', groups: nodeGroups },
        ],
        mapUsers: [],
        mapAccounts: [],
      }),
      'cluster.accessEntries': toKnown([
        entry('terraform', 'AmazonEKSClusterAdminPolicy'),
        entry('service-role/AWSBackupDefaultServiceRole', 'AWSBackupFullAccessPolicyForBackup'),
        entry('developers', 'AmazonEKSViewPolicy'),
        entry('payments', undefined, { kubernetesGroups: ['team-payments'] }),
        entry('nodes-2', undefined, { type: 'EC2_LINUX', kubernetesGroups: nodeGroups }),
        entry('auto-nodes', 'AmazonEKSAutoNodePolicy', { type: 'EC2' }),
      ]),
    },
    {
      cluster: { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } },
      settings: { expected: { secretReaders } },
    },
  );

describe('on a platform cluster', () => {
  it('those who read every Secret are told, each as medium, and nobody else', () => {
    const told = judge().map(({ subject, ...verdict }) =>
      verdict.status === 'fail'
        ? `${verdict.severity} ${subject?.replace('system:serviceaccount:', '')}`
        : verdict,
    );
    expect(told).toEqual([
      `medium ${arn('AWSBackupDefaultServiceRole')}`,
      `medium ${arn('terraform')}`,
      'medium argocd:argocd-application-controller',
      // It may create Secrets there, and read those of its own making: tokens of the application controller, too.
      'medium argocd:argocd-server',
      'medium cert-manager:cert-manager',
      'medium cert-manager:cert-manager-cainjector',
      'medium cert-manager:cert-manager-webhook',
      'medium external-secrets:external-secrets',
      'medium flux-system:helm-controller',
      'medium flux-system:kustomize-controller',
      'medium ingress-nginx:ingress-nginx',
      'medium kube-system:kube-state-metrics',
      // EKS goes by aws-auth here, and it may change every ConfigMap of kube-system.
      'medium kube-system:leader',
      'medium monitoring:prometheus',
      'medium monitoring:prometheus-operator',
      'medium velero:velero',
    ]);
  });

  it('each is told with the line that excepts it', () => {
    for (const verdict of judge())
      expect(verdict).toMatchObject({
        fix: expect.stringContaining(
          `expected.secretReaders if it has to read every Secret; if not, give it Roles in the namespaces that it needs. The line is: - ${JSON.stringify(verdict.subject)}`,
        ),
      });
  });

  it('nothing but their number is said once they are expected', () => {
    expect(judge(['*'])).toMatchObject([{ severity: 'low', evidence: { count: 16, limit: 5 } }]);
  });
});
