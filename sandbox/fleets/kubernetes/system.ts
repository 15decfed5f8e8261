/** What every cluster of EKS has inside: Kubernetes' own rights, and the add-ons that EKS installs. */
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { SandboxCluster } from '../fleet.ts';
import {
  clusterRole,
  clusterRoleBinding,
  container,
  namespace,
  ofAccount,
  ofGroup,
  type Place,
  serviceAccount,
  toRule,
  workload,
} from './build.ts';

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings */
const defaultRights = (): KubernetesObject[] => [
  clusterRole('cluster-admin', [toRule('*', '*')], true),
  clusterRole(
    'admin',
    [
      toRule('get,list,watch,create,update,patch,delete', 'secrets', 'pods', 'pods/exec'),
      toRule('impersonate', 'serviceaccounts'),
    ],
    true,
  ),
  clusterRole(
    'edit',
    [
      toRule('get,list,watch,create,update,patch,delete', 'secrets', 'pods', 'pods/exec'),
      toRule('impersonate', 'serviceaccounts'),
    ],
    true,
  ),
  clusterRole('view', [toRule('get,list,watch', 'pods', 'configmaps')], true),
  clusterRole('system:basic-user', [toRule('create', 'authorization.k8s.io/selfsubjectaccessreviews')], true),
  clusterRole(
    'system:kube-controller-manager',
    [toRule('get', 'secrets'), toRule('create', 'serviceaccounts/token')],
    true,
  ),
  clusterRole(
    'system:controller:namespace-controller',
    [toRule('delete,deletecollection,get,list', '*')],
    true,
  ),
  clusterRole('system:node', [toRule('get,list,watch', 'secrets')], true),
  clusterRoleBinding('cluster-admin', 'cluster-admin', [ofGroup('system:masters')], true),
  clusterRoleBinding('system:basic-user', 'system:basic-user', [ofGroup('system:authenticated')], true),
  clusterRoleBinding(
    'system:kube-controller-manager',
    'system:kube-controller-manager',
    [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-controller-manager' }],
    true,
  ),
  clusterRoleBinding(
    'system:controller:namespace-controller',
    'system:controller:namespace-controller',
    [ofAccount('kube-system', 'namespace-controller')],
    true,
  ),
  clusterRole('eks:addon-manager', [
    toRule('get,list,create,update,patch,delete', 'secrets', 'serviceaccounts', 'apps/deployments'),
  ]),
  clusterRoleBinding('eks:addon-manager', 'eks:addon-manager', [
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'eks:addon-manager' },
  ]),
];

/** What Keyward needs: infra/kubernetes/cluster-role.yml */
const keywardRights = (): KubernetesObject[] => [
  clusterRole('keyward', [
    toRule('list', 'secrets', 'pods', 'serviceaccounts', 'namespaces'),
    toRule('list', 'apps/deployments', 'apps/statefulsets', 'apps/daemonsets', 'apps/replicasets'),
  ]),
  clusterRoleBinding('keyward', 'keyward', [ofGroup('keyward')]),
];

/** A program with its service account and its pods. */
export const program = (
  place: Place,
  kind: Parameters<typeof workload>[1],
  name: string,
  spec: Partial<Parameters<typeof workload>[3]> = {},
  pods = 1,
): KubernetesObject[] => [
  serviceAccount(place, name),
  ...workload(place, kind, name, { containers: [container(name)], ...spec }, pods),
];

/** The ConfigMap by which clusters without access entries let principals in. */
const awsAuth = (...entries: { rolearn: string; groups: string[] }[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'aws-auth', namespace: 'kube-system' },
  data: {
    mapRoles: entries
      .map(({ rolearn, groups }) => `- rolearn: ${rolearn}\n  username: ${rolearn}\n  groups: [${groups}]\n`)
      .join(''),
  },
});

/** What a cluster holds of which no fleet says more: nodes and Keyward are let in by aws-auth, where that counts. */
export const newInside = ({ arn, name, accessConfig }: SandboxCluster, now: Date): KubernetesObject[] => {
  const roles = `arn:aws:iam::${arn.split(':')[4]}:role`;
  const isByEntries = accessConfig?.authenticationMode === 'API';
  const nodes = { rolearn: `${roles}/${name}-nodes`, groups: ['system:bootstrappers', 'system:nodes'] };
  const keyward = { rolearn: `${roles}/keyward-member`, groups: ['keyward'] };
  return [...systemInside(now), ...(isByEntries ? [] : [awsAuth(nodes, keyward)])];
};

/** Takes the moment that dates are counted back from; gives what every cluster holds. */
export const systemInside = (now: Date): KubernetesObject[] => {
  const system: Place = { namespace: 'kube-system', now, labels: { 'k8s-app': 'eks' } };
  return [
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => namespace(name)),
    ...['default', 'kube-system'].map((name) => serviceAccount({ namespace: name, now }, 'default')),
    serviceAccount(system, 'namespace-controller'),
    ...program(system, 'DaemonSet', 'aws-node', {}, 3),
    ...program(system, 'DaemonSet', 'kube-proxy', {}, 3),
    ...program(system, 'DaemonSet', 'eks-pod-identity-agent', {}, 3),
    ...program(system, 'DaemonSet', 'ebs-csi-node', {}, 3),
    ...program(system, 'Deployment', 'coredns', {}, 2),
    ...program(
      system,
      'Deployment',
      'ebs-csi-controller',
      {
        // It may take a key of IAM where there is one: https://github.com/kubernetes-sigs/aws-ebs-csi-driver
        containers: [
          container('ebs-plugin', {
            env: [
              {
                name: 'AWS_ACCESS_KEY_ID',
                valueFrom: { secretKeyRef: { name: 'aws-secret', key: 'key_id', optional: true } },
              },
              {
                name: 'AWS_SECRET_ACCESS_KEY',
                valueFrom: { secretKeyRef: { name: 'aws-secret', key: 'access_key', optional: true } },
              },
            ],
          }),
        ],
      },
      2,
    ),
    ...defaultRights(),
    ...keywardRights(),
  ];
};
