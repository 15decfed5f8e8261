import type { Check } from '../checks/check.ts';
import type { Store } from '../store/store.ts';
import { type CollectOptions, collectRun } from './collect-run.ts';
import { evaluateAccount } from './evaluate-account.ts';
import { pickChecks } from './pick-checks.ts';
import { toCounter } from './progress.ts';
import { type RunResult, summariseRun } from './summarise-run.ts';

/** Reads what was asked for and judges it, account by account. */
export const scan = async (
  store: Store,
  allChecks: readonly Check[],
  options: CollectOptions,
): Promise<RunResult & { runId: string; isInterrupted: boolean }> => {
  const { settings, signal, onProgress } = options;
  const { checks: ids, events, kubernetes, reads } = options;
  const checks = pickChecks(
    allChecks,
    { checks: ids, events: events && { use: events }, kubernetes, reads },
    settings,
  );
  const start = await collectRun(store, options, checks);
  const isInterrupted = signal.aborted;
  const onEvaluated = toCounter(onProgress, 'evaluate', start.accounts.length);
  for (const account of start.accounts) {
    await evaluateAccount(store, start, account, checks, settings);
    onEvaluated.done();
  }
  const result = await summariseRun(store, start, allChecks, settings);
  return { runId: start.id, isInterrupted, ...result };
};
