import { toApplicable } from './applicable.ts';
import type { Caller } from './caller.ts';
import { decide, type Request, toCircumstances } from './decide.ts';
import { type Effort, effortOfPolicy, toCost } from './effort.ts';
import { evaluate } from './evaluate.ts';
import { type FixedPrincipal, type Manner, toFixedCaller, toFixedDomain, toSession } from './fixed-caller.ts';
import { encryptionContextPrefix } from './grant.ts';
import { toIdentityContext } from './identity-context.ts';
import { toKeyValues } from './key-values.ts';
import { getMentions } from './mentions.ts';
import { toNamedArns, toSessions } from './named-sessions.ts';
import { toCurrentPolicies, toEveryStatement } from './policies.ts';
import type { Policies, Statement } from './policy.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';
import { type Trial, toTrials } from './trials.ts';
import { hasUnfilled, toFirstTakenIn, toVariableAtoms } from './variable-atoms.ts';
import type { WitnessResult } from './witness.ts';

export type PrincipalQuestion = FixedPrincipal & {
  /** The concrete actions asked about. */
  actions: string[];
  keyArn: string;
  manner?: Manner;
  /** What is known of every such request: kms:ResourceAliases, aws:ResourceTag/…, aws:CurrentTime, an encryption context. */
  knownContext?: Record<string, string[]>;
};

// Of one question: there are as many as principals, actions and keys. Ordinary ones need some hundreds.
const effortOfQuestion = effortOfPolicy / 10;
const version = '2012-10-17';

type Assignment = ReadonlyMap<string, string[] | null>;
type Asker = Caller & { fixed: FixedPrincipal };
type Way = { caller: Asker; action: string; trial: Trial };
type Search = {
  question: PrincipalQuestion;
  manner: Manner;
  policies: Policies;
  spelling: Map<string, string>;
  effort: Effort;
  inexactKeys: Set<string>;
};

/**
 * Answers "could this principal do any of this?" with a closed request that `decide` allows over key policy, grants,
 * IAM and what is known of the organisation's policies, or proves that there is none. Like `findWitness`, it tries
 * one value of each class that the conditions can tell apart, one way through the policies after the other.
 */
export function findPrincipalWitness(question: PrincipalQuestion, given: Policies): WitnessResult {
  const policies = toCurrentPolicies(given);
  const asked = toSessions(question, toNamedArns(policies)).flatMap((fixed) => {
    const principal = toSession(fixed.principal);
    return question.actions.map((action) => {
      const trials = toTrials(toApplicable(principal, action, policies), principal, question.keyArn);
      return { fixed, action, trials };
    });
  });
  if (asked.every(({ trials }) => trials.length === 0)) {
    return { none: true };
  }
  const statements = toEveryStatement(policies);
  const mentions = getMentions(
    { version, statements },
    question.organizationId ?? undefined,
    question.keyArn,
  );
  const search: Search = {
    question,
    manner: question.manner ?? 'any',
    policies,
    spelling: toSpelling(question, policies, statements),
    effort: { left: effortOfQuestion },
    inexactKeys: new Set(),
  };
  for (const { fixed, action, trials } of asked) {
    const caller = { fixed, ...toFixedCaller(fixed, mentions) };
    for (const trial of trials) {
      const start = toStart(question, trial);
      const found = start && tryValues(search, { caller, action, trial }, start);
      if (found !== null) {
        return { found };
      }
    }
  }
  if (search.effort.left < 0) {
    return { undecided: `The policies' conditions combine in more ways than a counted effort could try.` };
  }
  if (mentions.isPartial && question.organizationId === undefined) {
    search.inexactKeys.add('aws:PrincipalOrgID');
  }
  if (search.inexactKeys.size > 0) {
    const keys = [...search.inexactKeys].sort().join(', ');
    return { undecided: `The values of ${keys} are too many to try them all.` };
  }
  return { none: true };
}

/** What is known, and what a grant's constraints ask; null where these two contradict each other. */
function toStart(question: PrincipalQuestion, { pairs }: Trial): Assignment | null {
  const start = new Map<string, string[] | null>(
    Object.entries(question.knownContext ?? {}).map(([key, values]) => [
      key.toLowerCase(),
      values.length === 0 ? null : values,
    ]),
  );
  for (const [name, value] of Object.entries(pairs)) {
    const key = `${encryptionContextPrefix}${name}`.toLowerCase();
    const given = start.get(key);
    if (given !== undefined && given?.[0] !== value) {
      return null;
    }
    start.set(key, [value]);
  }
  return start;
}

