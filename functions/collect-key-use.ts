/** Gives the state machine what to ask Athena of who used the keys, query by query. */
import { z } from 'zod';
import { toNow } from '../shared/runtime/clock.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { keyUseStep, nextKeyUseQuery, toEndedKeyUse } from '../shared/use-cases/collect-key-use.ts';
import { openStore } from './open.ts';

const event = z.object({ run: z.string(), keyUse: keyUseStep });

export const handler = defineHandler(event, async ({ run, keyUse }, { signal }) => {
  logger.appendKeys({ run });
  const deployed = { table: getSetting('TRAIL_TABLE'), bucket: getSetting('RUNS_BUCKET') };
  if (keyUse.ended)
    logger.info('Athena has ended', { part: keyUse.next?.part, ...toEndedKeyUse(keyUse.ended) });
  return nextKeyUseQuery(openStore(signal), run, deployed, keyUse, toNow());
});
