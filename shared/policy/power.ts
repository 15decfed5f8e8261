import { decide, type Request } from './decide.ts';
import { type FixedPrincipal, toSession } from './fixed-caller.ts';
import { encryptionContextPrefix } from './grant.ts';
import { toIdentityContext } from './identity-context.ts';
import { toNamedArns, toSessions } from './named-sessions.ts';
import { toAnswerer, toEveryCall, toParameters } from './open-answer.ts';
import { toEveryStatement } from './policies.ts';
import type { NamedPolicy, Policies } from './policy.ts';
import { parseIdentityPolicy } from './policy-document.ts';
import { toVariableKeys } from './policy-variables.ts';
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
  const sessions = toSessions(principal, toNamedArns(policies)).map((fixed) => {
    const session = toSession(fixed.principal);
    const context = { ...toIdentityContext(session), ...toEveryCall(fixed, keyArn), ...knownContext };
    return { fixed, session, toAnswer: toAnswerer(session, context, policies, keyArn) };
  });
  const toContexts = (action: string) =>
    opening.test(action) && contexts.length > 0 ? contexts.map(toContextKeys) : [{}];
  // Most answers do not hang on what the request leaves open, and need no search.
  const live: string[] = [];
  for (const action of actions) {
    const open = sessions.map(({ toAnswer }) => toAnswer(action, {}));
    if (open.every(({ effect }) => effect === 'denied')) {
      continue;
    }
    live.push(action);
    const [own] = sessions;
    for (const context of toContexts(action)) {
      const request = own?.toAnswer(action, context).toAllowed();
      if (request) {
        return { power: 'yes', witness: request };
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
      if (!sessions.some(({ fixed, toAnswer }) => toAnswer(action, context).canBePlain(fixed))) {
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

// What the key is, not what the caller says: where it is not known, it may be anything.
const keysOfTheKey =
  /^(aws:resourcetag\/.*|aws:resourceorg(id|paths)|kms:(resourcealiases|keyorigin|keyspec|keyusage|multiregion|multiregionkeytype))$/;

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

/** What a request under an encryption context says of it. */
export function toContextKeys(context: Record<string, string>): Record<string, string[]> {
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
