import { IAMClient } from '@aws-sdk/client-iam';
import type { Check, FactName } from '../checks/check.ts';
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

/** An account of which a run reads the control policies, and where a check asks for it, the principals. */
export interface IamAccount {
  account: string;
  readsInventory: boolean;
}

/**
 * What the checks of a run read of IAM: the accounts of sealed clusters for facts that end in `.cluster`, the homes
 * of keys for those that end in `.key`. Sorted; none where no check reads any.
 */
export const listIamAccounts = async (
  store: Store,
  run: string,
  checks: readonly Pick<Check, 'facts'>[],
): Promise<IamAccount[]> => {
  const names = toRunNames(run);
  const roles = new Map<string, Set<AccountRole>>();
  const add = (account: string, role: AccountRole) =>
    roles.set(account, (roles.get(account) ?? new Set()).add(role));
  for await (const name of store.list(names.wantedKeys)) {
    const [home = '', , , cluster = ''] = toNameParts(name, names.wantedKeys);
    add(parseArn(cluster)?.account ?? home, 'cluster');
    add(home, 'key');
  }
  return [...roles]
    .flatMap(([account, its]) => toIamAccount(account, [...its], checks) ?? [])
    .sort((a, b) => (a.account < b.account ? -1 : 1));
};

/** As what an account is known: it has a sealed cluster, or a key of one. */
type AccountRole = 'cluster' | 'key';

const inventories = { cluster: 'iam.cluster', key: 'iam.key' } as const satisfies Record<
  AccountRole,
  FactName
>;
const controls: Record<AccountRole, readonly FactName[]> = {
  cluster: ['serviceControl.cluster'],
  key: ['serviceControl.key', 'resourceControl.key'],
};

/** What the checks read of an account in these roles; undefined for nothing. */
export const toIamAccount = (
  account: string,
  roles: readonly AccountRole[],
  checks: readonly Pick<Check, 'facts'>[],
): IamAccount | undefined => {
  const read = new Set(checks.flatMap((check) => check.facts));
  const readsInventory = roles.some((role) => read.has(inventories[role]));
  const readsControls = roles.some((role) => controls[role].some((name) => read.has(name)));
  return readsInventory || readsControls ? { account, readsInventory } : undefined;
};

/** Reads the IAM of one account, if asked for, and the control policies on its path. Puts `iam/ACCOUNT`. */
export const collectIam = async (
  store: Store,
  aws: Aws,
  run: string,
  { account, readsInventory }: IamAccount,
  readControlPolicies: ReadControlPolicies,
  signal: AbortSignal,
): Promise<void> => {
  const readInventory = async (): Promise<Fact<IamInventory>> => {
    try {
      return await collectInventory(aws.open(IAMClient, await aws.getAccess(account), aws.region), signal);
    } catch (error) {
      return toUnknownFact(error);
    }
  };
  const [inventory, controlPolicies] = await Promise.all([
    readsInventory ? readInventory() : undefined,
    readControlPolicies(account, account === aws.caller.account),
  ]);
  const evidence: IamEvidence = { account, collectedAt: toNow(), inventory, ...controlPolicies };
  await writeObject(store, toRunNames(run).iam(account), evidence);
};
