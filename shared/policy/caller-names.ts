import { type Caller, toKeyDomain } from './caller.ts';
import { toPatterns } from './condition.ts';
import type { KeyDomain } from './key-values.ts';
import { type Pattern, step, toPattern, toStart } from './pattern.ts';
import type { Condition, PolicyVersion } from './policy.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';
import type { Principal } from './principal.ts';
import type { Atom } from './value-classes.ts';
import { hasUnfilled } from './variable-atoms.ts';

const arnKey = 'aws:principalarn';

/**
 * The other key that holds the name of a user who chooses it: aws:username, or aws:userid of the sessions of
 * GetFederationToken. Null for callers whose name is given, or is not in their ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
 */
function toNameKey(caller: Caller): string | null {
  if (caller.principal.kind !== 'user' || toKeyDomain(caller, arnKey).kind !== 'text') {
    return null;
  }
  return caller.principal.arn.includes(':federated-user/') ? 'aws:userid' : 'aws:username';
}

/** The name comes before the ARN that ends with it. */
export function toFirstOpenKey(caller: Caller, key: string, conditions: Condition[], lookup: Lookup): string {
  const nameKey = key === arnKey ? toNameKey(caller) : null;
  const isAsked = conditions.some((condition) => condition.key === nameKey);
  return nameKey !== null && isAsked && lookup(nameKey) === 'unknown' ? nameKey : key;
}

/** What conditions on the ARN ask of the name. Not exact for an IAM user's, before which a path may stand. */
export function toNameAtoms(
  caller: Caller,
  key: string,
  conditions: Condition[],
  version: PolicyVersion,
  lookup: Lookup,
): { atoms: Atom[]; isExact: boolean } {
  const { principal } = caller;
  if (key !== toNameKey(caller) || principal.kind !== 'user') {
    return { atoms: [], isExact: true };
  }
  const isId = key === 'aws:userid';
  const prefix = toArnPrefix(principal.arn);
  const onArn = conditions.filter((condition) => condition.key === arnKey);
  const atoms = onArn.map((condition) => {
    const patterns = toPatterns(condition, version, lookup);
    return isId
      ? {
          patterns: patterns.flatMap((arn) => toIdPatterns(arn, prefix, principal.accountId)),
          before: '',
          after: '',
        }
      : { patterns, before: prefix, after: '' };
  });
  return { atoms, isExact: atoms.length === 0 || (isId && !hasUnfilled(onArn, version, lookup)) };
}

/** Whether a text that takes the key in is about the name or the ARN, and both are asked about and open. */
export function isTakenByName(
  caller: Caller,
  key: string,
  conditions: Condition[],
  version: PolicyVersion,
  lookup: Lookup,
): boolean {
  const nameKey = toNameKey(caller);
  if (nameKey === null || lookup(nameKey) !== 'unknown') return false;
  const asked = conditions.filter((condition) => condition.key === arnKey || condition.key === nameKey);
  const texts = asked.flatMap(({ values }) => values);
  const isTaken = texts.some((text) => toVariableKeys(text, version).includes(key));
  return isTaken && new Set(asked.map((condition) => condition.key)).size === 2;
}

/** An id ends as the ARN does: what a pattern still asks behind the ARN's prefix it asks behind the id's. */
function toIdPatterns(arn: Pattern, arnPrefix: string, accountId: string): Pattern[] {
  let state = toStart(arn);
  for (const char of arnPrefix) state = step(state, char);
  const { tokens } = toPattern([literal(`${accountId}:`)]);
  return state.positions.map((position) => ({ ...arn, tokens: [...tokens, ...arn.tokens.slice(position)] }));
}

/** The ARNs, with a path or without, of a user whose name is chosen. */
export function toNamedDomain(caller: Caller, key: string, lookup: Lookup): KeyDomain {
  const domain = toKeyDomain(caller, key);
  const nameKey = key === arnKey ? toNameKey(caller) : null;
  const [value] = nameKey === null ? [] : toList(lookup(nameKey));
  if (value === undefined || domain.kind !== 'text' || caller.principal.kind !== 'user') {
    return domain;
  }
  const name = value.split(':').at(-1) ?? '';
  const prefix = toArnPrefix(caller.principal.arn);
  const isFederated = nameKey === 'aws:userid';
  const within = [
    toPattern([{ text: `${prefix}${name}`, isLiteral: true }]),
    ...(isFederated ? [] : [toPattern([literal(prefix), wild('?*'), literal(`/${name}`)])]),
  ];
  return { ...domain, within, suggestions: [`${prefix}${name}`] };
}

/** The principal that stands for a caller, as its keys were chosen. */
export function toAssignedPrincipal(
  principal: Principal,
  assignment: ReadonlyMap<string, string[] | null>,
): Principal {
  const arn = assignment.get(arnKey)?.[0];
  const userId = assignment.get('aws:userid')?.[0];
  const name = assignment.get('aws:username')?.[0];
  if (principal.kind === 'role-session') {
    const roleArn = arn ?? principal.roleArn;
    const session = userId?.split(':').slice(1).join(':') ?? principal.arn.split('/').at(-1) ?? '';
    const prefix = principal.arn.slice(0, principal.arn.indexOf('/'));
    const sessionArn = `${prefix}/${roleArn.split('/').at(-1) ?? ''}/${session}`;
    return { ...principal, roleArn, arn: sessionArn, userId };
  }
  if (principal.kind === 'user') {
    const isFederated = principal.arn.includes(':federated-user/');
    const chosen = isFederated ? userId?.split(':').at(-1) : name;
    const named = chosen === undefined ? principal.arn : `${toArnPrefix(principal.arn)}${chosen}`;
    return { ...principal, arn: arn ?? named, userId };
  }
  return principal;
}

function toArnPrefix(arn: string): string {
  return arn.slice(0, arn.lastIndexOf('/') + 1);
}

const literal = (text: string) => ({ text, isLiteral: true });
const wild = (text: string) => ({ text, isLiteral: false });
const toList = (values: ReturnType<Lookup>) => (Array.isArray(values) ? values : []);
