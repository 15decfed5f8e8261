/** Everything that says who may do what inside one cluster. What is absent is not known. */
import type { AccessEntry } from '../evidence/access-entry.ts';
import type { AwsAuth, Role, RoleBinding } from '../evidence/kubernetes/rbac.ts';
import type { Secret } from '../evidence/kubernetes/secret.ts';
import type { ServiceAccount } from '../evidence/kubernetes/service-account.ts';
import type { Workload } from '../evidence/kubernetes/workload.ts';

export interface ClusterAccess {
  roles: readonly Role[];
  roleBindings: readonly RoleBinding[];
  /** Given only where these are all that there are: then a binding of another lets nobody in. */
  serviceAccounts?: readonly Pick<ServiceAccount, 'namespace' | 'name' | 'automountServiceAccountToken'>[];
  workloads?: readonly Workload[];
  secrets?: readonly Secret[];
  awsAuth?: AwsAuth;
  /** Whether EKS goes by aws-auth: then who writes it decides who comes in. */
  isAwsAuthHonoured?: boolean;
  accessEntries?: readonly AccessEntry[];
}
