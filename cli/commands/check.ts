/** `keyward check FILE`: judges saved evidence, by the settings saved with it unless --config names others. */
import { resolve } from 'node:path';
import { loadConfig } from '../../shared/runtime/config.ts';
import { loadEvidence } from '../../shared/store/saved-evidence.ts';
import { readAccessOfRun } from '../../shared/use-cases/access-of-run.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import { loadBaseline, toIsLookedAt, withBaseline } from '../baseline.ts';
import { checks as allChecks, checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { toExitCode } from '../exit-code.ts';
import { parseChecks, parseFailOn } from '../options.ts';
import { openReport } from '../report.ts';

export const check: Command = async ({ values, operands }, surroundings) => {
  const { folder, signal } = surroundings;
  const failOn = parseFailOn(values);
  const checks = parseChecks(values, checkIds);
  // A configuration that merely lies in the folder must not change what a saved run says.
  const given = values.config ? await loadConfig(values.config, { folder, checkIds, signal }) : undefined;
  const [file = ''] = operands;
  const { store, run } = await loadEvidence(resolve(folder, file), signal);
  const baseline = await loadBaseline(values, surroundings);
  const report = await openReport(values, surroundings, [file]);
  try {
    const result = await checkEvidence(store, run, allChecks, {
      settings: given?.settings,
      configuration: given?.name,
      checks,
    });
    const isStrict = values.strict === true;
    const isInterrupted = signal.aborted || result.isInterrupted;
    const compared = await withBaseline(
      { ...result, isInterrupted },
      baseline,
      toIsLookedAt(result.namespace),
    );
    const exitCode = toExitCode(compared, {
      failOn,
      isStrict,
      isInterrupted,
    });
    return {
      ...(await report.render(compared, readAccessOfRun(store, run, { settings: given?.settings }))),
      exitCode,
    };
  } finally {
    await report.discard();
  }
};
