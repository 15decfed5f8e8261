/** A cluster's log group: since when it holds lines, and about how much of them a query scans. */
import { type CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { type Fact, toKnown, toUnknown } from '../../evidence/fact.ts';
import { toUnknownFact } from '../collect-fact.ts';

/** https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const toLogGroupName = (cluster: string): string => `/aws/eks/${cluster}/cluster`;

const logGroup = z.object({
  logGroupName: z.string(),
  storedBytes: z.number().default(0),
  /** Milliseconds since 1970. */
  creationTime: z.number().default(0),
  /** Not given: for ever. */
  retentionInDays: z.number().optional(),
});
export type LogGroup = z.infer<typeof logGroup>;

/** Takes a cluster's name; gives its log group, or why there is none. */
export const collectLogGroup = async (
  client: CloudWatchLogsClient,
  cluster: string,
  abortSignal: AbortSignal,
): Promise<Fact<LogGroup>> => {
  const name = toLogGroupName(cluster);
  try {
    // Names that go on after this one come later: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }), {
      abortSignal,
    });
    const found = logGroups.find(({ logGroupName }) => logGroupName === name);
    if (!found) return toUnknown('not-found', `there is no log group ${name}: nothing keeps the audit log`);
    return toKnown(logGroup.parse(found));
  } catch (error) {
    const { unknown, detail } = toUnknownFact(error);
    return toUnknown(unknown, `the log group ${name} can’t be seen: ${detail}`);
  }
};

const dayMilliseconds = 86_400_000;

/** Since when the group may hold lines, in milliseconds. */
export const toHeldSince = ({ creationTime, retentionInDays }: LogGroup, now: number): number =>
  Math.max(creationTime, retentionInDays === undefined ? 0 : now - retentionInDays * dayMilliseconds);

/**
 * Takes a group and a time in milliseconds; gives about how many gigabytes a query of it scans: its share of what the
 * group stores, as if each day were like the others.
 */
export const estimateGigabytes = (group: LogGroup, from: number, now: number): number => {
  const heldSince = toHeldSince(group, now);
  const held = Math.max(now - heldSince, dayMilliseconds);
  const asked = Math.max(now - Math.max(from, heldSince), 0);
  return (group.storedBytes * Math.min(asked / held, 1)) / 1e9;
};

/** What AWS asked in us-east-1 when this was written: https://aws.amazon.com/cloudwatch/pricing/. Other Regions ask more. */
const assumedDollarsPerGigabyte = 0.005;

/** `about 3.2 GB, $0.02 at an assumed $0.005 a GB` */
export const toCostWords = (gigabytes: number): string =>
  `${gigabytes < 0.1 ? 'less than 0.1' : `about ${gigabytes.toFixed(gigabytes < 10 ? 1 : 0)}`} GB, $${(gigabytes * assumedDollarsPerGigabyte).toFixed(2)} at an assumed $${assumedDollarsPerGigabyte} a GB`;
