/** Judges the clusters of one account, and tells its Security Hub. */
import { z } from 'zod';
import { checks } from '../shared/checks/index.ts';
import { countMetrics, defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { createS3Remove } from '../shared/store/s3-remove.ts';
import { judgeAccount } from '../shared/use-cases/judge-account.ts';
import { toPublishMetrics } from '../shared/use-cases/run-metrics.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), account: z.string() });

export const handler = defineHandler(event, async ({ run, account }, { signal, isLate }) => {
  logger.appendKeys({ run, account });
  const store = { ...openStore(signal), ...createS3Remove(getSetting('RUNS_BUCKET')) };
  const { isDone, told } = await withAws(signal, (aws) =>
    judgeAccount(store, aws, run, account, checks, signal, isLate),
  );
  countMetrics(toPublishMetrics(told));
  return { isDone };
});
