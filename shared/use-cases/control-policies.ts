import pMap from 'p-map';
import { z } from 'zod';
import {
  createControlPolicyReader,
  type ReadControlPolicies,
} from '../collect/organizations/collect-control-policies.ts';
import { toUnknown } from '../evidence/fact.ts';
import { iamEvidence } from '../evidence/iam.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';

const accountsAtOnce = 20;

const pathPolicies = z.object({
  serviceControl: iamEvidence.shape.serviceControl,
  resourceControl: iamEvidence.shape.resourceControl,
});

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
  const read = createControlPolicyReader(aws.organizations(), signal, accounts);
  await pMap(
    accounts,
    async (account) => {
      const policies = await read(account, account === aws.caller.account);
      await writeObject(store, names.control(account), policies satisfies z.input<typeof pathPolicies>);
    },
    { concurrency: accountsAtOnce },
  );
};

/** Gives the control policies that the first step read; unknown for an account that is no target of the run. */
export const createStoredPolicyReader =
  (store: Store, run: string): ReadControlPolicies =>
  async (account) => {
    const why = toUnknown('failed', `account ${account} is no target of the run, so its path was not read`);
    const stored = await readObject(store, toRunNames(run).control(account), pathPolicies);
    return stored ?? { serviceControl: why, resourceControl: why };
  };
