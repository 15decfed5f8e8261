/** An account's users and roles, grouped by what their policies say of keys, so that each group is asked once. */
import type { IamInventory, IamRole, IamUser } from '../evidence/iam.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { createIdentityReader } from './identity-policies.ts';
import type { IdentityPolicies, NamedPolicy, Policy, Statement } from './policy.ts';
import { everyPowerAction } from './powers.ts';
import { hasAction } from './statement.ts';
import { toCanonicalText } from './statement-id.ts';

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
  /** Statements of theirs that are about any power over a key, boundary included. */
  statements: Statement[];
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
  return { ...index, ...toKeyIndex(index.groups) };
}

function toGroup(holder: Holder): HolderGroup {
  const { policies, boundary } = holder.identity;
  const allows = toStatements(policies).filter(({ effect }) => effect === 'Allow');
  const isUnread = policies.some(({ policy }) => policy === null);
  const allowed = everyPowerAction.filter(
    (action) => isUnread || allows.some((statement) => hasAction(statement, action)),
  );
  const limits = boundary === null ? [] : [boundary];
  return {
    holders: [holder],
    statements: toStatements([...policies, ...limits]),
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
    for (const key of keys ?? []) byKey.set(key, [...(byKey.get(key) ?? []), group]);
  }
  return { anyKey, byKey };
}

/** The keys that a group's Allows spell out; null where any of them is about more than that, or is not read. */
function toNamedKeys({ statements, holders }: HolderGroup): string[] | null {
  if (holders[0]?.identity.policies.some(({ policy }) => policy === null)) return null;
  const resources = statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ resources }) => resources ?? ['*']);
  return resources.some((resource) => /[*?$]/.test(resource)) ? null : [...new Set(resources)];
}

function toStatements(policies: NamedPolicy[]): Statement[] {
  return policies.flatMap(({ policy }) => (policy === null ? [] : selectPowers(policy)));
}

const powers = new WeakMap<Policy, Statement[]>();

/** The statements of a policy that say something of any power over a key. */
export function selectPowers(policy: Policy): Statement[] {
  const known =
    powers.get(policy) ??
    policy.statements.filter((statement) => everyPowerAction.some((action) => hasAction(statement, action)));
  powers.set(policy, known);
  return known;
}

/** Text that two holders share where their policies say the same of keys, whatever the policies are called. */
function toSignature({ identity: { policies, boundary }, fixed }: Holder): string {
  const said = [...new Set(policies.flatMap(toSaid))].sort();
  const limit = boundary === null ? null : toSaid(boundary);
  return JSON.stringify([fixed.principal.kind, isServiceLinked(fixed), said, limit]);
}

const saidBy = new WeakMap<Policy, string[]>();

function toSaid({ ref, policy }: NamedPolicy): string[] {
  if (policy === null) return [`unread ${ref}`];
  const known =
    saidBy.get(policy) ??
    selectPowers(policy)
      .map((statement) => toText(policy, statement))
      .sort();
  saidBy.set(policy, known);
  return known;
}

function toText({ version }: Policy, statement: Statement): string {
  const { effect, resources, notResources, conditions } = statement;
  const actions = everyPowerAction.filter((action) => hasAction(statement, action));
  const said = {
    effect,
    actions,
    resources,
    notResources,
    conditions: conditions.map(({ originalKey: _, ...condition }) => condition),
  };
  const text = toCanonicalText(said);
  // Only there the language matters.
  return text.includes('${') ? `${version} ${text}` : text;
}

/** Whether a role is one that a service made for itself and nobody else can assume. */
export function isServiceLinked({ principal }: FixedPrincipal): boolean {
  return principal.kind === 'role' && principal.arn.includes(':role/aws-service-role/');
}
