import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import pMap from 'p-map';
import type { AuditReading } from '../activity/cluster-history.ts';
import { collectFromInsights } from '../collect/audit-log/audit-insights.ts';
import {
  collectLogGroup,
  estimateGigabytes,
  type LogGroup,
  toCostWords,
} from '../collect/audit-log/log-group.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { type Fact, isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import type { ClusterOfRun, ReadsOptions } from './collect-reads.ts';
import { toBlindReading } from './read-audit-files.ts';

interface QueriesOptions extends ReadsOptions {
  since: string | undefined;
  log: { budgetGigabytes: number };
}

const clustersAtOnce = 4;

/** Asks each cluster's log group by Logs Insights who asked for its Secrets. Says first what that scans, and about what it costs. */
export const readAuditQueries = async (
  aws: Aws,
  clusters: readonly ClusterOfRun[],
  { since, only, log: { budgetGigabytes }, signal, isGentle, onProgress, onNotice }: QueriesOptions,
  add: (cluster: ClusterOfRun, reading: AuditReading) => Promise<void>,
): Promise<void> => {
  const now = toNow();
  const from = since ?? now;
  const concurrency = isGentle ? clustersAtOnce / 2 : clustersAtOnce;
  const asked = await pMap(
    clusters,
    async (cluster) => ({ cluster, ...(await openGroup(aws, cluster, signal)) }),
    { concurrency },
  );
  const onGigabytes = asked
    .flatMap(({ group }) =>
      isKnown(group) ? estimateGigabytes(group.value, Date.parse(from), Date.parse(now)) : [],
    )
    .filter((gigabytes) => gigabytes <= budgetGigabytes);
  if (onGigabytes.length > 0) onNotice?.(toNotice(onGigabytes));
  let done = 0;
  await pMap(
    asked,
    async ({ cluster, group, client }) => {
      const reading =
        isKnown(group) && client
          ? await collectFromInsights(
              client,
              group.value,
              { from, to: now },
              { signal, budgetGigabytes, only },
            )
          : toBlindReading(from, toWhy(group), 'cloudwatch-logs');
      await add(cluster, reading);
      done += 1;
      onProgress?.({ step: 'audit', done, total: asked.length });
    },
    { concurrency },
  );
};

const openGroup = async (aws: Aws, cluster: ClusterOfRun, signal: AbortSignal) => {
  const off = toOff(cluster);
  if (off) return { group: off };
  try {
    const client = aws.open(CloudWatchLogsClient, await aws.getAccess(cluster.account), cluster.region);
    return { client, group: await collectLogGroup(client, cluster.name, signal) };
  } catch (error) {
    return { group: toUnknownFact(error) };
  }
};

/** A log that is off may have been on before; what it held then says nothing of now. */
const toOff = ({ name, description }: ClusterOfRun): Unknown | undefined => {
  if (!isKnown(description)) return undefined;
  const isOn = description.value.logging?.clusterLogging?.some(
    ({ types = [], enabled }) => enabled === true && types.includes('audit'),
  );
  if (isOn || !description.value.logging) return undefined;
  return toUnknown('not-found', `the audit log of ${name} is off: nobody writes down who reads its Secrets`);
};

const toWhy = (group: Fact<LogGroup>): Unknown =>
  isKnown(group) ? toUnknown('failed', 'the log group could not be asked') : group;

const toNotice = (gigabytes: readonly number[]): string => {
  const sum = gigabytes.reduce((total, one) => total + one, 0);
  const groups = gigabytes.length === 1 ? 'a log group' : `${gigabytes.length} log groups`;
  return `audit log: queries of ${groups} scan ${toCostWords(sum)}`;
};
