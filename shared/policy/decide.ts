import { toApplicable } from './applicable.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { toIdentityContext } from './identity-context.ts';
import { isSaidBy } from './operation-keys.ts';
import type { Policies } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { type Principal, toPrincipalAccountId } from './principal.ts';

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

export type Decision = Pick<Evaluation, 'effect' | 'because' | 'notSeen'> & {
  /**
   * The key policy leaves the answer to the IAM policies of the caller's account, and they were not given. Undecided
   * within the key's own account. Allowed for another account: its owner gives the rest to whom he likes, so for a
   * stranger or an outsider it is allowed; whoever can read that account's IAM policies can say more.
   */
  delegated: boolean;
};

/**
 * Answers one request by every policy that matters. `because` holds what decides or, undecided, what it hangs on;
 * empty: denied because nothing allows it. `notSeen` holds the parts that were not given and could turn the answer.
 */
export function decide(request: Request, policies: Policies): Decision {
  const applicable = toApplicable(request.principal, request.action, policies);
  const circumstances = toCircumstances(request);
  const { effect, because, notSeen } = evaluate(applicable, circumstances);
  const isUnseen = policies.identity === undefined && toPrincipalAccountId(request.principal) !== null;
  const leaving = new Set(applicable.delegating.map(({ statement }) => statement.index));
  const isLeft = because.every(
    (reason) => reason.effect === 'deny' || (reason.statement !== null && leaving.has(reason.statement)),
  );
  // A grant needs nobody else's word.
  const isGranted = because.some(({ source }) => source === 'grant');
  const isToIam = circumstances.isForeign
    ? effect === 'allowed' && !isGranted
    : effect === 'undecided' && isLeft;
  return { effect, because, notSeen, delegated: isUnseen && isToIam };
}

/** What a request says, as statements are asked about it. */
export function toCircumstances({ principal, action, resource, context, isClosed }: Request) {
  const everything = { ...toIdentityContext(principal), ...context };
  return {
    action,
    resource,
    context: everything,
    isClosed,
    lookup: toLookup(everything, isClosed, action),
    isForeign: toPrincipalAccountId(principal) !== resource.split(':')[4],
  };
}

/** What a context says of a key, in any case. */
export function toLookup(context: Record<string, string[]>, isClosed: boolean, action: string): Lookup {
  const known = new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
  return (key) => {
    const values = known.get(key);
    if (values === undefined) {
      return isClosed || !isSaidBy(action, key) ? 'absent' : 'unknown';
    }
    return values.length === 0 ? 'absent' : values;
  };
}
