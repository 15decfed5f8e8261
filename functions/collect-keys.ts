/** Reads the keys of one account that the run's clusters name, and who may what there. */
import { z } from 'zod';
import { checkFacts } from '../shared/checks/facts.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { openS3Files } from '../shared/store/s3-files.ts';
import { collectHome } from '../shared/use-cases/collect-home.ts';
import { pickChecks } from '../shared/use-cases/pick-checks.ts';
import { readRun } from '../shared/use-cases/read-run.ts';
import { openStore, withAws } from './open.ts';

const event = z.object({ run: z.string(), home: z.string() });

export const handler = defineHandler(event, async ({ run, home }, { signal, isLate }) => {
  logger.appendKeys({ run, home });
  const store = openStore(signal);
  const { start, settings } = await readRun(store, run);
  const files = openS3Files(getSetting('RUNS_BUCKET'));
  const checks = pickChecks(checkFacts, start, settings);
  const isDone = await withAws(signal, (aws) =>
    collectHome(store, aws, start, home, checks, settings, signal, isLate, files),
  );
  return { isDone };
});
