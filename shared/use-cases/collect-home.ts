import type { Check } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Aws } from '../runtime/aws.ts';
import { toRunNames } from '../store/names.ts';
import type { Store } from '../store/store.ts';
import { collectEvents } from './collect-events.ts';
import { collectIam, toIamAccount } from './collect-iam.ts';
import { openHome } from './collect-keys.ts';
import { collectTrailsOfHome, createOwnerReader, readsTrails } from './collect-trails.ts';
import { type Files, readKeyUse } from './read-key-use.ts';
import { createStoredPolicyReader } from './stored-control-policies.ts';

/**
 * Reads, of one account, the keys that the run's clusters name, then its IAM and its trails where a check asks for them,
 * and what happened to the keys: who used them from `files`, where Athena was asked. Keys, IAM and histories that lie in
 * the store are not read again. Gives whether that was all; false where time ran out first.
 */
export const collectHome = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  home: string,
  checks: readonly Pick<Check, 'facts'>[],
  settings: Settings,
  signal: AbortSignal,
  isLate: () => boolean = () => false,
  files?: Files,
): Promise<boolean> => {
  const readsLastUsage = checks.some(({ facts }) => facts.includes('key.lastUsage'));
  if (!(await openHome(store, aws, start, home, signal, { readsLastUsage, isLate }).finish())) return false;
  // It has a key, or a sealed cluster with another's key, or both: what any of them asks for is read at once.
  const account = toIamAccount(home, ['cluster', 'key'], checks);
  if (account && !(await store.get(toRunNames(start.id).iam(home)))) {
    if (isLate()) return false;
    await collectIam(store, aws, start.id, account, createStoredPolicyReader(store, start.id), signal);
  }
  if (isLate()) return false;
  if (readsTrails(checks))
    await collectTrailsOfHome(store, aws, start.id, home, createOwnerReader(aws, signal), signal);
  const readings = files && (await readKeyUse(store, files, start, home));
  return collectEvents(store, aws, start, home, settings, signal, { readings, isLate });
};
