import { decide, type Request } from './decide.ts';
import { type FixedPrincipal, toSession } from './fixed-caller.ts';
import { encryptionContextPrefix } from './grant.ts';
import { toOpeningSets } from './grant-operations.ts';
import { toIdentityContext } from './identity-context.ts';
import { toNamedArns, toSessions } from './named-sessions.ts';
import { toAnswerer, toEveryCall, toParameters } from './open-answer.ts';
import { toEveryStatement } from './policies.ts';
import type { NamedPolicy, Policies } from './policy.ts';
import { parseIdentityPolicy } from './policy-document.ts';
import { toVariableKeys } from './policy-variables.ts';
import { findPrincipalWitness, type PrincipalQuestion } from './principal-witness.ts';
import { isOpenToDeny } from './unseen.ts';

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

/** The request by which somebody has a power, where one could be found. Shown: nothing that was not read could undo it. */
export type FoundPower = { power: Power; witness: Request | null; isShown: boolean };

/** What one principal may do by any of the actions. */
export function findPower(
  principal: FixedPrincipal,
  actions: readonly string[],
  policies: Policies,
  { keyArn, contexts = [], knownContext = {} }: PowerOptions,
): FoundPower {
  const sessions = toSessions(principal, toNamedArns(policies)).map((fixed) => {
    const session = toSession(fixed.principal);
    const context = { ...toIdentityContext(session), ...toEveryCall(fixed, keyArn), ...knownContext };
    return { fixed, session, toAnswer: toAnswerer(session, context, policies, keyArn) };
  });
  // What a caller may choose to say of an operation, beside an encryption context.
  const toChoices = (action: string): Record<string, string[]>[] =>
    granting.test(action)
      ? toOpeningSets(toEveryStatement(policies)).map((set) => ({ 'kms:GrantOperations': set }))
      : [{}];
  const toContexts = (action: string) =>
    opening.test(action) && contexts.length > 0 ? contexts.map(toContextKeys) : toChoices(action);
  // Most answers do not hang on what the request leaves open, and need no search.
  const live: string[] = [];
  for (const action of actions) {
    const isLive = sessions.some(({ toAnswer }) =>
      toChoices(action).some((choice) => toAnswer(action, choice).effect !== 'denied'),
    );
    if (!isLive) {
      continue;
    }
    live.push(action);
    const [own] = sessions;
    for (const context of toContexts(action)) {
      const request = own?.toAnswer(action, context).toAllowed();
      if (request) {
        return { power: 'yes', witness: request, isShown: true };
      }
    }
  }
  const ask = (action: string, manner: 'plain' | 'any', context: Record<string, string[]>, by: Policies) => {
    const question: PrincipalQuestion = {
      ...principal,
      actions: [action],
      keyArn,
      manner,
      knownContext: { ...knownContext, ...toParameters(action), ...context },
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
      if ('found' in plain && isSure(plain.found, policies)) {
        return { power: 'yes', witness: plain.found, isShown: true };
      }
      isUnsettled ||= 'undecided' in plain;
    }
  }
  const mostGiving = toMostGiving(policies);
  for (const action of live) {
    for (const choice of toChoices(action)) {
      const any = ask(action, 'any', choice, mostGiving);
      if ('none' in any) {
        continue;
      }
      // By what was not seen is no proof.
      const witness = 'found' in any && !isUnsettled ? any.found : null;
      const decision = witness && decide(witness, policies);
      return decision?.effect === 'allowed'
        ? { power: 'conditional', witness, isShown: !isOpenToDeny(decision.notSeen) }
        : { power: 'conditional', witness: null, isShown: false };
    }
  }
  return { power: 'no', witness: null, isShown: false };
}

// Operations that work on what was sealed carry its encryption context; the others have none.
const opening = /^kms:(decrypt|reencryptfrom)$/i;
const granting = /^kms:creategrant$/i;

// What the key is, not what the caller says: where it is not known, it may be anything.
const keysOfTheKey =
  /^(aws:resourcetag\/.*|aws:resourceorg(id|paths)|kms:(resourcealiases|keyorigin|keyspec|keyusage|multiregion|multiregionkeytype))$/;

/** Whether a request is allowed whatever was not read says, and whatever the key is like, as far as that is not known. */
function isSure(request: Request, policies: Policies): boolean {
  const { delegated, notSeen } = decide(request, policies);
  if (delegated || isOpenToDeny(notSeen)) {
    return false;
  }
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
