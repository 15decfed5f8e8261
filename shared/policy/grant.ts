import type { Grant } from '../evidence/key.ts';
import { type Principal, toAccountId, toPrincipalAccountId } from './principal.ts';
import { and, not, type Truth } from './truth.ts';

export const encryptionContextPrefix = 'kms:EncryptionContext:';

/** How a grant takes a caller in: by itself, through its account's IAM, or not. */
export type GrantMatch = 'itself' | 'account' | null;

/**
 * Whether a grant is for a caller and an action. A role's ARN stands for its sessions. The root of an account hands
 * the decision to that account's IAM, as in a key policy. Unique ids are what is left of deleted principals: nobody.
 * A grant whose operations are not known may be for any.
 */
export function matchGrant(grant: Grant, principal: Principal, action: string): GrantMatch {
  const hasOperation = (name: string) =>
    grant.Operations?.some((operation) => operation.toLowerCase() === name) ?? true;
  const grantees = [grant.GranteePrincipal, grant.GranteeServicePrincipal];
  if (!isRetirement(action)) {
    return hasOperation(action.slice(action.indexOf(':') + 1).toLowerCase())
      ? matchAny(grantees, principal)
      : null;
  }
  // Retiring is the grant's own matter: its retiring principal, a grantee with the operation, the account that
  // issued it. https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
  return matchAny(
    [
      grant.RetiringPrincipal,
      grant.RetiringServicePrincipal,
      grant.IssuingAccount,
      ...(hasOperation('retiregrant') ? grantees : []),
    ],
    principal,
  );
}

/** Neither key policies nor resource control policies have a say in retiring: see grant-delete.html above. */
export function isRetirement(action: string): boolean {
  return action.toLowerCase() === 'kms:retiregrant';
}

function matchAny(names: (string | undefined)[], principal: Principal): GrantMatch {
  const matches = names.map((name) => (name === undefined ? null : matchName(name, principal)));
  return matches.includes('itself') ? 'itself' : matches.includes('account') ? 'account' : null;
}

function matchName(name: string, principal: Principal): GrantMatch {
  switch (principal.kind) {
    case 'service':
      return name === principal.service ? 'itself' : null;
    case 'federated':
    case 'anonymous':
      return null;
    case 'role-session':
    case 'role':
    case 'user':
    case 'account-root': {
      const isNamed =
        name === principal.arn || (principal.kind === 'role-session' && name === principal.roleArn);
      if (isNamed) {
        return 'itself';
      }
      if (toAccountId(name) !== toPrincipalAccountId(principal)) {
        return null;
      }
      return principal.kind === 'account-root' ? 'itself' : 'account';
    }
  }
}

// Operations without an encryption context are free of the constraints on it.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
const constrainedOperations =
  /^kms:(encrypt|decrypt|reencrypt(from|to)|generatedatakey(without(plaintext)|pair|pairwithoutplaintext)?|creategrant)$/i;

type Circumstances = {
  action: string;
  /** As the request spells it: names and values of an encryption context have a case of their own. */
  context: Record<string, string[]>;
  isClosed: boolean;
};

/** Whether the grant's constraints let a request through. */
export function matchConstraints({ Operations, Constraints = {} }: Grant, request: Circumstances): Truth {
  const pairs = new Map(
    Object.entries(request.context).flatMap(([key, [value]]): [string, string][] =>
      key.toLowerCase().startsWith(encryptionContextPrefix.toLowerCase()) && value !== undefined
        ? [[key.slice(encryptionContextPrefix.length), value]]
        : [],
    ),
  );
  const holds = (wanted: Record<string, string>): Truth =>
    and(
      Object.entries(wanted).map(([name, value]): Truth => {
        const actual = pairs.get(name);
        return actual === undefined && !request.isClosed ? 'unknown' : actual === value;
      }),
    );
  const {
    EncryptionContextEquals: equal = {},
    EncryptionContextSubset: subset = {},
    SourceArn,
  } = Constraints;
  const isConstrained = constrainedOperations.test(request.action);
  // A constraint without pairs counts as none: AWS does not say that it binds anything.
  const hasOthers: Truth =
    Object.keys(equal).length > 0 &&
    ([...pairs.keys()].some((name) => !Object.hasOwn(equal, name)) || (request.isClosed ? false : 'unknown'));
  return and([
    Operations === undefined ? 'unknown' : true,
    ...(isConstrained ? [holds(equal), not(hasOthers), holds(subset)] : []),
    SourceArn === undefined ? true : matchSource(SourceArn, request),
  ]);
}

function matchSource(wanted: string, { context, isClosed }: Circumstances): Truth {
  const source = Object.entries(context).find(([key]) => key.toLowerCase() === 'aws:sourcearn')?.[1][0];
  return source === undefined && !isClosed ? 'unknown' : source === wanted;
}
