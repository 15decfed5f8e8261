import type { PrincipalEntry, Statement } from './policy.ts';

/** Who calls. `role` is any session of a role; a `service` acts in its own name, whoever it acts for. */
export type Principal =
  | { kind: 'role-session'; arn: string; roleArn: string; accountId: string; userId?: string }
  | { kind: 'role'; arn: string; accountId: string }
  | { kind: 'user'; arn: string; accountId: string; userId?: string }
  | { kind: 'account-root'; arn: string; accountId: string }
  | { kind: 'federated'; provider: string; accountId: string | null }
  | { kind: 'service'; service: string }
  | { kind: 'anonymous' };

/** How a statement's Principal or NotPrincipal takes a caller in: by itself, through its account, or not. */
export type PrincipalMatch = 'itself' | 'account' | null;

/** The account id that a bare id or a root ARN of a Principal element stands for, or null. */
export function toAccountId(value: string): string | null {
  return /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(value)?.[1] ?? null;
}

export function toPrincipalAccountId(principal: Principal): string | null {
  return principal.kind === 'service' || principal.kind === 'anonymous' ? null : principal.accountId;
}

export function matchPrincipal(statement: Statement, principal: Principal): PrincipalMatch {
  if (statement.principals !== null) {
    const matches = statement.principals.map((entry) => matchEntry(entry, principal));
    return matches.includes('itself') ? 'itself' : matches.includes('account') ? 'account' : null;
  }
  // NotPrincipal spares those it names and nobody else: the root of an account there stands for the root user
  // alone, and Alice is denied beside "all but Bob and his account's root".
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
  const isNamed = statement.notPrincipals?.some((entry) => matchEntry(entry, principal) === 'itself');
  return isNamed === true ? null : 'itself';
}

/**
 * Principal elements hold whole ARNs: the lone `*` is the only wildcard, and it takes in everybody, services and
 * unsigned callers too. Unique ids (AIDA…, AROA…) are what is left of deleted principals and match nobody, nor does
 * a CanonicalUser, which is S3's. A role's ARN stands for all its sessions.
 */
function matchEntry({ type, value }: PrincipalEntry, principal: Principal): PrincipalMatch {
  if (value === '*' && type === 'AWS') {
    return 'itself';
  }
  switch (principal.kind) {
    case 'service':
      return type === 'Service' && (value === '*' || value === principal.service) ? 'itself' : null;
    case 'federated':
      return type === 'Federated' && (value === '*' || value === principal.provider) ? 'itself' : null;
    case 'anonymous':
      return null;
    case 'role-session':
    case 'role':
    case 'user':
    case 'account-root':
      return type === 'AWS' ? matchAwsEntry(value, principal) : null;
  }
}

type IamPrincipal = Extract<Principal, { kind: 'role-session' | 'role' | 'user' | 'account-root' }>;

function matchAwsEntry(value: string, principal: IamPrincipal): PrincipalMatch {
  if (value === principal.arn || (principal.kind === 'role-session' && value === principal.roleArn)) {
    return 'itself';
  }
  if (!value.includes(principal.accountId) || toAccountId(value) !== principal.accountId) {
    return null;
  }
  return principal.kind === 'account-root' ? 'itself' : 'account';
}
