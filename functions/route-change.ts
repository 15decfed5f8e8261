/** Starts a run for a change of a key, a cluster or a trail. */
import { z } from 'zod';
import { startScan } from '../shared/publish/start-scan.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { createS3List } from '../shared/store/s3-list.ts';
import { routeChange } from '../shared/use-cases/route-change.ts';

export const handler = defineHandler(z.unknown(), async (event) => {
  const start = startScan(getSetting('STATE_MACHINE_ARN'));
  const outcome = await routeChange(createS3List(getSetting('RUNS_BUCKET')), start, event);
  logger.info('ignored' in outcome ? 'The event starts no run' : 'The event has its run', outcome);
  return outcome;
});
