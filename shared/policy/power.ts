import { toApplicable } from './applicable.ts';
import { decide, type Request, toCircumstances } from './decide.ts';
import { evaluate } from './evaluate.ts';
import { type FixedPrincipal, toPlainValue, toSession } from './fixed-caller.ts';
import { encryptionContextPrefix } from './grant.ts';
import { toIdentityContext } from './identity-context.ts';
import { toNamedArns, toSessions } from './named-sessions.ts';
import { toEveryStatement } from './policies.ts';
import type { NamedPolicy, Policies } from './policy.ts';
import { parseIdentityPolicy } from './policy-document.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';
import { findPrincipalWitness, type PrincipalQuestion } from './principal-witness.ts';

/**
 * `yes`: a plain call is allowed, one that the principal makes itself, directly, as it is, with one of the encryption
 * contexts. `conditional`: not that, but some request of the principal is allowed, or is by what was not seen.
 */
export type Power = 'yes' | 'conditional' | 'no';

export type PowerOptions = {
  keyArn: string;
  /** Encryption contexts that the key's ciphertexts carry. None given: a plain call has none. */
  contexts?: Record<string, string>[];
  /** What is known of every request: kms:ResourceAliases, aws:ResourceTag/…, aws:CurrentTime. */
  knownContext?: Record<string, string[]>;
};

/** What one principal may do by any of the actions, and the request that shows it where one could be found. */
export function findPower(
  principal: FixedPrincipal,
  actions: readonly string[],
  policies: Policies,
  { keyArn, contexts = [], knownContext = {} }: PowerOptions,
): { power: Power; witness: Request | null } {
  const sessions = toSessions(principal, toNamedArns(policies));
  const toOpen = (fixed: FixedPrincipal, action: string, context: Record<string, string[]>): Request => ({
    principal: toSession(fixed.principal),
    action,
    resource: keyArn,
    context: {
      ...toIdentityContext(toSession(fixed.principal)),
      ...toEveryCall(fixed, keyArn),
      ...knownContext,
      ...context,
      ...toParameters(action),
    },
    isClosed: false,
  });
  const toContexts = (action: string) =>
    opening.test(action) && contexts.length > 0 ? contexts.map(toContextKeys) : [{}];
  // Most answers do not hang on what the request leaves open, and need no search.
  const live = actions.filter((action) =>
    sessions.some((fixed) => decide(toOpen(fixed, action, {}), policies).effect !== 'denied'),
  );
  for (const action of live) {
    for (const context of toContexts(action)) {
      const open = toOpen(principal, action, context);
      const { effect, delegated } = decide(open, policies);
      if (effect === 'allowed' && !delegated) {
        return { power: 'yes', witness: { ...open, isClosed: true } };
      }
    }
  }
  const ask = (action: string, manner: 'plain' | 'any', context: Record<string, string[]>, by: Policies) => {
    const question: PrincipalQuestion = {
      ...principal,
      actions: [action],
      keyArn,
      manner,
      knownContext: { ...knownContext, ...context, ...toParameters(action) },
    };
    return findPrincipalWitness(question, by);
  };
  // Too much to search through is no answer, and must not read as one.
  let isUnsettled = false;
  for (const action of live) {
    for (const context of toContexts(action)) {
      if (!sessions.some((fixed) => canBePlain(fixed, toOpen(fixed, action, context), policies))) {
        continue;
      }
      const plain = ask(action, 'plain', context, policies);
      if ('found' in plain && !decide(plain.found, policies).delegated && isSure(plain.found, policies)) {
        return { power: 'yes', witness: plain.found };
      }
      isUnsettled ||= 'undecided' in plain;
    }
  }
  const mostGiving = toMostGiving(policies);
  for (const action of live) {
    const any = ask(action, 'any', {}, mostGiving);
    if ('none' in any) {
      continue;
    }
    // By what was not seen is no proof.
    const isShown = !isUnsettled && 'found' in any && decide(any.found, policies).effect === 'allowed';
    return { power: 'conditional', witness: isShown ? any.found : null };
  }
  return { power: 'no', witness: null };
}

