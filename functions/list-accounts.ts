/** The first step of a run: its targets. A second delivery of the same night ends here. */
import { checkFacts } from '../shared/checks/facts.ts';
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
    checkIds: checkFacts.map(({ id }) => id),
    keyUseDays: getSetting('KEY_USE_DAYS'),
    kubernetesClusters: getSetting('KUBERNETES_CLUSTERS'),
  };
  const start = await withAws(signal, (aws) => startRun(openStore(signal), aws, event, deployed, signal));
  if (!start) logger.info('Another execution has this run');
  const isNightly = 'scheduledTime' in event.input;
  return { run, isNightly, isToScan: start !== undefined, readsKubernetes: start?.kubernetes !== undefined };
});
