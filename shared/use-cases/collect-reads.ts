/** Who asked for Secrets, by the audit logs of a run's clusters: read, and added to the history of each. */
import { type AuditReading, toClusterHistory } from '../activity/cluster-history.ts';
import type { SecretName } from '../activity/read-tally.ts';
import { type Cluster, type ClusterEvidence, regionEvidence } from '../evidence/cluster.ts';
import type { Fact } from '../evidence/fact.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { clusterHistory } from '../evidence/reads.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { toClusterHistoryName, toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import type { CollectOptions } from './collect-run.ts';
import { readAuditFiles } from './read-audit-files.ts';
import { readAuditQueries } from './read-audit-queries.ts';

export type AuditLogLocation =
  | { kind: 'folder'; path: string }
  | { kind: 'bucket'; bucket: string; prefix: string }
  /** Each cluster's own log group, asked by Logs Insights for no more than so many gigabytes a cluster. */
  | { kind: 'cloudwatch'; budgetGigabytes: number };

/** How far back, if anybody said so, and where audit logs are. */
export interface ReadsToCollect {
  sinceHours?: number;
  log: AuditLogLocation;
  /** The only Secret that is asked about; not given: all. */
  only?: SecretName;
}

export interface ClusterOfRun {
  account: string;
  region: string;
  arn: string;
  name: string;
  description: Fact<Cluster>;
}

export type ReadsOptions = Pick<CollectOptions, 'signal' | 'isGentle' | 'onProgress' | 'onNotice'> &
  Pick<ReadsToCollect, 'only'>;

/** Takes what was asked for; gives how a run's start tells it. */
export const toReadsOfStart = (
  { sinceHours, log }: ReadsToCollect,
  startedAt: string,
): RunStart['reads'] => ({
  source: log.kind === 'cloudwatch' ? 'cloudwatch-logs' : 'audit-log-files',
  ...(sinceHours === undefined
    ? {}
    : { from: new Date(Date.parse(startedAt) - sinceHours * 3_600_000).toISOString() }),
});

/**
 * Reads the audit log of each cluster of a run. What can't be read of it is a gap of that cluster's history. Throws
 * UsageError where one log is given and which cluster's it is can't be told.
 */
export const collectReads = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  { log, only }: ReadsToCollect,
  settings: Settings,
  options: Omit<ReadsOptions, 'only'> & Pick<CollectOptions, 'roleName'>,
): Promise<void> => {
  const clusters = await listClustersOfRun(store, start);
  const since = start.reads?.from;
  const add = async (cluster: ClusterOfRun, reading: AuditReading) => {
    const { account, region, name, arn } = cluster;
    const own = toOwn(aws, account, options.roleName);
    await addReads(
      store,
      toClusterHistoryName(account, region, name),
      { cluster: arn, own },
      reading,
      start,
      settings,
    );
  };
  if (clusters.length === 0) return;
  if (log.kind === 'cloudwatch') await readAuditQueries(aws, clusters, { since, only, log, ...options }, add);
  else await readAuditFiles(aws, clusters, { since, only, log, ...options }, add);
};

/** Adds what was read to a cluster's history. Of a log that is judged whole no day is too old to be kept. */
export const addReads = async (
  store: Store,
  name: string,
  { cluster, own }: { cluster: string; own: readonly string[] },
  reading: AuditReading,
  { id: run, reads }: Pick<RunStart, 'id' | 'reads'>,
  { thresholds }: Settings,
): Promise<void> => {
  const collectedAt = toNow();
  const heldDays = Math.ceil((Date.parse(collectedAt) - Date.parse(reading.from)) / 86_400_000) + 1;
  const { eventRetentionDays } = thresholds;
  const retentionDays =
    reads?.from === undefined ? Math.max(eventRetentionDays, heldDays) : eventRetentionDays;
  const before = await readObject(store, name, clusterHistory);
  const history = toClusterHistory(before, reading, { cluster, collectedAt, run, retentionDays, own });
  await writeObject(store, name, history);
};

const listClustersOfRun = async (store: Store, start: RunStart): Promise<ClusterOfRun[]> => {
  const clusters: ClusterOfRun[] = [];
  for (const account of start.accounts)
    for await (const name of store.list(toRunNames(start.id).clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      for (const cluster of region?.clusters ?? [])
        clusters.push(toClusterOfRun(account, region?.region, cluster));
    }
  return clusters;
};

const toClusterOfRun = (
  account: string,
  region = '',
  { arn, name, description }: ClusterEvidence,
): ClusterOfRun => ({ account, region, arn, name, description });

/** As whom Keyward reads the clusters of an account: the caller in its own, the role elsewhere. */
const toOwn = ({ caller }: Pick<Aws, 'caller'>, account: string, roleName: string | undefined): string[] => {
  if (account === caller.account) return [toPrincipalName(caller.arn)];
  return roleName === undefined
    ? []
    : [`arn:${caller.partition}:iam::${account}:role/${roleName.split('/').at(-1)}`];
};
