import type { Check } from '../checks/check.ts';
import { runEnd, runStart } from '../evidence/run.ts';
import { type Settings, settings as settingsShape } from '../evidence/settings.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { evaluateAccount } from './evaluate-account.ts';
import { evaluateContext } from './evaluate-context.ts';
import { pickChecks } from './pick-checks.ts';
import { type RunResult, summariseRun } from './summarise-run.ts';

/**
 * Judges saved evidence: by the settings that were saved with it, unless others are given. Nothing is asked of AWS,
 * and the moment of collection is the only now, so the findings are the ones of the scan, this year or next. `namespace`
 * is the only one that was looked into, where it was only one.
 */
export const checkEvidence = async (
  store: Store,
  run: string,
  allChecks: readonly Check[],
  given: { settings?: Settings; configuration?: string; checks?: string[] } = {},
): Promise<RunResult & { isInterrupted: boolean; namespace?: string }> => {
  const names = toRunNames(run);
  const saved = await readObject(store, names.accounts, runStart);
  const settings = given.settings ?? (await readObject(store, names.settings, settingsShape));
  if (!saved || !settings)
    throw new EvidenceError('EVIDENCE_INCOMPLETE', `The evidence of run ${run} has no targets or settings`, {
      hint: 'Save it again with keyward scan --save-evidence FILE.',
    });
  const { checks: chosen = saved.checks, configuration = saved.configuration } = given;
  const start = { ...saved, checks: chosen, configuration };
  const checks = pickChecks(allChecks, start, settings);
  if (start.context !== undefined) await evaluateContext(store, start, start.context, checks, settings);
  for (const account of start.accounts) await evaluateAccount(store, start, account, checks, settings);
  const end = await readObject(store, names.end, runEnd);
  // Without an end the run was killed before it could say how it went.
  const isInterrupted = end?.isInterrupted ?? end === undefined;
  const { namespace } = start.kubernetes ?? {};
  return { ...(await summariseRun(store, start, allChecks, settings)), isInterrupted, namespace };
};
