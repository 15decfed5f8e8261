import type { FactName } from '../checks/check.ts';
import { TargetError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { isOfKey } from '../who/access.ts';
import { type Learned, toLearned } from '../who/learned.ts';
import { collectCluster, type WhoOptions } from './who.ts';

const asking: { facts: readonly FactName[] }[] = [
  { facts: ['key.metadata', 'key.grants', 'key.lastUsage', 'key.use', 'key.changes'] },
];

/**
 * Reads the events of one cluster's key, and its audit log where that is asked for; gives who used and changed the key
 * and who read Secrets, for a person to decide whom to expect. Throws UsageError where there is no such cluster,
 * TargetError where it can't be read, or has no key of KMS and no audit log was read.
 */
export const learn = async (
  store: Store,
  options: Omit<WhoOptions, 'can' | 'readPolicy'>,
): Promise<Learned> => {
  const [first, ...others] = await collectCluster(store, options, asking);
  if (!isOfKey(first) && !first.facts['secret.reads'])
    throw new TargetError('NO_KEY', `${first.cluster.arn} has no key of KMS whose use could be seen`, {
      hint: 'keyward who says what is known of it.',
    });
  return toLearned([first, ...others], options.settings);
};
