/**
 * What EKS's access policies allow, as far as it has a say in who reads Secrets. EKS evaluates them, beside RBAC.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
import type { Rule } from '../evidence/kubernetes/rbac.ts';

const reading = ['get', 'list', 'watch'];
const changing = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const readsSecrets: readonly Rule[] = [{ apiGroups: [''], resources: ['secrets'], verbs: reading }];

const edits: readonly Rule[] = [
  {
    apiGroups: ['apps'],
    resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
    verbs: changing,
  },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: changing },
  { apiGroups: [''], resources: ['pods/attach', 'pods/exec', 'secrets'], verbs: reading },
  {
    apiGroups: [''],
    resources: ['pods', 'pods/attach', 'pods/exec', 'replicationcontrollers', 'secrets', 'serviceaccounts'],
    verbs: changing,
  },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
];

const policies: Readonly<Record<string, readonly Rule[]>> = {
  AmazonEKSClusterAdminPolicy: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  AmazonEKSAdminPolicy: [
    ...edits,
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['rolebindings', 'roles'],
      verbs: [...reading, ...changing],
    },
  ],
  AmazonEKSEditPolicy: edits,
  AmazonEKSAdminViewPolicy: [{ apiGroups: ['*'], resources: ['*'], verbs: reading }],
  AmazonEKSViewPolicy: [],
  AmazonEKSSecretReaderPolicy: readsSecrets,
  AmazonEKSSecretAdminPolicy: [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }],
  // Of these two no rules are published; a backup holds every Secret, and a restore writes them.
  // https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html
  AWSBackupFullAccessPolicyForBackup: readsSecrets,
  AWSBackupFullAccessPolicyForRestore: readsSecrets,
  // https://docs.aws.amazon.com/eks/latest/userguide/capabilities-security.html
  AmazonEKSArgoCDPolicy: readsSecrets,
  AmazonEKSArgoCDClusterPolicy: [],
  AmazonEKSACKPolicy: [],
  AmazonEKSKROPolicy: [],
  // Of the parts of EKS itself: leases, nodes, volumes, load balancers, their own custom resources.
  AmazonEKSAutoNodePolicy: [],
  AmazonEKSBlockStorageClusterPolicy: [],
  AmazonEKSBlockStoragePolicy: [],
  AmazonEKSClusterInsightsPolicy: [],
  AmazonEKSComputeClusterPolicy: [],
  AmazonEKSComputePolicy: [],
  AmazonEKSHybridPolicy: [],
  AmazonEKSLoadBalancingClusterPolicy: [],
  AmazonEKSLoadBalancingPolicy: [],
  AmazonEKSNetworkingClusterPolicy: [],
  AmazonEKSNetworkingPolicy: [],
};

const policyName = /^arn:[^:]+:eks::aws:cluster-access-policy\/(.+)$/;

export const toAccessPolicyName = (policyArn: string): string => policyName.exec(policyArn)?.[1] ?? policyArn;

/** The rules of an access policy; undefined for one that is not known here: AWS adds to them. */
export const findAccessPolicyRules = (policyArn: string): readonly Rule[] | undefined => {
  const name = policyName.exec(policyArn)?.[1];
  return name !== undefined && Object.hasOwn(policies, name) ? policies[name] : undefined;
};

/**
 * Whether an entry is EKS's own: of its service-linked role, which nobody else can become. EKS gives it policies of which
 * no rules are published. https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles-eks.html
 */
export const isOfEksItself = (principalArn: string): boolean =>
  /^arn:[^:]+:iam::\d+:role\/aws-service-role\/eks\.amazonaws\.com\//.test(principalArn);
