/** One query of Logs Insights, from its start to its last page. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type GetQueryResultsResponse,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { toUnknown, type Unknown } from '../../evidence/fact.ts';
import { toUnknownFact } from '../collect-fact.ts';
import { mostRows, type Row } from './insights-query.ts';

export interface Question {
  logGroupName: string;
  queryString: string;
  /** Seconds since 1970; both are part of the time. */
  startTime: number;
  endTime: number;
}

export interface Answer {
  rows: Row[];
  /** Whether there may be more rows than AWS gives. */
  isCut: boolean;
  scannedBytes: number;
}

/** An account runs a hundred at once, dashboards and people among them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const mostStarts = 6;
const firstPauseMilliseconds = 250;
const longestPauseMilliseconds = 5_000;
/** An interrupted run waits no longer for a query to be stopped. */
const stopMilliseconds = 3_000;

/** Runs a query; gives its rows, or why there are none. One that nobody waits for any more is stopped. */
export const runQuery = async (
  client: CloudWatchLogsClient,
  question: Question,
  signal: AbortSignal,
): Promise<Answer | Unknown> => {
  let running: string | undefined;
  try {
    const queryId = await start(client, question, signal);
    running = queryId;
    let page = await askUntilDone(client, queryId, signal);
    running = undefined;
    const failure = toFailure(page);
    if (failure) return failure;
    const scannedBytes = page.statistics?.bytesScanned ?? 0;
    const rows = toRows(page);
    while (page.nextToken !== undefined && rows.length < mostRows) {
      page = await client.send(new GetQueryResultsCommand({ queryId, nextToken: page.nextToken }), {
        abortSignal: signal,
      });
      rows.push(...toRows(page));
    }
    return { rows, isCut: rows.length >= mostRows, scannedBytes };
  } catch (error) {
    if (running !== undefined) await stop(client, running);
    return toUnknownFact(error);
  }
};

/** Where as many queries run as may, AWS refuses another one and says so by an error that the SDK does not try again. */
const start = async (
  client: CloudWatchLogsClient,
  question: Question,
  signal: AbortSignal,
): Promise<string> => {
  for (let attempt = 1, pause = firstPauseMilliseconds; ; attempt += 1, pause *= 4)
    try {
      const { queryId } = await client.send(new StartQueryCommand({ ...question, limit: mostRows }), {
        abortSignal: signal,
      });
      if (queryId === undefined) throw new Error('StartQuery gave no id');
      return queryId;
    } catch (error) {
      const isFull = error instanceof Error && error.name === 'LimitExceededException';
      if (!isFull || attempt === mostStarts) throw error;
      await sleep(Math.min(pause, longestPauseMilliseconds), undefined, { signal });
    }
};

/** It is billed by what it scans, so not to its end. Where stopping is refused it runs on, and nothing else changes. */
const stop = async (client: CloudWatchLogsClient, queryId: string): Promise<void> => {
  try {
    await client.send(new StopQueryCommand({ queryId }), {
      abortSignal: AbortSignal.timeout(stopMilliseconds),
    });
  } catch {}
};

const askUntilDone = async (
  client: CloudWatchLogsClient,
  queryId: string,
  signal: AbortSignal,
): Promise<GetQueryResultsResponse> => {
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(pause * 1.5, longestPauseMilliseconds)) {
    const page = await client.send(new GetQueryResultsCommand({ queryId }), { abortSignal: signal });
    if (page.status !== 'Running' && page.status !== 'Scheduled') return page;
    await sleep(pause, undefined, { signal });
  }
};

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html */
const toFailure = ({ status = 'Unknown' }: GetQueryResultsResponse): Unknown | undefined => {
  if (status === 'Complete') return undefined;
  if (status === 'Timeout')
    return toUnknown('over-budget', 'the query of the audit log took longer than the 60 minutes that it may');
  return toUnknown('failed', `the query of the audit log ended as ${status}`);
};

const toRows = ({ results = [] }: GetQueryResultsResponse): Row[] =>
  results.map((fields) =>
    Object.fromEntries(
      fields.flatMap(({ field, value }) => (field !== undefined && value ? [[field, value]] : [])),
    ),
  );
