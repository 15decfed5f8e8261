/** What Logs Insights tells of a cluster's Secrets' readers, within a budget of what it may scan. */
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { AuditReading } from '../../activity/cluster-history.ts';
import { toDays } from '../../activity/day-parts.ts';
import { createReadCounter, type ReadCounter, type SecretName } from '../../activity/read-tally.ts';
import type { EventGap, TimeWindow } from '../../evidence/events.ts';
import type { Unknown } from '../../evidence/fact.ts';
import { toMissingHours } from '../cloudtrail/log-gaps.ts';
import { mute } from './audit-gaps.ts';
import { auditQuery, parseRow, type Row } from './insights-query.ts';
import { estimateGigabytes, type LogGroup, toCostWords, toHeldSince } from './log-group.ts';
import { runQuery } from './run-query.ts';

export interface InsightsOptions {
  signal: AbortSignal;
  budgetGigabytes: number;
  /** The only Secret that is asked about; not given: all. */
  only?: SecretName;
  /** Called with each query that is over. */
  onQuery?: () => void;
}

/** Of less time the rows would be as many: who asks is different each second. */
const shortestMilliseconds = 15 * 60_000;
const secondMilliseconds = 1000;
const hourMilliseconds = 3_600_000;

const toMoment = (milliseconds: number): string => new Date(milliseconds).toISOString();

/**
 * Takes a log group and a time; gives who asked for Secrets, day by day, the newest first, until the budget is spent.
 * What can't be asked is a gap, and never thrown.
 */
export const collectFromInsights = async (
  client: CloudWatchLogsClient,
  group: LogGroup,
  window: TimeWindow,
  { signal, budgetGigabytes, only, onQuery }: InsightsOptions,
): Promise<AuditReading> => {
  const counter = createReadCounter(window, only);
  const gaps: EventGap[] = [];
  const leave = (from: number, to: number, reason: EventGap['reason'], what: string) =>
    gaps.push({ from: toMoment(from), to: toMoment(to), reason, what });
  const toReading = (): AuditReading => ({ source: 'cloudwatch-logs', ...window, gaps, days: counter.get() });

  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const gigabytes = estimateGigabytes(group, from, to);
  if (gigabytes > budgetGigabytes) {
    const why = `a query of ${group.logGroupName} would scan ${toCostWords(gigabytes)}, more than --audit-budget-gb ${budgetGigabytes}`;
    leave(from, to, 'over-budget', why);
    return toReading();
  }
  const begin = Math.min(Math.max(toHeldSince(group, to), from), to);
  if (begin > from)
    leave(from, begin, 'incomplete-window', `${group.logGroupName} holds nothing of this time`);

  let scannedBytes = 0;
  const ask = async (start: number, end: number): Promise<void> => {
    if (scannedBytes / 1e9 > budgetGigabytes)
      return void leave(start, end, 'over-budget', toSpent(group, scannedBytes, budgetGigabytes));
    const answer = await runQuery(client, toQuestion(group, start, end), signal);
    onQuery?.();
    if ('unknown' in answer) return void leave(start, end, answer.unknown, toWords(group, answer));
    scannedBytes += answer.scannedBytes;
    if (!answer.isCut) return take(counter, answer.rows, start, end, leave);
    const middle = Math.floor((start + end) / 2 / secondMilliseconds) * secondMilliseconds;
    if (end - start <= shortestMilliseconds)
      return void leave(start, end, 'over-budget', `${group.logGroupName}: more rows than AWS gives`);
    await ask(middle, end);
    await ask(start, middle);
  };
  if (begin < to)
    for (const day of toDays(toMoment(begin), window.to).reverse())
      await ask(Date.parse(day.from), Date.parse(day.to));
  return toReading();
};

/** The end that Insights is given is part of the time, and it knows whole seconds. */
const toQuestion = ({ logGroupName }: LogGroup, start: number, end: number) => ({
  logGroupName,
  queryString: auditQuery,
  startTime: Math.floor(start / secondMilliseconds),
  endTime: Math.ceil(end / secondMilliseconds) - 1,
});

const take = (
  counter: ReadCounter,
  rows: readonly Row[],
  start: number,
  end: number,
  leave: (from: number, to: number, reason: EventGap['reason'], what: string) => void,
): void => {
  if (rows.length === 0) leave(start, end, 'incomplete-window', mute);
  else
    for (const { from, to } of toMuteHours(rows, start, end))
      leave(Date.parse(from), Date.parse(to), 'incomplete-window', mute);
  let unreadable = 0;
  for (const row of rows) {
    const tally = parseRow(row);
    if (tally === 'unreadable') unreadable += 1;
    else if (tally) counter.addCounted(tally);
  }
  if (unreadable > 0)
    leave(
      start,
      end,
      'failed',
      `${unreadable} of ${rows.length} rows about Secrets lack what such lines have`,
    );
};

/** The whole hours in which nobody opened a watch: the control plane's own controllers do within ten minutes or so. */
const toMuteHours = (rows: readonly Row[], start: number, end: number) => {
  const hours = new Set(
    rows.flatMap(({ hour }) => (hour ? Date.parse(`${hour}:00:00Z`) / hourMilliseconds : [])),
  );
  const from = Math.ceil(start / hourMilliseconds) * hourMilliseconds;
  const to = Math.floor(end / hourMilliseconds) * hourMilliseconds;
  return toMissingHours(
    { from, to },
    hours,
    'the audit log holds no watch of Secrets that was opened then, not even the control plane’s own',
  );
};

const toWords = ({ logGroupName }: LogGroup, { detail }: Unknown): string => `${logGroupName}: ${detail}`;

const toSpent = ({ logGroupName }: LogGroup, bytes: number, budget: number): string =>
  `queries of ${logGroupName} have scanned ${(bytes / 1e9).toFixed(1)} GB, more than --audit-budget-gb ${budget}`;
