import type { Check } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';

/** The checks that a run was asked for and the configuration does not switch off. */
export const pickChecks = (
  checks: readonly Check[],
  start: Pick<RunStart, 'checks'>,
  settings: Settings,
): readonly Check[] =>
  checks.filter(({ id }) => (start.checks?.includes(id) ?? true) && settings.checks[id] !== 'off');
