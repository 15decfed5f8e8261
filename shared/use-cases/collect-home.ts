import type { Check } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { toRunNames } from '../store/names.ts';
import type { Store } from '../store/store.ts';
import { collectIam, toIamAccount } from './collect-iam.ts';
import { openHome } from './collect-keys.ts';
import { createStoredPolicyReader } from './stored-control-policies.ts';

/**
 * Reads, of one account, the keys that the run's clusters name, then its IAM where a check asks for it. What lies in
 * the store is not read again. Gives whether that was all; false where time ran out first.
 */
export const collectHome = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  home: string,
  checks: readonly Pick<Check, 'facts'>[],
  signal: AbortSignal,
  isLate: () => boolean = () => false,
): Promise<boolean> => {
  if (!(await openHome(store, aws, start, home, signal, { isLate }).finish())) return false;
  // It has a key, or a sealed cluster with another's key, or both: what any of them asks for is read at once.
  const account = toIamAccount(home, ['cluster', 'key'], checks);
  if (!account || (await store.get(toRunNames(start.id).iam(home)))) return true;
  if (isLate()) return false;
  await collectIam(store, aws, start.id, account, createStoredPolicyReader(store, start.id), signal);
  return true;
};
