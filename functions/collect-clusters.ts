/** Reads the clusters of one account. */
import { z } from 'zod';
import { checkFacts } from '../shared/checks/facts.ts';
import { defineHandler, logger } from '../shared/runtime/lambda.ts';
import { collectClusters } from '../shared/use-cases/collect-clusters.ts';
import { pickChecks } from '../shared/use-cases/pick-checks.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), account: z.string() });

export const handler = defineHandler(event, async ({ run, account }, { signal, isLate }) => {
  logger.appendKeys({ run, account });
  const store = openStore(signal);
  const { start, settings } = await readRun(store, run);
  const checks = pickChecks(checkFacts, start, settings);
  const onKey = () => {};
  const isDone = await withAws(signal, (aws) =>
    collectClusters(store, aws, start, account, checks, signal, onKey, { isLate }),
  );
  return { isDone };
});
