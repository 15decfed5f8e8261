/** Reads the keys of one home that the run's clusters name. */
import { z } from 'zod';
import { defineHandler, logger } from '../shared/runtime/lambda.ts';
import { openHome } from '../shared/use-cases/collect-keys.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), home: z.string() });

export const handler = defineHandler(event, async ({ run, home }, { signal, isLate }) => {
  logger.appendKeys({ run, home });
  const store = openStore(signal);
  const { start } = await readRun(store, run);
  const isDone = await withAws(signal, (aws) => openHome(store, aws, start, home, signal, isLate).finish());
  return { isDone };
});
