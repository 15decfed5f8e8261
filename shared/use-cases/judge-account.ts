import type { Check } from '../checks/check.ts';
import type { Aws } from '../runtime/aws.ts';
import type { ErasableStore } from '../store/store.ts';
import { evaluateAccount } from './evaluate-account.ts';
import { pickChecks } from './pick-checks.ts';
import { publishAccount } from './publish-account.ts';
import type { Publishing } from './publishing.ts';
import { readRun } from './read-run.ts';

/**
 * The service's last step for an account of a run: it is judged, and once all of it is, Security Hub is told. Gives what
 * was told, and whether that was all; where it grew late first, the next call goes on from there.
 */
export const judgeAccount = async (
  store: ErasableStore,
  aws: Aws,
  run: string,
  account: string,
  allChecks: readonly Check[],
  signal: AbortSignal,
  isLate: () => boolean,
): Promise<{ isDone: boolean; told: Publishing[] }> => {
  const { start, settings } = await readRun(store, run);
  const checks = pickChecks(allChecks, start, settings);
  const isJudged = await evaluateAccount(store, start, account, checks, settings, isLate);
  if (!isJudged) return { isDone: false, told: [] };
  const told = await publishAccount(store, aws, start, account, checks, settings, signal, isLate);
  return { isDone: !told.some(({ isUnfinished }) => isUnfinished), told };
};
