import { toIdentityContext } from './identity-context.ts';
import type { Policies, Statement } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { matchPrincipal, type Principal, type PrincipalMatch, toPrincipalAccountId } from './principal.ts';
import { hasAction, matchCircumstances } from './statement.ts';
import { toStatementId } from './statement-id.ts';
import type { Truth } from './truth.ts';

export type Request = {
  principal: Principal;
  /** One concrete action, `kms:Decrypt`. */
  action: string;
  /** The key's ARN. */
  resource: string;
  /** Condition keys in any case. What follows from the principal need not be listed; what is listed wins. */
  context: Record<string, string[]>;
  /** In a closed request a key that is not listed is absent; in an open one it is unknown. */
  isClosed: boolean;
};

type Reason = { statement: number; id: string; effect: 'allow' | 'deny' };

export type Decision = {
  effect: 'allowed' | 'denied' | 'undecided';
  /** The statements that decide, or, undecided, those it hangs on. Empty: denied because nothing allows it. */
  because: Reason[];
  /**
   * The key policy leaves the answer to the IAM policies of the caller's account. Undecided within the key's own
   * account. Allowed for another account: its owner gives the rest to whom he likes, so for a stranger or an
   * outsider it is allowed; whoever can read that account's IAM policies can say more.
   */
  delegated: boolean;
};

/** Answers one request by every policy that matters. */
export function decide(request: Request, { keyPolicy }: Policies): Decision {
  const lookup = toLookup(request);
  const standing = keyPolicy.statements.flatMap((statement) => {
    const match = hasAction(statement, request.action) ? matchPrincipal(statement, request.principal) : null;
    const truth =
      match !== null && matchCircumstances(statement, keyPolicy.version, request.resource, lookup);
    return match === null || truth === false ? [] : [{ statement, match, truth }];
  });
  const denies = standing.filter(({ statement }) => statement.effect === 'Deny');
  const allows = standing.filter(({ statement }) => statement.effect === 'Allow');
  const toReasons = (found: Standing[]) =>
    found.map(({ statement }): Reason => {
      const effect = statement.effect === 'Allow' ? 'allow' : 'deny';
      return { statement: statement.index, id: toStatementId(keyPolicy, statement), effect };
    });

  const certainDenies = denies.filter(({ truth }) => truth === true);
  if (certainDenies.length > 0) {
    return { effect: 'denied', because: toReasons(certainDenies), delegated: false };
  }
  if (allows.length === 0) {
    return { effect: 'denied', because: [], delegated: false };
  }
  const direct = allows.filter(({ match }) => !isDelegating(match, request));
  const isForeign = !isOfKeyAccount(request);
  const certainAllows = direct.filter(({ truth }) => truth === true);
  if (certainAllows.length > 0 && denies.length === 0) {
    const delegated = isForeign && toPrincipalAccountId(request.principal) !== null;
    return { effect: 'allowed', because: toReasons(certainAllows), delegated };
  }
  return { effect: 'undecided', because: toReasons([...denies, ...allows]), delegated: direct.length === 0 };
}

type Standing = { statement: Statement; match: PrincipalMatch; truth: Truth };

/**
 * The root of an account in a key policy hands the decision to that account's IAM. A strange account's owner decides
 * that in his own favour, so it counts as allowed there; in the key's own account IAM really has the word.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function isDelegating(match: PrincipalMatch, request: Request): boolean {
  return match === 'account' && isOfKeyAccount(request);
}

function isOfKeyAccount({ principal, resource }: Request): boolean {
  return toPrincipalAccountId(principal) === resource.split(':')[4];
}

function toLookup({ principal, context, isClosed }: Request): Lookup {
  const known = new Map(
    Object.entries({ ...toIdentityContext(principal), ...context }).map(([key, values]) => [
      key.toLowerCase(),
      values,
    ]),
  );
  return (key) => {
    const values = known.get(key);
    if (values === undefined) {
      return isClosed ? 'absent' : 'unknown';
    }
    return values.length === 0 ? 'absent' : values;
  };
}
