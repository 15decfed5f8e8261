import type { Check } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Store } from '../store/store.ts';
import { type CollectOptions, collectRun, toCounter } from './collect-run.ts';
import { evaluateAccount } from './evaluate-account.ts';
import { type RunResult, summariseRun } from './summarise-run.ts';

/** Reads what was asked for and judges it, account by account. */
export const scan = async (
  store: Store,
  allChecks: readonly Check[],
  options: CollectOptions,
): Promise<RunResult & { runId: string; isInterrupted: boolean }> => {
  const { settings, signal, onProgress } = options;
  const checks = pickChecks(allChecks, options, settings);
  const start = await collectRun(store, options, checks);
  const isInterrupted = signal.aborted;
  const onEvaluated = toCounter(onProgress, 'evaluate', start.accounts.length);
  for (const account of start.accounts) {
    await evaluateAccount(store, start, account, checks, settings);
    onEvaluated();
  }
  const result = await summariseRun(store, start, allChecks, settings);
  return { runId: start.id, isInterrupted, ...result };
};

/** The checks that a run was asked for and the configuration does not switch off. */
export const pickChecks = (
  checks: readonly Check[],
  start: Pick<RunStart, 'checks'>,
  settings: Settings,
): readonly Check[] =>
  checks.filter(({ id }) => (start.checks?.includes(id) ?? true) && settings.checks[id] !== 'off');
