/** Which facts each permission tells: what is unknown without it. docs/permissions.md says it in words. */
import type { FactName } from '../checks/check.ts';

const ofTree: readonly FactName[] = ['serviceControl.cluster', 'serviceControl.key', 'resourceControl.key'];

export const factsOfPermissions: Readonly<Record<string, readonly FactName[]>> = {
  'access-analyzer:ListAnalyzers': ['key.accessAnalyzer'],
  'access-analyzer:ListFindings': ['key.accessAnalyzer'],
  // Without them nothing is listed, so there is nothing to judge: the target fails.
  'account:ListRegions': [],
  'eks:ListClusters': [],
  'backup:DescribeBackupVault': ['cluster.backups'],
  'backup:GetBackupVaultAccessPolicy': ['cluster.backups'],
  'backup:ListCopyJobs': ['cluster.backups'],
  'backup:ListRecoveryPointsByResource': ['cluster.backups'],
  'cloudtrail:DescribeTrails': ['key.trails'],
  'cloudtrail:GetEventSelectors': ['key.trails'],
  'cloudtrail:GetTrailStatus': ['key.trails'],
  'cloudtrail:LookupEvents': ['key.use', 'key.changes'],
  'eks:DescribeAccessEntry': ['cluster.accessEntries'],
  'eks:DescribeCluster': ['cluster'],
  'eks:DescribePodIdentityAssociation': ['cluster.podIdentityAssociations'],
  'eks:ListAccessEntries': ['cluster.accessEntries'],
  'eks:ListAssociatedAccessPolicies': ['cluster.accessEntries'],
  'eks:ListPodIdentityAssociations': ['cluster.podIdentityAssociations'],
  'iam:GetAccountAuthorizationDetails': ['iam.cluster', 'iam.key'],
  // Of the bucket of a trail or an audit log: never of a cluster.
  'kms:Decrypt': ['key.use', 'secret.reads'],
  'kms:DescribeKey': ['key.metadata'],
  'kms:GetKeyLastUsage': ['key.lastUsage'],
  'kms:GetKeyPolicy': ['key.policy'],
  'kms:GetKeyRotationStatus': ['key.rotation'],
  'kms:GetPublicKey': [],
  'kms:ListAliases': ['key.aliases'],
  'kms:ListGrants': ['key.grants'],
  'kms:ListKeyRotations': ['key.rotations'],
  'logs:DescribeLogGroups': ['secret.reads'],
  'logs:GetQueryResults': ['secret.reads'],
  'logs:StartQuery': ['secret.reads'],
  // What still runs when a run is interrupted is paid for, and no fact.
  'logs:StopQuery': [],
  'organizations:DescribeOrganization': ['organization'],
  'organizations:DescribePolicy': ofTree,
  'organizations:ListAccounts': ['organization'],
  'organizations:ListAccountsForParent': ofTree,
  'organizations:ListOrganizationalUnitsForParent': ofTree,
  'organizations:ListParents': ofTree,
  'organizations:ListPolicies': ofTree,
  'organizations:ListPoliciesForTarget': ofTree,
  'organizations:ListRoots': ofTree,
  'organizations:ListTargetsForPolicy': ofTree,
  's3:GetEncryptionConfiguration': ['kubernetes.backupLocations'],
  's3:GetObject': ['key.use', 'secret.reads'],
  's3:ListBucket': ['key.use', 'secret.reads'],
  // Of each apart: without metadata a table does not tell them apart.
  'list namespaces': ['kubernetes.secrets'],
  'list secrets': ['kubernetes.secrets'],
  'list serviceaccounts': ['kubernetes.serviceAccounts'],
  'list ingresses.networking.k8s.io': ['kubernetes.ingresses'],
  'list roles.rbac.authorization.k8s.io': ['kubernetes.roles'],
  'list clusterroles.rbac.authorization.k8s.io': ['kubernetes.roles'],
  'list rolebindings.rbac.authorization.k8s.io': ['kubernetes.roleBindings'],
  'list clusterrolebindings.rbac.authorization.k8s.io': ['kubernetes.roleBindings'],
  'get configmaps': ['kubernetes.awsAuth'],
  'list backupstoragelocations.velero.io': ['kubernetes.backupLocations'],
};
/** Pods, and what makes them: of more kinds than are worth a line each. */
export const ofWorkloads: readonly FactName[] = ['kubernetes.workloads'];
