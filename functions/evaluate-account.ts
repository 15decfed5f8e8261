/** Judges the clusters of one account. */
import { z } from 'zod';
import { checks } from '../shared/checks/index.ts';
import { defineHandler, logger } from '../shared/runtime/lambda.ts';
import { evaluateAccount } from '../shared/use-cases/evaluate-account.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { pickChecks } from '../shared/use-cases/scan.ts';
import { openStore } from './open.ts';

const event = z.object({ run: z.string(), account: z.string() });

export const handler = defineHandler(event, async ({ run, account }, { signal }) => {
  logger.appendKeys({ run, account });
  const store = openStore(signal);
  const { start, settings } = await readRun(store, run);
  await evaluateAccount(store, start, account, pickChecks(checks, start, settings), settings);
  return { isDone: true };
});
