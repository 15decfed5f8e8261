import type { Check } from '../checks/check.ts';
import type { Topic } from '../publish/sns.ts';
import { toNow } from '../runtime/clock.ts';
import { toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { readRun } from './read-run.ts';
import { toRunMetrics } from './run-metrics.ts';
import { sendAlerts } from './send-alerts.ts';
import { summariseRun } from './summarise-run.ts';

/** Ends a run of the service: it is summed up, and the topic is told what changed. Gives what it counts. */
export const finishRun = async (
  store: Store,
  topic: Topic,
  run: string,
  checks: readonly Check[],
  { isNightly, location }: { isNightly: boolean; location: string },
): Promise<Record<string, number>> => {
  const { start, settings } = await readRun(store, run);
  await writeObject(store, toRunNames(run).end, { finishedAt: toNow() });
  const result = await summariseRun(store, start, checks, settings);
  const { changes } = await sendAlerts(store, topic, start, result, { isDigestCertain: isNightly, location });
  return { ...toRunMetrics(result), Changes: changes, NightlyRuns: isNightly ? 1 : 0 };
};
