import type { ControlPolicies, IamInventory, IamRole, IamUser, InlinePolicy } from '../evidence/iam.ts';
import type { IdentityPolicies, NamedPolicy, Policy } from './policy.ts';
import { parseIdentityPolicy, parsePolicy } from './policy-document.ts';
import { PolicyError } from './policy-error.ts';

type ParsedManaged = ReadonlyMap<string, NamedPolicy>;

/**
 * Reads the policies of an account's users and roles, each managed policy once, for as many as are asked about. The
 * function it gives takes a user or a role of the inventory; a policy that is attached and was not given, or is not
 * understood, stands there as null.
 */
export function createIdentityReader(
  inventory: IamInventory,
): (holder: IamUser | IamRole) => IdentityPolicies {
  const managed: ParsedManaged = new Map(
    inventory.policies.map(({ Arn, Document }) => [Arn, { ref: Arn, policy: parseOrNull(Document) }]),
  );
  const groups = new Map(
    inventory.groups.map((group) => [
      group.GroupName,
      [
        ...toInline('group', group.GroupName, group.GroupPolicyList),
        ...toAttached(group.AttachedManagedPolicies, managed),
      ],
    ]),
  );
  return (holder) => {
    const isUser = 'UserName' in holder;
    const inline = isUser
      ? toInline('user', holder.UserName, holder.UserPolicyList)
      : toInline('role', holder.RoleName, holder.RolePolicyList);
    const ofGroups = (isUser ? holder.GroupList : []).flatMap(
      (name) => groups.get(name) ?? [{ ref: `group/${name}`, policy: null }],
    );
    const boundary = holder.PermissionsBoundary?.PermissionsBoundaryArn;
    return {
      policies: [...inline, ...toAttached(holder.AttachedManagedPolicies, managed), ...ofGroups],
      boundary: boundary === undefined ? null : toManaged(boundary, managed),
    };
  };
}

/** The service control policies of an account, one list a level; none in the management account, where they rest. */
export function toServiceControl(control: ControlPolicies, account: string): NamedPolicy[][] {
  return toLevels(control, account, parseIdentityPolicy);
}

/** The resource control policies of a key's account; they alone of the two name principals. */
export function toResourceControl(control: ControlPolicies, account: string): NamedPolicy[][] {
  return toLevels(control, account, parsePolicy);
}

// One account's are asked about for each of its keys; service and resource control policies are lists of their own.
const parsedLevels = new WeakMap<ControlPolicies['levels'], NamedPolicy[][]>();

function toLevels(
  { managementAccount, levels }: ControlPolicies,
  account: string,
  parse: (text: string) => Policy,
): NamedPolicy[][] {
  if (account === managementAccount) {
    return [];
  }
  const known =
    parsedLevels.get(levels) ??
    levels.map(({ policies }) =>
      policies.map(({ Arn, Content }) => ({
        ref: Arn,
        policy: Content === undefined ? null : parseOrNull(Content, parse),
      })),
    );
  parsedLevels.set(levels, known);
  return known;
}

function toInline(kind: 'user' | 'role' | 'group', name: string, policies: InlinePolicy[]): NamedPolicy[] {
  return policies.map(({ PolicyName, PolicyDocument }) => ({
    ref: `${kind}/${name}/${PolicyName}`,
    policy: parseOrNull(PolicyDocument),
  }));
}

function toAttached(attached: { PolicyArn: string }[], managed: ParsedManaged): NamedPolicy[] {
  return attached.map(({ PolicyArn }) => toManaged(PolicyArn, managed));
}

function toManaged(arn: string, managed: ParsedManaged): NamedPolicy {
  return managed.get(arn) ?? { ref: arn, policy: null };
}

function parseOrNull(text: string, parse: (text: string) => Policy = parseIdentityPolicy): Policy | null {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof PolicyError) {
      return null;
    }
    throw error;
  }
}
