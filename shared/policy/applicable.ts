import type { Grant } from '../evidence/key.ts';
import { isRetirement, matchGrant } from './grant.ts';
import type { NamedPolicy, Policies, Policy, Statement } from './policy.ts';
import { matchPrincipal, type Principal } from './principal.ts';
import { hasAction } from './statement.ts';

export type Source =
  | 'key-policy'
  | 'grant'
  | 'identity-policy'
  | 'boundary'
  | 'service-control-policy'
  | 'resource-control-policy';

/** One statement about this caller and action, with the document it stands in. */
export type Entry = { source: Source; document: string; policy: Policy; statement: Statement };

/** Documents of which one must allow. Unread ones may. */
export type Layer = { source: Source; refs: string[]; allows: Entry[]; unread: string[] };

/** Everything that has a say in what one caller may do by one action; conditions and resources are not asked yet. */
export type Applicable = {
  denies: Entry[];
  /** Allows of the key policy by which the caller is let in without anybody else's word, within one account. */
  direct: Entry[];
  /** Those that name the caller's role: its permissions boundary still counts. */
  byRole: Entry[];
  /** Those that leave the word to the IAM policies of the caller's account. */
  delegating: Entry[];
  grants: { grant: Grant; isDelegating: boolean }[];
  /** Null: IAM has no say over such a caller. Undefined: not seen. */
  identity: Layer | null | undefined;
  /** Null: there is none. */
  boundary: Layer | null;
  /** One a level. Null: they do not bind such a caller. Undefined: not seen. */
  serviceControl: Layer[] | null | undefined;
  /** Resource control policies whose Denies could not be read. */
  unreadResourceControl: string[];
  unseen: { grants: boolean; resourceControl: boolean };
};

/** Sorts out, once for a caller and an action, what the policies have to say about it. */
export function toApplicable(principal: Principal, action: string, policies: Policies): Applicable {
  const isRetiring = isRetirement(action);
  const isIam = hasIdentityPolicies(principal);
  const isServiceLinked = isServiceLinkedRole(principal);
  const boundary = isIam ? (policies.identity?.boundary ?? null) : null;
  const select = (source: Source, named: NamedPolicy[]) => selectEntries(source, named, action);
  const toLayer = (source: Source, named: NamedPolicy[]): Layer => ({
    source,
    refs: named.map(({ ref }) => ref),
    allows: select(source, named).filter(({ statement }) => statement.effect === 'Allow'),
    unread: named.flatMap(({ ref, policy }) => (policy === null ? ref : [])),
  });
  const isBoundByOrganization = hasAccount(principal) && !isServiceLinked;
  const levels = isBoundByOrganization ? policies.serviceControl : [];
  // All that anybody can write into a resource control policy is Deny, beside RCPFullAWSAccess, which stays.
  // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
  const isBoundByResource = !isServiceLinked && !isRetiring;
  const resourceControl = isBoundByResource ? (policies.resourceControl ?? []).flat() : [];
  const keyEntries = isRetiring
    ? []
    : select('key-policy', [{ ref: '', policy: policies.keyPolicy }]).flatMap((entry) => {
        const match = matchKeyStatement(entry.statement, principal, boundary !== null);
        return match === null ? [] : [{ entry, match }];
      });
  const ofMatch = (wanted: 'itself' | 'role' | 'account') =>
    keyEntries.flatMap(({ entry, match }) =>
      entry.statement.effect === 'Allow' && match === wanted ? entry : [],
    );
  const identity = isIam ? (policies.identity?.policies ?? []) : [];
  const limits = [
    ...keyEntries.map(({ entry }) => entry),
    ...select('identity-policy', identity),
    ...select('boundary', boundary === null ? [] : [boundary]),
    ...select('service-control-policy', (levels ?? []).flat()),
    ...select('resource-control-policy', resourceControl).filter(
      ({ statement }) => matchPrincipal(statement, principal) !== null,
    ),
  ];
  return {
    denies: limits.filter(({ statement }) => statement.effect === 'Deny'),
    direct: ofMatch('itself'),
    byRole: ofMatch('role'),
    delegating: ofMatch('account'),
    grants: (policies.grants ?? []).flatMap((grant) => {
      const match = matchGrant(grant, principal, action);
      return match === null ? [] : [{ grant, isDelegating: match === 'account' }];
    }),
    identity: isIam ? policies.identity && toLayer('identity-policy', identity) : null,
    boundary: boundary && toLayer('boundary', [boundary]),
    serviceControl: isBoundByOrganization
      ? levels?.map((level) => toLayer('service-control-policy', level))
      : null,
    unreadResourceControl: resourceControl.flatMap(({ ref, policy }) => (policy === null ? ref : [])),
    unseen: {
      grants: policies.grants === undefined,
      resourceControl: isBoundByResource && policies.resourceControl === undefined,
    },
  };
}

/** Whether IAM policies say what a caller may: the root user may everything, and the others have none. */
function hasIdentityPolicies({ kind }: Principal): boolean {
  return kind === 'role-session' || kind === 'role' || kind === 'user';
}

/** Service control policies bind the users, roles and root users of an account, services never. */
function hasAccount(principal: Principal): boolean {
  return hasIdentityPolicies(principal) || principal.kind === 'account-root';
}

/**
 * Neither service nor resource control policies bind the roles that services made for themselves.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp
 */
function isServiceLinkedRole(principal: Principal): boolean {
  const arn =
    principal.kind === 'role-session' ? principal.roleArn : principal.kind === 'role' ? principal.arn : '';
  return arn.includes(':role/aws-service-role/');
}

function selectEntries(source: Source, named: NamedPolicy[], action: string): Entry[] {
  return named.flatMap(({ ref, policy }) =>
    policy === null
      ? []
      : selectStatements(policy, action).map((statement) => ({ source, document: ref, policy, statement })),
  );
}

// A managed policy, or a key's, is asked for the same action by thousands of principals.
const selected = new WeakMap<Policy, Map<string, Statement[]>>();

function selectStatements(policy: Policy, action: string): Statement[] {
  const byAction = selected.get(policy) ?? new Map<string, Statement[]>();
  const known = byAction.get(action);
  if (known !== undefined) {
    return known;
  }
  const statements = policy.statements.filter((statement) => hasAction(statement, action));
  selected.set(policy, byAction.set(action, statements));
  return statements;
}

/**
 * Who is named by a role's ARN keeps that role's permissions boundary; a user's ARN, a session's ARN and `*` (with or
 * without a condition on aws:PrincipalArn) let the caller in as it is. A Deny with NotPrincipal strikes everybody who
 * has a boundary, named or not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 */
function matchKeyStatement(
  statement: Statement,
  principal: Principal,
  hasBoundary: boolean,
): 'itself' | 'role' | 'account' | null {
  if (statement.effect === 'Deny' && statement.notPrincipals !== null && hasBoundary) {
    return 'itself';
  }
  const match = matchPrincipal(statement, principal);
  const isRole = principal.kind === 'role' || principal.kind === 'role-session';
  if (match !== 'itself' || !isRole || statement.principals === null) {
    return match;
  }
  const isMore = statement.principals.some(
    ({ value }) => value === '*' || (principal.kind === 'role-session' && value === principal.arn),
  );
  return isMore ? 'itself' : 'role';
}
