/** CloudWatch Logs: the log groups of clusters, and Logs Insights over them. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html */
import {
  DescribeLogGroups$,
  type DescribeLogGroupsRequest,
  type DescribeLogGroupsResponse,
  GetQueryResults$,
  type GetQueryResultsRequest,
  type GetQueryResultsResponse,
  type LogGroup,
  StartQuery$,
  type StartQueryRequest,
  type StartQueryResponse,
  StopQuery$,
  type StopQueryRequest,
  type StopQueryResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../aws-error.ts';
import type { SandboxCluster } from '../fleets/fleet.ts';
import { MalformedQueryError } from '../insights/expression.ts';
import { type LogLine, runQuery } from '../insights/run-query.ts';
import { toPage } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';

const secondMilliseconds = 1000;
const dayMilliseconds = 86_400_000;
const rowsPerPage = 10_000;

/** The clusters of the caller's account and Region whose control plane writes into a log group, by its name. */
const toGroups = ({ caller, region, world }: Call): Map<string, SandboxCluster> =>
  new Map(
    [...world.at(caller.account, region).clusters.values()]
      .filter(({ logGroup }) => logGroup !== undefined)
      .map((cluster) => [`/aws/eks/${cluster.name}/cluster`, cluster]),
  );

const toGroup = (logGroupName: string, { logGroup, createdAt }: SandboxCluster): LogGroup => ({
  logGroupName,
  creationTime: (createdAt ?? new Date(0)).getTime(),
  storedBytes: logGroup?.storedBytes ?? 0,
  retentionInDays: logGroup?.retentionInDays,
  logGroupClass: 'STANDARD',
});

const describe = (
  { logGroupNamePrefix = '' }: DescribeLogGroupsRequest,
  call: Call,
): DescribeLogGroupsResponse => ({
  logGroups: [...toGroups(call)]
    .filter(([name]) => name.startsWith(logGroupNamePrefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, cluster]) => toGroup(name, cluster)),
});

/** What a control plane writes beside its audit log. */
const toOthers = (from: number, to: number): LogLine[] => {
  const lines: LogLine[] = [];
  for (let time = Math.ceil(from / dayMilliseconds) * dayMilliseconds; time < to; time += dayMilliseconds)
    lines.push({
      timestamp: time,
      logStreamName: 'authenticator-0123456789abcdef0123456789abcdef',
      message: `time="${new Date(time).toISOString()}" level=info msg="access granted" secrets="secrets"`,
    });
  return lines;
};

const toLines = ({ logGroup }: SandboxCluster, from: number, to: number): LogLine[] => [
  ...(logGroup?.between(from, to) ?? []).map((line) => ({
    timestamp: Date.parse(line.stageTimestamp),
    logStreamName: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef',
    message: JSON.stringify(line),
  })),
  ...toOthers(from, to),
];

const start = (
  { logGroupName = '', queryString = '', startTime = 0, endTime = 0, limit = 10_000 }: StartQueryRequest,
  call: Call,
): StartQueryResponse => {
  const { world } = call;
  const cluster = toGroups(call).get(logGroupName);
  if (!cluster)
    throw new AwsError(
      'ResourceNotFoundException',
      `Log group '${logGroupName}' does not exist for account ID '${call.caller.account}'`,
    );
  const status = world.queryStatus?.(world.queries.size);
  if (status === 'LimitExceeded')
    throw new AwsError('LimitExceededException', 'Account maximum query concurrency limit of [100] reached.');
  const lines = toLines(cluster, startTime * secondMilliseconds, (endTime + 1) * secondMilliseconds);
  try {
    const rows = runQuery(lines, queryString).slice(0, limit);
    const queryId = `00000000-0000-4000-8000-${String(world.queries.size).padStart(12, '0')}`;
    const bytesScanned = lines.reduce((sum, { message }) => sum + message.length, 0);
    world.queries.set(queryId, {
      rows,
      bytesScanned,
      recordsScanned: lines.length,
      status: status ?? 'Complete',
      isRunning: true,
    });
    return { queryId };
  } catch (error) {
    if (error instanceof MalformedQueryError) throw new AwsError('MalformedQueryException', error.message);
    throw error;
  }
};

const getResults = (
  { queryId = '', nextToken }: GetQueryResultsRequest,
  { world }: Call,
): GetQueryResultsResponse => {
  const query = world.queries.get(queryId);
  if (!query) throw new AwsError('ResourceNotFoundException', 'No query with that id.');
  if (query.isRunning) {
    // One that is to run on does so until it is stopped.
    query.isRunning = query.status === 'Running';
    return { status: 'Running', results: [] };
  }
  const { rows, status, bytesScanned, recordsScanned } = query;
  const refuse = () => new AwsError('InvalidParameterException', 'The nextToken is not valid.');
  const page = toPage(status === 'Complete' ? rows : [], rowsPerPage, nextToken, refuse);
  return {
    status,
    queryLanguage: 'CWLI',
    results: page.items.map((row) => [...row].map(([field, value]) => ({ field, value }))),
    statistics: { bytesScanned, recordsScanned, recordsMatched: rows.length },
    nextToken: page.next,
  };
};

const stop = ({ queryId = '' }: StopQueryRequest, { world }: Call): StopQueryResponse => {
  const query = world.queries.get(queryId);
  if (!query) throw new AwsError('ResourceNotFoundException', 'No query with that id.');
  if (!query.isRunning) throw new AwsError('InvalidParameterException', 'The query is not running.');
  query.isRunning = false;
  query.status = 'Cancelled';
  return { success: true };
};

export const cloudwatchLogs: Service = {
  name: 'logs',
  namespace: 'com.amazonaws.cloudwatchlogs',
  protocol: awsJson('Logs_20140328'),
  operations: [
    { schema: DescribeLogGroups$, answer: describe },
    { schema: StartQuery$, answer: start },
    { schema: GetQueryResults$, answer: getResults },
    { schema: StopQuery$, answer: stop },
  ],
};
