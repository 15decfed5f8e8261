import { type Caller, toKeyDomain } from './caller.ts';
import {
  isTakenByName,
  toAssignedPrincipal,
  toFirstOpenKey,
  toNameAtoms,
  toNamedDomain,
} from './caller-names.ts';
import { decide, type Request } from './decide.ts';
import { type Effort, effortOfPolicy, toCost } from './effort.ts';
import { toIdentityContext } from './identity-context.ts';
import { toKeyValues } from './key-values.ts';
import { getMentions } from './mentions.ts';
import { isSaidBy, toUnsaidKeys } from './operation-keys.ts';
import type { Policies, Policy, Statement } from './policy.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';
import { matchPrincipal } from './principal.ts';
import { hasAction, matchCircumstances } from './statement.ts';
import { hasUnfilled, toFirstTakenIn, toVariableAtoms } from './variable-atoms.ts';
import { canAdmit, toCallers, type Zone } from './zones.ts';

export type Question = {
  /** The concrete actions asked about. */
  actions: string[];
  zone: Zone;
  /** Only requests that this Allow statement (by index) admits. */
  statement?: number;
  keyArn: string;
  /** What is known of every request whoever sends it: kms:ResourceAliases, aws:ResourceTag/…, aws:CurrentTime. */
  knownContext?: Record<string, string[]>;
};

export type WitnessResult = { found: Request } | { none: true } | { undecided: string };

type Assignment = ReadonlyMap<string, string[] | null>;
type Search = {
  policy: Policy;
  question: Question;
  effort: Effort;
  inexactKeys: Set<string>;
};
type Trial = { caller: Caller; action: string; allow: Statement; denies: Statement[] };

/**
 * Answers "could anyone in this zone do this?" with a closed request that `decide` allows, or proves that there is
 * none. Values of condition keys fall into finitely many classes; one of each is tried, and only of keys that a
 * statement still hangs on, so the request found holds nothing that does not matter. Undecided only where the
 * classes or the steps were too many, and says so.
 */
export function findWitness(question: Question, { keyPolicy }: Policies): WitnessResult {
  const known = new Map(
    Object.entries(question.knownContext ?? {}).map(([key, values]): [string, string[] | null] => [
      key.toLowerCase(),
      values.length === 0 ? null : values,
    ]),
  );
  const asked = keyPolicy.statements.find(({ index }) => index === question.statement);
  if (asked && !canAdmit(question.zone, asked)) return { none: true };
  const groups = toActionGroups(keyPolicy, question);
  if (groups.length === 0) return { none: true };
  const effort = toEffort(question, keyPolicy);
  const organizationId = question.zone.kind === 'principal' ? undefined : question.zone.organizationId;
  const mentions = getMentions(keyPolicy, organizationId, question.keyArn);
  const search: Search = { policy: keyPolicy, question, effort, inexactKeys: new Set() };
  for (const caller of toCallers(question.zone, keyPolicy, mentions)) {
    const closed = new Set<string>();
    for (const trial of toTrials(groups, caller, effort)) {
      const name = toAlike(trial.action, [trial.allow, ...trial.denies]);
      const found = closed.has(name) ? null : tryValues(search, trial, known);
      if (found !== null) {
        return { found };
      }
      closed.add(name);
    }
    if (effort.left < 0) {
      return { undecided: 'The search was given up: the conditions of the policy combine in too many ways.' };
    }
  }
  if (search.inexactKeys.size > 0) {
    return {
      undecided: `The values of ${[...search.inexactKeys].sort().join(', ')} are too many to try them all.`,
    };
  }
  return mentions.isPartial
    ? {
        undecided:
          'The accounts, organisations and networks that its patterns tell apart are too many to try them all.',
      }
    : { none: true };
}

/** Checks ask about each Allow statement, or each principal named in one, so a question has its part of the whole. */
function toEffort({ zone }: Question, { statements }: Policy): Effort {
  const allows = statements.filter(({ effect }) => effect === 'Allow');
  const names = allows.flatMap(({ principals, conditions }) => [
    ...(principals ?? []),
    ...conditions.flatMap(({ key, values }) => (key === 'aws:principalarn' ? values : [])),
  ]);
  const { length } = zone.kind === 'principal' ? names : allows;
  return { left: Math.ceil(effortOfPolicy / Math.max(1, length)) };
}

/** Actions that meet the same statements have the same answer, but for the keys that only some operations say. */
function toAlike(action: string, met: Statement[]): string {
  return `${met.map(({ index }) => index).join()} ${toUnsaidKeys(action, met)}`;
}

type ActionGroup = { action: string; allows: Statement[]; denies: Statement[] };

/** One action for each set of statements that actions meet: whoever calls, the others have the same answer. */
function toActionGroups({ statements }: Policy, question: Question): ActionGroup[] {
  const groups = new Map<string, ActionGroup>();
  for (const action of question.actions) {
    const met = statements.filter((statement) => hasAction(statement, action));
    const name = toAlike(action, met);
    if (groups.has(name)) continue;
    const isAsked = ({ index }: Statement) => (question.statement ?? index) === index;
    const allows = met.filter((statement) => statement.effect === 'Allow' && isAsked(statement));
    groups.set(name, { action, allows, denies: met.filter(({ effect }) => effect === 'Deny') });
  }
  return [...groups.values()].filter(({ allows }) => allows.length > 0);
}

