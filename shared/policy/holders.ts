/** An account's users and roles, grouped by what their policies say of keys, so that each group is asked once. */
import type { IamInventory, IamRole, IamUser } from '../evidence/iam.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { isAdministratorByEffect } from './administrator.ts';
import { type Answers, createAnswers } from './alike.ts';
import { type Distinction, toContextKeys, toDistinction } from './distinction.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { createIdentityReader } from './identity-policies.ts';
import type { IdentityPolicies, NamedPolicy, Statement } from './policy.ts';
import { everyPowerAction } from './powers.ts';
import { add, type SaidOfKeys, selectPowers, toLines, toSaidOfKeys, toWholeText } from './said-of-keys.ts';
import { hasAction } from './statement.ts';

/** One user or role of an inventory. */
export type Holder = {
  /** With its path, as IAM says it. */
  arn: string;
  fixed: FixedPrincipal;
  identity: IdentityPolicies;
  entry: IamUser | IamRole;
};

/** Holders of whom no policy of their own tells one from the other, unless by who they are. */
export type HolderGroup = {
  holders: Holder[];
  /** Of them all: what they are, beside who. */
  sort: string;
  said: SaidOfKeys;
  distinction: Distinction;
  contextKeys: ReadonlySet<string>;
  /** Actions that their own policies may allow, on some key. */
  allowed: ReadonlySet<string>;
};

export type HolderIndex = {
  groups: HolderGroup[];
  /** By ARN without path, of which an account has one each. */
  byName: ReadonlyMap<string, Holder>;
  /** Groups whose policies may allow something on keys that they do not spell out. */
  anyKey: HolderGroup[];
  /** Groups whose policies allow something on these very keys, and on no other. */
  byKey: ReadonlyMap<string, HolderGroup[]>;
  answers: Answers;
};

const indexes = new WeakMap<IamInventory, HolderIndex>();

/** The index of an inventory, made once. */
export function toHolderIndex(inventory: IamInventory): HolderIndex {
  const known = indexes.get(inventory) ?? createIndex(inventory);
  indexes.set(inventory, known);
  return known;
}

function createIndex(inventory: IamInventory): HolderIndex {
  const readPolicies = createIdentityReader(inventory);
  const toHolder = (entry: IamUser | IamRole): Holder => {
    const isUser = 'UserName' in entry;
    const accountId = entry.Arn.split(':')[4] ?? '';
    return {
      arn: entry.Arn,
      fixed: {
        principal: { kind: isUser ? 'user' : 'role', arn: entry.Arn, accountId },
        tags: Object.fromEntries(entry.Tags.map(({ Key, Value }) => [Key, Value])),
        uniqueId: isUser ? entry.UserId : entry.RoleId,
      },
      identity: readPolicies(entry),
      entry,
    };
  };
  const byName = new Map<string, Holder>();
  const groups = new Map<string, HolderGroup>();
  for (const entry of [...inventory.users, ...inventory.roles]) {
    const holder = toHolder(entry);
    byName.set(toPrincipalName(holder.arn), holder);
    const signature = toSignature(holder);
    const group = groups.get(signature);
    if (group) group.holders.push(holder);
    else groups.set(signature, toGroup(holder));
  }
  const index = { groups: [...groups.values()], byName };
  return { ...index, ...toKeyIndex(index.groups), answers: createAnswers() };
}

function toGroup(holder: Holder): HolderGroup {
  const { policies, boundary } = holder.identity;
  const allows = toStatements(policies).filter(({ effect }) => effect === 'Allow');
  const isUnread = policies.some(({ policy }) => policy === null);
  const allowed = everyPowerAction.filter(
    (action) => isUnread || allows.some((statement) => hasAction(statement, action)),
  );
  const statements = toStatements([...policies, ...(boundary === null ? [] : [boundary])]);
  return {
    holders: [holder],
    sort: toSort(holder.fixed),
    said: toSaidOfKeys(holder.identity),
    distinction: toDistinction(statements),
    contextKeys: toContextKeys(statements),
    allowed: new Set(allowed),
  };
}

function toKeyIndex(groups: HolderGroup[]): Pick<HolderIndex, 'anyKey' | 'byKey'> {
  const anyKey: HolderGroup[] = [];
  const byKey = new Map<string, HolderGroup[]>();
  for (const group of groups) {
    if (group.allowed.size === 0) continue;
    const keys = toNamedKeys(group);
    if (keys === null) anyKey.push(group);
    for (const key of keys ?? []) add(byKey, key, group);
  }
  return { anyKey, byKey };
}

/** The keys that a group's Allows spell out; null where any of them is about more than that, or is not read. */
function toNamedKeys({ holders: [first] }: HolderGroup): string[] | null {
  const policies = first?.identity.policies ?? [];
  if (policies.some(({ policy }) => policy === null)) return null;
  const resources = toStatements(policies)
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ resources }) => resources ?? ['*']);
  return resources.some((resource) => /[*?$]/.test(resource)) ? null : [...new Set(resources)];
}

function toStatements(policies: NamedPolicy[]): Statement[] {
  return policies.flatMap(({ policy }) => (policy === null ? [] : selectPowers(policy)));
}

/** Text that two holders share where their policies say the same of keys, whatever the policies are called. */
function toSignature({ identity: { policies, boundary }, identity, fixed }: Holder): string {
  const said = [...new Set(policies.flatMap(toTexts))].sort();
  const limit = boundary === null ? null : toTexts(boundary).sort();
  return JSON.stringify([toSort(fixed), isAdministratorByEffect(identity), said, limit]);
}

/** What of a principal counts beside its policies, whoever it is. */
function toSort(fixed: FixedPrincipal): string {
  return isServiceLinked(fixed) ? 'service-linked role' : fixed.principal.kind;
}

function toTexts({ ref, policy }: NamedPolicy): string[] {
  return policy === null ? [`unread ${ref}`] : toLines(policy).map(toWholeText);
}

/** Whether a role is one that a service made for itself and nobody else can assume. */
export function isServiceLinked({ principal }: FixedPrincipal): boolean {
  return principal.kind === 'role' && principal.arn.includes(':role/aws-service-role/');
}
