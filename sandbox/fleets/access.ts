/** Whom EKS lets into the clusters of a fleet: access entries as EKS, people and AWS's own services make them. */
import type { SandboxAccessEntry } from './fleet.ts';

/** What an entry may: an access policy's name, everywhere or in the namespaces that are named. */
type Access = [policy: string, ...namespaces: string[]];

/** A person's, pipeline's or service's entry. */
export const standardEntry = (principalArn: string, ...access: Access[]): SandboxAccessEntry => ({
  principalArn,
  type: 'STANDARD',
  kubernetesGroups: [],
  // EKS makes a role's username of its session. https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
  username: principalArn.replace(
    /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/,
    'arn:$1:sts::$2:assumed-role/$3/{{SessionName}}',
  ),
  policies: access.map(([policy, ...namespaces]) => ({
    policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`,
    accessScope: { type: namespaces.length > 0 ? 'namespace' : 'cluster', namespaces },
  })),
});

/** The entry that EKS makes for the role of a managed node group. */
const nodeEntry = (account: string, cluster: string): SandboxAccessEntry => ({
  principalArn: `arn:aws:iam::${account}:role/${cluster}-nodes`,
  type: 'EC2_LINUX',
  kubernetesGroups: ['system:nodes'],
  username: 'system:node:{{EC2PrivateDNSName}}',
  policies: [],
});

/** Keyward's own, where it may read inside: a group, which infra/kubernetes gives the right to list, and no policy. */
const keywardEntry = (account: string): SandboxAccessEntry => ({
  ...standardEntry(`arn:aws:iam::${account}:role/keyward-member`),
  kubernetesGroups: ['keyward'],
});

/** What every cluster has: its creator as its administrator, its nodes, Keyward, and a pipeline in its own namespaces. */
export const usualEntries = (account: string, cluster: string): SandboxAccessEntry[] => [
  standardEntry(`arn:aws:iam::${account}:role/terraform`, ['AmazonEKSClusterAdminPolicy']),
  nodeEntry(account, cluster),
  keywardEntry(account),
  standardEntry(`arn:aws:iam::${account}:role/deploy`, ['AmazonEKSEditPolicy', 'shop', 'shop-*']),
];

/** EKS makes it for itself. https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles-eks.html */
export const eksEntry = (account: string): SandboxAccessEntry => ({
  ...standardEntry(
    `arn:aws:iam::${account}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`,
    ['AmazonEKSClusterInsightsPolicy'],
    ['AmazonEKSEventPolicy'],
  ),
  username: 'eks:managed',
});

/** AWS Backup makes it when it backs up a cluster. https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html */
export const backupEntry = (account: string): SandboxAccessEntry =>
  standardEntry(`arn:aws:iam::${account}:role/service-role/AWSBackupDefaultServiceRole`, [
    'AWSBackupFullAccessPolicyForBackup',
  ]);

/** EKS makes it for its capability Argo CD. https://docs.aws.amazon.com/eks/latest/userguide/capabilities-security.html */
export const argoCdEntry = (account: string): SandboxAccessEntry =>
  standardEntry(
    `arn:aws:iam::${account}:role/argocd-capability`,
    ['AmazonEKSArgoCDClusterPolicy'],
    ['AmazonEKSArgoCDPolicy', 'argocd'],
  );
