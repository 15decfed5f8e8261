import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetQueryResultsCommand,
  InvalidParameterException,
  MalformedQueryException,
  ResourceNotFoundException,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quietLife } from '../../../sandbox/fleets/audit/quiet-life.ts';
import { sealed } from '../../../sandbox/fleets/scenario.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { management, region, site, toFleet } from '../../use-cases/fleets.ts';

const now = new Date('2026-11-20T12:00:00.000Z');

const serve = async () => {
  const scenario = sealed({ ...site, account: management }, 'a');
  const [cluster] = scenario.clusters;
  if (cluster) cluster.logGroup = quietLife(management, now);
  const fleet = toFleet([scenario]);
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const { accessKeyId = '', secretAccessKey = '' } = fleet.credentials[0] ?? {};
  const client = new CloudWatchLogsClient({
    endpoint: sandbox.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  const start = async (queryString: string) => {
    const { queryId } = await client.send(
      new StartQueryCommand({
        logGroupName: '/aws/eks/a/cluster',
        startTime: now.getTime() / 1000 - 86_400,
        endTime: now.getTime() / 1000,
        queryString,
      }),
    );
    return queryId;
  };
  const ask = async (queryString: string) => {
    const queryId = await start(queryString);
    const first = await client.send(new GetQueryResultsCommand({ queryId }));
    expect(first.status).toBe('Running');
    const { status, results = [], statistics } = await client.send(new GetQueryResultsCommand({ queryId }));
    const rows = results.map((fields) =>
      Object.fromEntries(fields.map(({ field, value }) => [field, value])),
    );
    return { status, rows, statistics };
  };
  return { client, start, ask };
};

describe('CloudWatch Logs of the sandbox', () => {
  it('has a log group for each cluster whose control plane writes one', async () => {
    const { client } = await serve();
    const { logGroups } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/eks/' }),
    );
    expect(logGroups).toMatchObject([{ logGroupName: '/aws/eks/a/cluster', storedBytes: 400_000_000 }]);
  });

  it('counts lines by what a query groups them by', async () => {
    const { ask } = await serve();
    const { status, rows, statistics } = await ask(
      [
        'filter @logStream like "kube-apiserver-audit" and objectRef.resource = "secrets" and not (verb = "watch")',
        'filter responseStatus.code in ["403", "404"]',
        'parse @message /"userAgent":"(?<program>[a-z-]+)/',
        'stats count(*) as requests, sortsFirst(requestReceivedTimestamp) as firstAt by program, responseStatus.code',
      ].join('\n| '),
    );
    expect(status).toBe('Complete');
    expect(rows).toEqual([
      {
        program: 'kube-controller-manager',
        'responseStatus.code': '404',
        requests: '2',
        firstAt: expect.any(String),
      },
      { program: 'kubelet', 'responseStatus.code': '403', requests: '6', firstAt: expect.any(String) },
    ]);
    expect(statistics?.bytesScanned).toBeGreaterThan(10_000);
  });

  it('stops a query that runs, and none that has ended', async () => {
    const { client, start } = await serve();
    const queryId = await start('limit 1');
    expect(await client.send(new StopQueryCommand({ queryId }))).toMatchObject({ success: true });
    expect(await client.send(new GetQueryResultsCommand({ queryId }))).toMatchObject({ status: 'Cancelled' });
    await expect(client.send(new StopQueryCommand({ queryId }))).rejects.toBeInstanceOf(
      InvalidParameterException,
    );
  });

  it('refuses what it does not know', async () => {
    const { ask, client } = await serve();
    await expect(ask('dedup auditID')).rejects.toBeInstanceOf(MalformedQueryException);
    await expect(ask('filter verb ~ "get"')).rejects.toBeInstanceOf(MalformedQueryException);
    await expect(
      client.send(
        new StartQueryCommand({ logGroupName: '/b', startTime: 0, endTime: 1, queryString: 'limit 1' }),
      ),
    ).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});
