import { type Caller, toKeyDomain } from './caller.ts';
import { decide, type Request } from './decide.ts';
import { toIdentityContext } from './identity-context.ts';
import { toKeyValues } from './key-values.ts';
import type { Policies, Policy, Statement } from './policy.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';
import { matchPrincipal, type Principal } from './principal.ts';
import { hasAction, matchCircumstances } from './statement.ts';
import { toForeignAtoms } from './variable-atoms.ts';
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

// Steps of one question. Real policies need some dozens.
const maximumSteps = 20_000;

type Assignment = ReadonlyMap<string, string[] | null>;
type Search = {
  policy: Policy;
  question: Question;
  steps: number;
  inexactKeys: Set<string>;
  known: Assignment;
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
  const search: Search = { policy: keyPolicy, question, steps: 0, inexactKeys: new Set(), known };
  const asked = keyPolicy.statements.find(({ index }) => index === question.statement);
  if (asked && !canAdmit(question.zone, asked)) return { none: true };
  const groups = toActionGroups(keyPolicy, question);
  if (groups.length === 0) return { none: true };
  const closed = new Set<string>();
  for (const [index, caller] of toCallers(question.zone, keyPolicy, question.keyArn).entries()) {
    for (const trial of toTrials(groups, caller)) {
      // Actions that meet the same statements have the same answer.
      const name = [index, trial.allow.index, ...trial.denies.map((deny) => deny.index)].join();
      if (closed.has(name)) {
        continue;
      }
      const found = tryValues(search, trial, known);
      if (found !== null) {
        return { found };
      }
      closed.add(name);
    }
  }
  if (search.steps > maximumSteps) {
    return { undecided: `The policy's conditions combine in more than ${maximumSteps} ways.` };
  }
  if (search.inexactKeys.size > 0) {
    return {
      undecided: `The values of ${[...search.inexactKeys].sort().join(', ')} are too many to try them all.`,
    };
  }
  return { none: true };
}

type ActionGroup = { action: string; allows: Statement[]; denies: Statement[] };

/** One action for each set of statements that actions meet: whoever calls, the others have the same answer. */
function toActionGroups({ statements }: Policy, question: Question): ActionGroup[] {
  const groups = new Map<string, ActionGroup>();
  for (const action of question.actions) {
    const met = statements.filter((statement) => hasAction(statement, action));
    const name = met.map(({ index }) => index).join();
    if (groups.has(name)) continue;
    const isAsked = ({ index }: Statement) => (question.statement ?? index) === index;
    const allows = met.filter((statement) => statement.effect === 'Allow' && isAsked(statement));
    groups.set(name, { action, allows, denies: met.filter(({ effect }) => effect === 'Deny') });
  }
  return [...groups.values()].filter(({ allows }) => allows.length > 0);
}

function toTrials(groups: ActionGroup[], caller: Caller): Trial[] {
  const isMatching = (statement: Statement) => matchPrincipal(statement, caller.principal) !== null;
  return groups.flatMap(({ action, allows, denies }) => {
    const matching = allows.filter(isMatching);
    if (matching.length === 0) return [];
    const standing = denies.filter(isMatching);
    return matching.map((allow) => ({ caller, action, allow, denies: standing }));
  });
}

function tryValues(search: Search, trial: Trial, assignment: Assignment): Request | null {
  search.steps += 1;
  if (search.steps > maximumSteps) {
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
  const key = open
    .map((statement) => toOpenKey(statement, policy, assignment))
    .find((found) => found !== null);
  if (key === undefined || key === null) {
    return toRequest(search, trial, assignment);
  }
  for (const values of toValues(search, trial, key, lookup)) {
    const found = tryValues(search, trial, new Map([...assignment, [key, values]]));
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** The next key a statement hangs on; keys that others' values refer to come first, so that values can be filled. */
function toOpenKey(statement: Statement, { version }: Policy, assignment: Assignment): string | null {
  const texts = [...(statement.resources ?? statement.notResources ?? [])];
  const conditions = statement.conditions.filter((condition) => !assignment.has(condition.key));
  const variables = [...texts, ...statement.conditions.flatMap((condition) => condition.values)].flatMap(
    (text) => toVariableKeys(text, version),
  );
  return (
    [...variables, ...conditions.map((condition) => condition.key)].find((key) => !assignment.has(key)) ??
    null
  );
}

function toValues(search: Search, trial: Trial, key: string, lookup: Lookup): (string[] | null)[] {
  const { version } = search.policy;
  const conditions = [trial.allow, ...trial.denies].flatMap((statement) => statement.conditions);
  const own = conditions.filter((condition) => condition.key === key);
  const domain = toKeyDomain(trial.caller, key);
  // A user's name is the end of its ARN: where one is chosen the other follows.
  const arn = key === 'aws:username' && domain.kind === 'text' ? lookup('aws:principalarn') : 'unknown';
  if (Array.isArray(arn)) {
    return [[arn[0]?.split('/').at(-1) ?? '']];
  }
  const foreign = toForeignAtoms(key, conditions, version, lookup, (other) =>
    toKeyDomain(trial.caller, other),
  );
  const { values, isExact } = toKeyValues(domain, own, foreign.atoms, version, lookup);
  if (!isExact || (!foreign.isExact && domain.kind !== 'options')) {
    search.inexactKeys.add(own[0]?.originalKey ?? key);
    // A walk that was given up took about a second: a policy written to be slow ends soon, undecided.
    search.steps += maximumSteps / 20;
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
  return only === undefined || only === null || assignment.has('aws:principalorgid')
    ? {}
    : { 'aws:PrincipalOrgID': only };
}

function toAssignedPrincipal(principal: Principal, assignment: Assignment): Principal {
  const arn = assignment.get('aws:principalarn')?.[0];
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
    const named = name === undefined ? principal.arn : principal.arn.replace(/\/[^/]*$/, () => `/${name}`);
    return { ...principal, arn: arn ?? named, userId };
  }
  return principal;
}
