import { type Applicable, toApplicable } from './applicable.ts';
import { decide, type Request, toLookup } from './decide.ts';
import { evaluate } from './evaluate.ts';
import { type FixedPrincipal, toPlainValue } from './fixed-caller.ts';
import type { Policies } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { type Principal, toPrincipalAccountId } from './principal.ts';
import { isOpenToDeny } from './unseen.ts';

/**
 * Gives a function that answers what a session may by an action under a context, beside what all its calls say, all
 * else left open: what is the same for all of its actions is looked up once.
 */
export function toAnswerer(
  principal: Principal,
  everyCall: Record<string, string[]>,
  policies: Policies,
  keyArn: string,
) {
  const ofActions = new Map<string, { applicable: Applicable; base: Lookup }>();
  const isForeign = toPrincipalAccountId(principal) !== keyArn.split(':')[4];
  return (action: string, context: Record<string, string[]>) => {
    const { applicable, base } = ofActions.get(action) ?? {
      applicable: toApplicable(principal, action, policies),
      base: toLookup({ ...everyCall, ...toParameters(action) }, false, action),
    };
    ofActions.set(action, { applicable, base });
    const said = Object.keys(context).length === 0 ? null : toLookup(context, false, action);
    const lookup: Lookup = (key) => {
      const told = said?.(key) ?? 'unknown';
      return told === 'unknown' ? base(key) : told;
    };
    const circumstances = {
      action,
      resource: keyArn,
      context: { ...everyCall, ...toParameters(action), ...context },
      isClosed: false,
      lookup,
      isForeign,
    };
    const { effect } = evaluate(applicable, circumstances);
    return {
      effect,
      /** The request, where it is allowed whatever it leaves open, by more than another account's word, for sure. */
      toAllowed: (): Request | null => {
        const request = {
          principal,
          action,
          resource: keyArn,
          context: circumstances.context,
          isClosed: true,
        };
        if (effect !== 'allowed') return null;
        const { delegated, notSeen } = decide(request, policies);
        return delegated || isOpenToDeny(notSeen) ? null : request;
      },
      /** Whether a plain call could be allowed at all, by what such a call says for sure and what it never says. */
      canBePlain: (fixed: FixedPrincipal): boolean => {
        const toPlain: Lookup = (key) => {
          const told = lookup(key);
          return told === 'unknown' ? toPlainValue(fixed, key) : told;
        };
        return evaluate(applicable, { ...circumstances, lookup: toPlain }).effect !== 'denied';
      },
    };
  };
}

/** What every direct call says, whoever makes it. */
export function toEveryCall({ organizationId }: FixedPrincipal, keyArn: string): Record<string, string[]> {
  const [, , , region = '', account = ''] = keyArn.split(':');
  return {
    'aws:RequestedRegion': [region],
    'aws:SecureTransport': ['true'],
    'aws:ResourceAccount': [account],
    ...(organizationId === undefined
      ? {}
      : { 'aws:PrincipalOrgID': organizationId === null ? [] : [organizationId] }),
  };
}

/**
 * A grant is a power where it may give decryption to whom the caller likes: one that only services may have made, or
 * that opens nothing, is none.
 */
export function toParameters(action: string): Record<string, string[]> {
  return action.toLowerCase() === 'kms:creategrant'
    ? { 'kms:GrantIsForAWSResource': ['false'], 'kms:GrantOperations': ['Decrypt'] }
    : {};
}
