/** Starts a run for a change of a key, a cluster or a trail. */
import { z } from 'zod';
import { startScan } from '../shared/publish/start-scan.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { routeChange } from '../shared/use-cases/route-change.ts';
import { openStore } from './open.ts';

export const handler = defineHandler(z.unknown(), async (event, { signal }) => {
  const start = startScan(getSetting('STATE_MACHINE_ARN'));
  const outcome = await routeChange(openStore(signal), start, event);
  logger.info('ignored' in outcome ? 'The event starts no run' : 'The event has its run', outcome);
  return outcome;
});
