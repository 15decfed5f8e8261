/** The first step of a run: its targets. A second delivery of the same night ends here. */
import { checks } from '../shared/checks/index.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { readConfigParameter } from '../shared/store/config-parameter.ts';
import { toConfigPlace } from '../shared/use-cases/load-settings.ts';
import { executionStart, startRun, toRunId } from '../shared/use-cases/start-run.ts';
import { openStore, withAws } from './open.ts';

export const handler = defineHandler(executionStart, async (event, { signal }) => {
  const run = toRunId(event);
  logger.appendKeys({ run });
  const deployed = {
    accounts: getSetting('ACCOUNTS'),
    regions: getSetting('REGIONS'),
    configuration: toConfigPlace(getSetting('CONFIG_OBJECT'), getSetting('CONFIG_PARAMETER')),
    readParameter: readConfigParameter,
    checkIds: checks.map(({ id }) => id),
    keyUseDays: getSetting('KEY_USE_DAYS'),
  };
  const store = openStore(signal);
  const isToScan = await withAws(signal, (aws) => startRun(store, aws, event, deployed, signal));
  if (!isToScan) logger.info('Another execution has this run');
  return { run, isNightly: 'scheduledTime' in event.input, isToScan };
});
