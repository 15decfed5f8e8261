import type { Check } from '../checks/check.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { collectInventory } from '../collect/iam/collect-inventory.ts';
import type { ReadControlPolicies } from '../collect/organizations/collect-control-policies.ts';
import { parseArn } from '../evidence/arn.ts';
import type { Fact } from '../evidence/fact.ts';
import type { IamEvidence, IamInventory } from '../evidence/iam.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { toNameParts, toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';

/**
 * The accounts whose IAM the checks of a run read: those with a sealed cluster where a check reads `iam.cluster`, the
 * homes of keys where one reads `iam.key`. Sorted; none where no check reads either.
 */
export const listIamAccounts = async (
  store: Store,
  run: string,
  checks: readonly Check[],
): Promise<string[]> => {
  const read = new Set(checks.flatMap((check) => check.facts));
  const names = toRunNames(run);
  const accounts = new Set<string>();
  for await (const name of store.list(names.wantedKeys)) {
    const [home, , , cluster = ''] = toNameParts(name, names.wantedKeys);
    const owner = parseArn(cluster)?.account;
    if (read.has('iam.cluster') && owner) accounts.add(owner);
    if (read.has('iam.key') && home) accounts.add(home);
  }
  return [...accounts].sort();
};

/** Reads the IAM of one account and the control policies on its path. Puts `iam/ACCOUNT`. */
export const collectIam = async (
  store: Store,
  aws: Aws,
  run: string,
  account: string,
  readControlPolicies: ReadControlPolicies,
  signal: AbortSignal,
): Promise<void> => {
  const readInventory = async (): Promise<Fact<IamInventory>> => {
    try {
      return await collectInventory(aws.iam(await aws.getAccess(account)), signal);
    } catch (error) {
      return toUnknownFact(error);
    }
  };
  const [inventory, controlPolicies] = await Promise.all([
    readInventory(),
    readControlPolicies(account, account === aws.caller.account),
  ]);
  const evidence: IamEvidence = { account, collectedAt: toNow(), inventory, ...controlPolicies };
  await writeObject(store, toRunNames(run).iam(account), evidence);
};