// Operations that work on what was sealed carry its encryption context; the others have none.
const opening = /^kms:(decrypt|reencryptfrom)$/i;

/** What every direct call says, whoever makes it. */
function toEveryCall({ organizationId }: FixedPrincipal, keyArn: string): Record<string, string[]> {
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

// What the key is, not what the caller says: where it is not known, it may be anything.
const keysOfTheKey =
  /^(aws:resourcetag\/.*|aws:resourceorg(id|paths)|kms:(resourcealiases|keyorigin|keyspec|keyusage|multiregion|multiregionkeytype))$/;

/** Whether a plain call could be allowed at all, by what such a call says for sure and what it never says. */
function canBePlain(fixed: FixedPrincipal, open: Request, policies: Policies): boolean {
  const circumstances = toCircumstances(open);
  const lookup: Lookup = (key) => {
    const told = circumstances.lookup(key);
    return told === 'unknown' ? toPlainValue(fixed, key) : told;
  };
  const applicable = toApplicable(open.principal, open.action, policies);
  return evaluate(applicable, { ...circumstances, lookup }).effect !== 'denied';
}

/** Whether a request is allowed whatever the key is like, as far as that is not known. */
function isSure(request: Request, policies: Policies): boolean {
  const told = new Set(Object.keys(request.context).map((key) => key.toLowerCase()));
  const asked = toEveryStatement(policies).flatMap(({ conditions, resources, notResources }) => [
    ...conditions.flatMap(({ key, values }) => [key, ...values.flatMap(toKeys)]),
    ...[...(resources ?? []), ...(notResources ?? [])].flatMap(toKeys),
  ]);
  const untold = asked.filter((key) => !told.has(key));
  if (!untold.some((key) => keysOfTheKey.test(key))) {
    return true;
  }
  const absent = untold.filter((key) => !keysOfTheKey.test(key)).map((key): [string, string[]] => [key, []]);
  const context = { ...Object.fromEntries(absent), ...request.context };
  return decide({ ...request, context, isClosed: false }, policies).effect === 'allowed';
}

function toKeys(text: string): string[] {
  return toVariableKeys(text, '2012-10-17');
}

/** The power alone. */
export function toPower(
  principal: FixedPrincipal,
  actions: readonly string[],
  policies: Policies,
  options: PowerOptions,
): Power {
  return findPower(principal, actions, policies, options).power;
}

/**
 * A grant is a power where it may give decryption to whom the caller likes: one that only services may have made, or
 * that opens nothing, is none.
 */
function toParameters(action: string): Record<string, string[]> {
  return action.toLowerCase() === 'kms:creategrant'
    ? { 'kms:GrantIsForAWSResource': ['false'], 'kms:GrantOperations': ['Decrypt'] }
    : {};
}

function toContextKeys(context: Record<string, string>): Record<string, string[]> {
  const pairs = Object.entries(context).map(([name, value]): [string, string[]] => [
    `${encryptionContextPrefix}${name}`,
    [value],
  ]);
  return { ...Object.fromEntries(pairs), 'kms:EncryptionContextKeys': Object.keys(context) };
}

const anything = parseIdentityPolicy('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}');

/** The policies with everything allowed where they were not seen, for what they do not give must not read as "no". */
function toMostGiving({ identity, serviceControl, ...policies }: Policies): Policies {
  const toSeen = ({ ref, policy }: NamedPolicy): NamedPolicy => ({ ref, policy: policy ?? anything });
  return {
    ...policies,
    identity:
      identity === undefined
        ? { policies: [{ ref: 'not seen', policy: anything }], boundary: null }
        : {
            policies: identity.policies.map(toSeen),
            boundary: identity.boundary && toSeen(identity.boundary),
          },
    serviceControl: serviceControl?.map((level) => level.map(toSeen)),
  };
}
