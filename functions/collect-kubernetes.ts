/** Reads inside the clusters of one account. */
import { z } from 'zod';
import { defineHandler, logger } from '../shared/runtime/lambda.ts';
import { collectKubernetes, connectByEks } from '../shared/use-cases/collect-kubernetes.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), account: z.string() });

export const handler = defineHandler(event, async ({ run, account }, { signal, isLate }) => {
  logger.appendKeys({ run, account });
  const store = openStore(signal);
  const { start } = await readRun(store, run);
  const isDone = await withAws(signal, (aws) =>
    collectKubernetes(store, aws, start, account, connectByEks(aws), signal, { isLate }),
  );
  return { isDone };
});
