/** What is asked about a cluster beside its description, where a check wants to know. */
import { BackupClient } from '@aws-sdk/client-backup';
import type { EKSClient } from '@aws-sdk/client-eks';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Check, FactName } from '../checks/check.ts';
import { createBackupReader } from '../collect/backup/collect-backups.ts';
import { collectAccessEntries } from '../collect/eks/collect-access-entries.ts';
import { collectPodIdentity } from '../collect/eks/collect-pod-identity.ts';
import type { ClusterEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import { isReadWithin, type RunStart } from '../evidence/run.ts';
import type { Access, Aws } from '../runtime/aws.ts';
import { isAskedOf } from './pick-checks.ts';

export type ClusterFacts = Pick<ClusterEvidence, 'accessEntries' | 'podIdentityAssociations' | 'backups'>;

/**
 * Gives a function that reads what the checks of a run ask about one cluster of an account and Region. Access entries
 * are described only where the cluster is read from within: what they say of groups means nothing without its RBAC.
 */
export const createClusterReader = (
  aws: Aws,
  access: Access,
  region: string,
  start: RunStart,
  checks: readonly Pick<Check, 'facts'>[],
  signal: AbortSignal,
): ((client: EKSClient, cluster: ClusterEvidence) => Promise<ClusterFacts>) => {
  const { partition } = start;
  const { account } = access;
  const openKms = (place: string) => aws.open(KMSClient, access, place);
  let readBackups: ReturnType<typeof createBackupReader> | undefined;
  return async (client, { name, arn, description }) => {
    const asked = new Set<FactName>(
      checks.filter((check) => isAskedOf(check, start, name)).flatMap(({ facts }) => facts),
    );
    const collectEntries = async () => {
      if (!isKnown(description)) return description;
      const { authenticationMode } = description.value.accessConfig ?? {};
      const entries = { clusterName: name, authenticationMode, isDescribed: isReadWithin(start, name) };
      return collectAccessEntries(client, entries, signal);
    };
    const collectBackups = () => {
      readBackups ??= createBackupReader(
        { partition, account, region, openKms, openBackup: (place) => aws.open(BackupClient, access, place) },
        signal,
      );
      return readBackups(arn);
    };
    const [accessEntries, podIdentityAssociations, backups] = await Promise.all([
      asked.has('cluster.accessEntries') ? collectEntries() : undefined,
      asked.has('cluster.podIdentityAssociations') ? collectPodIdentity(client, name, signal) : undefined,
      asked.has('cluster.backups') ? collectBackups() : undefined,
    ]);
    return {
      ...(accessEntries ? { accessEntries } : {}),
      ...(podIdentityAssociations ? { podIdentityAssociations } : {}),
      ...(backups ? { backups } : {}),
    };
  };
};