function tryValues(search: Search, way: Way, assignment: Assignment): Request | null {
  search.effort.left -= 1 + toCost(way.trial.statements);
  if (search.effort.left < 0) {
    return null;
  }
  const open = toRequest(search, way, assignment, false);
  const { effect, open: statements } = evaluate(way.trial.applicable, toCircumstances(open));
  if (effect === 'denied') {
    return null;
  }
  const known = toCircumstances(open).lookup;
  const next = statements
    .map(({ statement }) => toOpenKey(statement, known))
    .find((found) => found !== undefined);
  if (next === undefined) {
    const closed = toRequest(search, way, assignment, true);
    return decide(closed, search.policies).effect === 'allowed' ? closed : null;
  }
  const conditions = statements.flatMap(({ statement }) => statement.conditions);
  const key = toFirstTakenIn(next, conditions, version, known);
  for (const values of toValues(search, way, key, known)) {
    const found = tryValues(search, way, new Map([...assignment, [key, values]]));
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** The next key a statement hangs on; keys that others' values refer to come first, so that values can be filled. */
function toOpenKey(statement: Statement, lookup: Lookup): string | undefined {
  const texts = [
    ...(statement.resources ?? statement.notResources ?? []),
    ...statement.conditions.flatMap(({ values }) => values),
  ];
  const variables = texts.flatMap((text) => toVariableKeys(text, version));
  return [...variables, ...statement.conditions.map(({ key }) => key)].find(
    (key) => lookup(key) === 'unknown',
  );
}

function toValues(search: Search, { caller, trial }: Way, key: string, lookup: Lookup): (string[] | null)[] {
  const toDomain = (other: string) => toFixedDomain(caller, caller.fixed, search.manner, other);
  const isOther = trial.isWholeContext && key.startsWith(encryptionContextPrefix.toLowerCase());
  if (isOther) {
    return [null];
  }
  if (trial.isWholeContext && key === 'kms:encryptioncontextkeys') {
    return [Object.keys(trial.pairs)];
  }
  const { statements } = trial;
  const own = statements.flatMap(({ conditions }) => conditions.filter((condition) => condition.key === key));
  const domain = toDomain(key);
  const resource = search.question.keyArn;
  const taken = toVariableAtoms(key, { statements, resource, version, lookup, toDomain });
  const { values, isExact } = toKeyValues(domain, own, taken.atoms, version, lookup, search.effort);
  const isTakenExact = taken.isExact && !hasUnfilled(own, version, lookup);
  if (!isExact || (!isTakenExact && domain.kind !== 'options')) {
    search.inexactKeys.add(search.spelling.get(key) ?? key);
  }
  return values;
}

function toRequest(
  { question, spelling }: Search,
  { caller, action }: Way,
  assignment: Assignment,
  isClosed: boolean,
): Request {
  const principal = toAssigned(caller, assignment);
  const identity = toIdentityContext(principal);
  const identityKeys = new Set(Object.keys(identity).map((key) => key.toLowerCase()));
  const chosen = [...assignment].flatMap(([key, values]): [string, string[]][] => {
    const isTold = identityKeys.has(key) || (isClosed && values === null);
    return isTold ? [] : [[spelling.get(key) ?? key, values ?? []]];
  });
  const organization: Record<string, string[]> =
    typeof question.organizationId === 'string' && !assignment.has('aws:principalorgid')
      ? { 'aws:PrincipalOrgID': [question.organizationId] }
      : {};
  return {
    principal,
    action,
    resource: question.keyArn,
    context: { ...identity, ...organization, ...Object.fromEntries(chosen) },
    isClosed,
  };
}

/** Who signs in under the session name that aws:userid was given. */
function toAssigned({ principal }: Caller, assignment: Assignment): Caller['principal'] {
  const userId = assignment.get('aws:userid')?.[0];
  if (userId === undefined || (principal.kind !== 'role-session' && principal.kind !== 'user')) {
    return principal;
  }
  if (principal.kind === 'user') {
    return { ...principal, userId };
  }
  const session = userId.split(':').slice(1).join(':');
  const arn = session === '' ? principal.arn : principal.arn.replace(/[^/]*$/, () => session);
  return { ...principal, arn, userId };
}

function toSpelling(question: PrincipalQuestion, { grants = [] }: Policies, statements: Statement[]) {
  const ofGrants = grants.flatMap(({ Constraints }) =>
    Object.keys({ ...Constraints?.EncryptionContextEquals, ...Constraints?.EncryptionContextSubset }).map(
      (name) => `${encryptionContextPrefix}${name}`,
    ),
  );
  const ofConditions = statements.flatMap(({ conditions }) =>
    conditions.map(({ originalKey }) => originalKey),
  );
  const keys = [...ofConditions, ...ofGrants, ...Object.keys(question.knownContext ?? {})];
  return new Map(keys.map((key) => [key.toLowerCase(), key]));
}
