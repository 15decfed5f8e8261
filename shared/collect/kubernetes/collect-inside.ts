import { toUnknown, type Unknown } from '../../evidence/fact.ts';
import type { KubernetesEvidence } from '../../evidence/kubernetes/evidence.ts';
import { toNow } from '../../runtime/clock.ts';
import { collectAwsAuth } from './collect-aws-auth.ts';
import { collectBackupLocations } from './collect-backup-locations.ts';
import { collectRoleBindings, collectRoles } from './collect-rbac.ts';
import { collectSecrets } from './collect-secrets.ts';
import { collectIngresses, collectServiceAccounts } from './collect-service-accounts.ts';
import { collectWorkloads } from './collect-workloads.ts';
import { type Connection, type Hearer, type KubernetesApi, openKubernetesApi } from './kubernetes-api.ts';
import { UnreachableError } from './kubernetes-error.ts';

interface InsideToRead {
  /** Only this namespace, and what belongs to the whole cluster. */
  namespace?: string;
  /** Whether the metadata of Secrets is asked for. */
  isWithMetadata: boolean;
}

/** Reads everything that checks ask of the inside of a cluster. What can't be read is a fact of its own. */
export const collectInside = async (
  api: KubernetesApi,
  { namespace, isWithMetadata }: InsideToRead,
): Promise<KubernetesEvidence> => {
  const collectedAt = toNow();
  // Secrets and pods have the most pages. The rest is read one by one beside them, so that nothing of theirs waits for it.
  const collectRest = async () => ({
    serviceAccounts: await collectServiceAccounts(api, namespace),
    ingresses: await collectIngresses(api, namespace),
    roles: await collectRoles(api, namespace),
    roleBindings: await collectRoleBindings(api, namespace),
    awsAuth: await collectAwsAuth(api),
    backupLocations: await collectBackupLocations(api, namespace),
  });
  const [secrets, workloads, rest] = await Promise.all([
    collectSecrets(api, { namespace, isWithMetadata }),
    collectWorkloads(api, namespace),
    collectRest(),
  ]);
  return { collectedAt, secrets, workloads, ...rest };
};

/** The largest are read in less than one. A function of the service has 15, and other clusters to read. */
const limitMinutes = 10;

/**
 * Reads inside the cluster that a connection leads to, and closes it. What takes too long is unknown: who runs the cluster
 * decides how long its answers are, and may not be one of ours.
 */
export const readInside = async (
  connection: Connection,
  wanted: InsideToRead,
  signal: AbortSignal,
  hearer?: Hearer,
): Promise<KubernetesEvidence> => {
  const { limitMilliseconds = limitMinutes * 60_000 } = connection;
  const slow = new AbortController();
  const limit = setTimeout(() => {
    const message = `the cluster was not read within ${limitMilliseconds / 60_000} minutes`;
    slow.abort(new UnreachableError(message, { reason: 'over-budget' }));
  }, limitMilliseconds);
  const api = openKubernetesApi(connection, AbortSignal.any([signal, slow.signal]), hearer);
  try {
    return await collectInside(api, wanted);
  } finally {
    clearTimeout(limit);
    api.close();
  }
};

/** The evidence of a cluster that could not be looked into at all. */
export const toUnreadInside = ({ unknown, detail }: Unknown): KubernetesEvidence => {
  const nothing = toUnknown(unknown, detail);
  return {
    collectedAt: toNow(),
    secrets: nothing,
    workloads: nothing,
    serviceAccounts: nothing,
    ingresses: nothing,
    roles: nothing,
    roleBindings: nothing,
    awsAuth: nothing,
    backupLocations: nothing,
  };
};