function toTrials(groups: ActionGroup[], caller: Caller, effort: Effort): Trial[] {
  const isMatching = (statement: Statement) => matchPrincipal(statement, caller.principal) !== null;
  return groups.flatMap(({ action, allows, denies }) => {
    effort.left -= allows.reduce((sum, { principals }) => sum + 1 + (principals?.length ?? 0) / 8, 0);
    const matching = allows.filter(isMatching);
    if (matching.length === 0) return [];
    const standing = denies.filter(isMatching);
    return matching.map((allow) => ({ caller, action, allow, denies: standing }));
  });
}

function tryValues(search: Search, trial: Trial, assignment: Assignment): Request | null {
  search.effort.left -= toCost([trial.allow, ...trial.denies]) + assignment.size;
  if (search.effort.left < 0) {
    return null;
  }
  const { policy, question } = search;
  const lookup = toLookup(assignment);
  const evaluate = (statement: Statement) =>
    matchCircumstances(statement, policy.version, question.keyArn, lookup);
  const allow = evaluate(trial.allow);
  if (allow === false) {
    return null;
  }
  const denies = trial.denies.map((statement) => ({ statement, truth: evaluate(statement) }));
  if (denies.some(({ truth }) => truth === true)) {
    return null;
  }
  const open = [
    ...(allow === 'unknown' ? [trial.allow] : []),
    ...denies.flatMap(({ statement, truth }) => (truth === 'unknown' ? [statement] : [])),
  ];
  const next = open
    .map((statement) => toOpenKey(statement, policy, assignment))
    .find((found) => found !== null);
  if (next === undefined) {
    return toRequest(search, trial, assignment);
  }
  const conditions = open.flatMap((statement) => statement.conditions);
  const first = toFirstTakenIn(next, conditions, policy.version, lookup);
  const named = toFirstOpenKey(trial.caller, first, conditions, lookup);
  const key = toFirstTakenIn(named, conditions, policy.version, lookup);
  for (const values of toValues(search, trial, key, open, lookup)) {
    const found = tryValues(search, trial, new Map([...assignment, [key, values]]));
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** The next key a statement hangs on; keys that others' values refer to come first, so that values can be filled. */
function toOpenKey(statement: Statement, { version }: Policy, assignment: Assignment): string | null {
  const { resources, notResources, conditions } = statement;
  const texts = [...(resources ?? notResources ?? []), ...conditions.flatMap(({ values }) => values)];
  const variables = texts.flatMap((text) => toVariableKeys(text, version));
  return [...variables, ...conditions.map(({ key }) => key)].find((key) => !assignment.has(key)) ?? null;
}

/** Values for a key that stand for all, as far as the statements can tell that the answer still hangs on. */
function toValues(
  { policy: { version }, question: { keyArn }, effort, inexactKeys }: Search,
  { caller, action }: Trial,
  key: string,
  statements: Statement[],
  lookup: Lookup,
): (string[] | null)[] {
  if (!isSaidBy(action, key)) {
    return [null];
  }
  const conditions = statements.flatMap((statement) => statement.conditions);
  const own = conditions.filter((condition) => condition.key === key);
  const toDomain = (other: string) => toNamedDomain(caller, other, lookup);
  const domain = toDomain(key);
  const taken = toVariableAtoms(key, { statements, resource: keyArn, version, lookup, toDomain });
  const named = toNameAtoms(caller, key, conditions, version, lookup);
  const atoms = [...taken.atoms, ...named.atoms];
  const { values, isExact } = toKeyValues(domain, own, atoms, version, lookup, effort);
  const isTwice = isTakenByName(caller, key, conditions, version, lookup);
  const isTakenExact = taken.isExact && named.isExact && !isTwice && !hasUnfilled(own, version, lookup);
  if (!isExact || (!isTakenExact && domain.kind !== 'options')) {
    inexactKeys.add(own[0]?.originalKey ?? key);
  }
  return values;
}

function toLookup(assignment: Assignment): Lookup {
  return (key) => {
    const values = assignment.get(key);
    return values === undefined ? 'unknown' : (values ?? 'absent');
  };
}

/** The request that the values describe, if `decide` allows it as it stands: what follows from it is checked again. */
function toRequest({ policy, question }: Search, trial: Trial, assignment: Assignment): Request | null {
  const principal = toAssignedPrincipal(trial.caller.principal, assignment);
  const spelling = new Map(
    policy.statements.flatMap(({ conditions }) =>
      conditions.map(({ key, originalKey }) => [key, originalKey]),
    ),
  );
  const identity = toIdentityContext(principal);
  const identityKeys = new Set(Object.keys(identity).map((key) => key.toLowerCase()));
  const chosen = [...assignment].flatMap(([key, values]): [string, string[]][] =>
    values === null || identityKeys.has(key) ? [] : [[spelling.get(key) ?? key, values]],
  );
  const organization = toOrganization(trial.caller, assignment);
  const request: Request = {
    principal,
    action: trial.action,
    resource: question.keyArn,
    context: { ...identity, ...organization, ...Object.fromEntries(chosen) },
    isClosed: true,
  };
  return decide(request, { keyPolicy: policy }).effect === 'allowed' ? request : null;
}

/** Part of who calls, so it is told even where no statement asks. */
function toOrganization(caller: Caller, assignment: Assignment): Record<string, string[]> {
  const domain = toKeyDomain(caller, 'aws:principalorgid');
  const [only] = domain.kind === 'options' ? domain.options : [];
  return !only || assignment.has('aws:principalorgid') ? {} : { 'aws:PrincipalOrgID': only };
}
