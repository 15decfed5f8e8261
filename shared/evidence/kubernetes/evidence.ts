/** `runs/RUN/kubernetes/…`: everything that was read inside a cluster, or of manifests. */
import { z } from 'zod';
import { factOf } from '../fact.ts';
import { timestamp } from '../timestamp.ts';
import { backupLocation } from './backup-location.ts';
import { awsAuth, role, roleBinding } from './rbac.ts';
import { secret } from './secret.ts';
import { ingress, serviceAccount } from './service-account.ts';
import { workload } from './workload.ts';

export const kubernetesEvidence = z.object({
  collectedAt: timestamp,
  secrets: factOf(z.array(secret)),
  workloads: factOf(z.array(workload)),
  serviceAccounts: factOf(z.array(serviceAccount)),
  ingresses: factOf(z.array(ingress)),
  roles: factOf(z.array(role)),
  roleBindings: factOf(z.array(roleBinding)),
  /** An empty one where the cluster has none. */
  awsAuth: factOf(awsAuth),
  /** Empty where Velero is not installed. */
  backupLocations: factOf(z.array(backupLocation)),
});
export type KubernetesEvidence = z.infer<typeof kubernetesEvidence>;
