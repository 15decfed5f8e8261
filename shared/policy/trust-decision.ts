/** Whether a role's trust policy lets somebody become the role. */
import { toIdentityContext } from './identity-context.ts';
import type { Policy } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { matchPrincipal, type Principal } from './principal.ts';
import { hasAction, matchCircumstances } from './statement.ts';
import { and, not, or, type Truth } from './truth.ts';

export type Entry = {
  principal: Principal;
  /** `sts:AssumeRole` or one of its kin. */
  action: string;
  roleArn: string;
  /** What is known of the request, keys in any case. */
  context: Record<string, string[]>;
  /** Whether a key that is not in the context is surely not in the request; of others nobody can tell. */
  isAbsent: (key: string) => boolean;
};

/** By the whole trust policy, its Denies too. */
export function isLetIn(
  trustPolicy: Policy,
  { principal, action, roleArn, context, isAbsent }: Entry,
): Truth {
  const { version, statements } = trustPolicy;
  const known = new Map(
    Object.entries({ ...toIdentityContext(principal), ...context }).map(([key, values]) => [
      key.toLowerCase(),
      values,
    ]),
  );
  const lookup: Lookup = (key) => known.get(key) ?? (isAbsent(key) ? 'absent' : 'unknown');
  const holds = (effect: 'Allow' | 'Deny'): Truth =>
    or(
      statements
        .filter(
          (statement) =>
            statement.effect === effect &&
            hasAction(statement, action) &&
            matchPrincipal(statement, principal) !== null,
        )
        .map((statement) => matchCircumstances(statement, version, roleArn, lookup)),
    );
  return and([holds('Allow'), not(holds('Deny'))]);
}
