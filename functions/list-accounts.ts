/** The first step of a run: its targets. A second delivery of the same night ends here. */
import { checks } from '../shared/checks/index.ts';
import { PreconditionError } from '../shared/runtime/errors.ts';
import { defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { listAccounts } from '../shared/use-cases/list-accounts.ts';
import { loadSettings } from '../shared/use-cases/load-settings.ts';
import { executionStart, toRunRequest } from '../shared/use-cases/run-request.ts';
import { openStore, withAws } from './open.ts';

const checkIds = checks.map(({ id }) => id);

export const handler = defineHandler(executionStart, async (event, { signal }) => {
  const asked = toRunRequest(event, { accounts: getSetting('ACCOUNTS'), regions: getSetting('REGIONS') });
  logger.appendKeys({ run: asked.run });
  const store = openStore(signal);
  const configuration = getSetting('CONFIG_OBJECT') || undefined;
  const settings = await loadSettings(store, configuration, checkIds);
  try {
    const start = await withAws(signal, (aws) =>
      listAccounts(store, aws, { ...asked, configuration, settings }, signal),
    );
    return { run: start.id, isNightly: 'scheduledTime' in event.input, isToScan: true };
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
    logger.info('This run is already under way');
    return { run: asked.run, isToScan: false };
  }
});
