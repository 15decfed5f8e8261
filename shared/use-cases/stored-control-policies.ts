import { z } from 'zod';
import type { ReadControlPolicies } from '../collect/organizations/collect-control-policies.ts';
import { toUnknown } from '../evidence/fact.ts';
import { iamEvidence } from '../evidence/iam.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';

const pathPolicies = z.object({
  serviceControl: iamEvidence.shape.serviceControl,
  resourceControl: iamEvidence.shape.resourceControl,
});

/** Gives the control policies that the first step read; unknown for an account that is no target of the run. */
export const createStoredPolicyReader =
  (store: Store, run: string): ReadControlPolicies =>
  async (account) => {
    const why = toUnknown('failed', `account ${account} is no target of the run, so its path was not read`);
    const stored = await readObject(store, toRunNames(run).control(account), pathPolicies);
    return stored ?? { serviceControl: why, resourceControl: why };
  };
