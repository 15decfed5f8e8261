import type { Check } from '../checks/check.ts';
import type { Topic } from '../publish/sns.ts';
import { toNow } from '../runtime/clock.ts';
import { toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { readRun } from './read-run.ts';
import { toRunMetrics } from './run-metrics.ts';
import { sendAlerts } from './send-alerts.ts';
import { summariseRun } from './summarise-run.ts';
import { writeReport } from './write-report.ts';

export interface FinishOptions {
  isNightly: boolean;
  /** Where the run lies. */
  location: string;
  /** Whether so little time is left that the report is to be given up. */
  isLate: () => boolean;
  /** Is told why there is no report: everybody has been told of the run by then, and it does not fail. */
  onReportError: (error: unknown) => void;
}

/**
 * Ends a run of the service: it is summed up, the topic is told what changed, and its page is written. Gives what it
 * counts.
 */
export const finishRun = async (
  store: Store,
  topic: Topic,
  run: string,
  checks: readonly Check[],
  { isNightly, location, isLate, onReportError }: FinishOptions,
): Promise<Record<string, number>> => {
  const { start, settings } = await readRun(store, run);
  await writeObject(store, toRunNames(run).end, { finishedAt: toNow() });
  const result = await summariseRun(store, start, checks, settings);
  const { changes } = await sendAlerts(store, topic, start, result, { isDigestCertain: isNightly, location });
  const reportFailures = await writeReport(store, start, result, checks, { changes, isLate }).then(
    () => 0,
    (error: unknown) => {
      onReportError(error);
      return 1;
    },
  );
  return {
    ...toRunMetrics(result),
    Changes: (changes ?? []).reduce((sum, { transitions }) => sum + transitions.length, 0),
    ReportFailures: reportFailures,
    NightlyRuns: isNightly ? 1 : 0,
  };
};
