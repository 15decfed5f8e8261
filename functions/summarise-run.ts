/** The last step of a run: what its accounts gave. */
import { z } from 'zod';
import { checks } from '../shared/checks/index.ts';
import { toNow } from '../shared/runtime/clock.ts';
import { countMetrics, defineHandler, logger } from '../shared/runtime/lambda.ts';
import { toRunNames } from '../shared/store/names.ts';
import { writeObject } from '../shared/store/store.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { toRunMetrics } from '../shared/use-cases/run-metrics.ts';
import { summariseRun } from '../shared/use-cases/summarise-run.ts';
import { openStore } from './open.ts';

const event = z.object({ run: z.string(), isNightly: z.boolean() });

export const handler = defineHandler(event, async ({ run, isNightly }, { signal }) => {
  logger.appendKeys({ run });
  const store = openStore(signal);
  const { start, settings } = await readRun(store, run);
  await writeObject(store, toRunNames(run).end, { finishedAt: toNow() });
  const result = await summariseRun(store, start, checks, settings);
  countMetrics({ ...toRunMetrics(result), NightlyRuns: isNightly ? 1 : 0 });
  logger.info('The run is over', { summary: result.summary, clusters: result.clusters });
  return {};
});
