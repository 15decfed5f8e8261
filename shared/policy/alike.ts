/**
 * Questions that must have one answer, so that each kind is asked once: most keys of an account carry the same policy
 * with another name in it, and what a principal's policies say of one key they mostly say of the next.
 */
import { type Distinction, toContextKeys, toDistinction, toDistinctionMark } from './distinction.ts';
import type { HolderGroup } from './holders.ts';
import type { AccountPrincipals, KeyQuestion } from './holding.ts';
import type { NamedPolicy, Statement } from './policy.ts';
import type { Power } from './power.ts';
import { toAccountId } from './principal.ts';
import { selectPowers, toLineAbout, toLines, toLinesAbout, toSaidOfKey } from './said-of-keys.ts';

/** An answer that is proven: by a request that shows it, or by there being none. */
export type Settled = { power: Power; isShown: boolean };

export function toSettled({ power, isShown }: Settled): Settled {
  return { power, isShown };
}

export type Answers = ReturnType<typeof createAnswers>;

/** What was answered about the principals of one account; where no two questions are alike, so many and no more. */
export function createAnswers(most = 100_000) {
  const numbers = new Map<string, number>();
  const answers = new Map<string, Settled>();
  let count = 0;
  /** A number that stands for a text as long as it is remembered, and never for another. */
  const toNumber = (text: string): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    count += 1;
    numbers.set(text, count);
    return count;
  };
  return {
    toNumber,
    /** Asks unless a question of this kind was settled before. Too much to search through settles nothing. */
    settle: (kind: string, ask: () => Settled): Settled => {
      const known = answers.get(kind);
      if (known) return known;
      const answer = toSettled(ask());
      if (answers.size + numbers.size >= most) {
        answers.clear();
        numbers.clear();
      }
      if (answer.power === 'no' || answer.isShown) answers.set(kind, answer);
      return answer;
    },
  };
}

/** What the policies of the key and of the organisation look at, whoever asks. */
export type Shared = {
  distinction: Distinction;
  mark: string;
  contextKeys: ReadonlySet<string>;
  kind: string;
};

export function toShared(question: KeyQuestion, account: AccountPrincipals): Shared {
  const { keyPolicy, resourceControl = [] } = question;
  const named = [...(account.serviceControl ?? []).flat(), ...resourceControl.flat()];
  const policies = [keyPolicy, ...named.flatMap(({ policy }) => policy ?? [])];
  const statements = policies.flatMap(selectPowers);
  const distinction = toDistinction(statements);
  return {
    distinction,
    mark: toDistinctionMark(distinction),
    contextKeys: toContextKeys(statements),
    kind: toKeyKind(question, account),
  };
}

export function toGroupKind(
  question: KeyQuestion,
  { sort, said, contextKeys }: HolderGroup,
  shared: Shared,
  { toNumber }: Answers,
): string {
  const keys = contextKeys.size === 0 ? shared.contextKeys : new Set([...shared.contextKeys, ...contextKeys]);
  const texts = [shared.kind, toKnown(question, keys), `${sort} ${toSaidOfKey(said, question.keyArn)}`];
  return texts.map(toNumber).join(' ');
}

/**
 * All that counts of a key, its policy and its grants for principals whom none of them names, beside the condition
 * keys that the principals' own policies look at. An Allow or a Deny of others is nothing to them.
 */
function toKeyKind(question: KeyQuestion, account: AccountPrincipals): string {
  const { keyArn, keyPolicy, grants, resourceControl } = question;
  const { organizationId, serviceControl } = account;
  return JSON.stringify([
    // The partition, Region and account of the key.
    keyArn.split(':').slice(0, 5),
    [account.account, organizationId ?? null, organizationId === undefined],
    toOpenLines({ ref: '', policy: keyPolicy }, keyArn),
    resourceControl?.map((level) => level.map((named) => toOpenLines(named, keyArn))) ?? null,
    serviceControl?.map((level) => level.map(({ policy }) => policy && toLinesAbout(policy, keyArn))) ?? null,
    selectGrants(question, account),
    grants === undefined,
  ]);
}

/** Grants to the whole account: whoever is named by one is asked alone. */
function selectGrants({ grants = [] }: KeyQuestion, { account }: AccountPrincipals) {
  return grants.filter((grant) =>
    [grant.GranteePrincipal, grant.GranteeServicePrincipal].some(
      (name) => name !== undefined && toAccountId(name) === account,
    ),
  );
}

/** What is known of every request, as far as any of the condition keys is about it. */
function toKnown({ knownContext = {}, contexts = [] }: KeyQuestion, keys: ReadonlySet<string>): string {
  const known = Object.entries(knownContext)
    .map(([key, values]): [string, string[]] => [key.toLowerCase(), values])
    .filter(([key]) => keys.has(key));
  const isContextAsked = [...keys].some((key) => key.startsWith('kms:encryptioncontext'));
  return known.length > 0 || isContextAsked ? JSON.stringify([known, isContextAsked ? contexts : []]) : '';
}

function toOpenLines({ policy }: NamedPolicy, keyArn: string): string[] | null {
  return (
    policy &&
    toLines(policy)
      .flatMap((line) => {
        const who = toOpen(line.statement);
        return who === null ? [] : toLineAbout(line, keyArn).map((text) => `${who} ${text}`);
      })
      .sort()
  );
}

/** Whom a statement is about but those whom it names; null where that is nobody. */
function toOpen({ principals, notPrincipals }: Statement): string | null {
  const open = (principals ?? notPrincipals ?? [])
    .filter(({ type, value }) => type === 'AWS' && (value === '*' || toAccountId(value) !== null))
    .map(({ value }) => value)
    .sort();
  if (principals !== null && open.length === 0) return null;
  return `${principals === null ? 'all but' : ''} ${open.join(' ')}`;
}
