import { decide, type Request } from './decide.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { encryptionContextPrefix } from './grant.ts';
import type { NamedPolicy, Policies } from './policy.ts';
import { parseIdentityPolicy } from './policy-document.ts';
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
  actions: string[],
  policies: Policies,
  { keyArn, contexts = [], knownContext = {} }: PowerOptions,
): { power: Power; witness: Request | null } {
  const ask = (manner: 'plain' | 'any', context: Record<string, string[]>, by: Policies) => {
    for (const action of actions) {
      const question: PrincipalQuestion = {
        ...principal,
        actions: [action],
        keyArn,
        manner,
        knownContext: { ...knownContext, ...context, ...toParameters(action) },
      };
      const result = findPrincipalWitness(question, by);
      if (!('none' in result)) {
        return result;
      }
    }
    return null;
  };
  for (const context of contexts.length === 0 ? [{}] : contexts) {
    const plain = ask('plain', toContextKeys(context), policies);
    if (plain !== null && 'found' in plain && !decide(plain.found, policies).delegated) {
      return { power: 'yes', witness: plain.found };
    }
  }
  const any = ask('any', {}, toMostGiving(policies));
  if (any === null) {
    return { power: 'no', witness: null };
  }
  // By what was not seen is no proof.
  const isShown = 'found' in any && decide(any.found, policies).effect === 'allowed';
  return { power: 'conditional', witness: isShown ? any.found : null };
}

/** The power alone. */
export function toPower(
  principal: FixedPrincipal,
  actions: string[],
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
