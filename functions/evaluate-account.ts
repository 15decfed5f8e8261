/** Judges the clusters of one account, and tells its Security Hub. */
import { z } from 'zod';
import { checks as allChecks } from '../shared/checks/index.ts';
import { countMetrics, defineHandler, logger } from '../shared/runtime/lambda.ts';
import { evaluateAccount } from '../shared/use-cases/evaluate-account.ts';
import { pickChecks } from '../shared/use-cases/pick-checks.ts';
import { publishAccount } from '../shared/use-cases/publish-account.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { toPublishMetrics } from '../shared/use-cases/run-metrics.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), account: z.string() });

export const handler = defineHandler(event, async ({ run, account }, { signal, isLate }) => {
  logger.appendKeys({ run, account });
  const store = openStore(signal);
  const { start, settings } = await readRun(store, run);
  const checks = pickChecks(allChecks, start, settings);
  if (!(await evaluateAccount(store, start, account, checks, settings, isLate))) return { isDone: false };
  const told = await withAws(signal, (aws) =>
    publishAccount(store, aws, start, account, checks, settings, signal, isLate),
  );
  countMetrics(toPublishMetrics(told));
  return { isDone: !told.some(({ isUnfinished }) => isUnfinished) };
});
