import pMap from 'p-map';
import { createControlPolicyReader } from '../collect/organizations/collect-control-policies.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { openOrganizations } from './open-organizations.ts';

const accountsAtOnce = 20;

/**
 * Reads the control policies on the paths of a run's accounts, once for all of them: Organizations answers few requests
 * a second, and 40 functions at once would each ask the same. Puts `control/ACCOUNT`.
 */
export const collectControlPolicies = async (
  store: Store,
  aws: Aws,
  { id, accounts }: Pick<RunStart, 'id' | 'accounts'>,
  signal: AbortSignal,
): Promise<void> => {
  const names = toRunNames(id);
  const read = createControlPolicyReader(openOrganizations(aws), signal, accounts);
  await pMap(
    accounts,
    async (account) => {
      const policies = await read(account, account === aws.caller.account);
      await writeObject(store, names.control(account), policies);
    },
    { concurrency: accountsAtOnce },
  );
};
