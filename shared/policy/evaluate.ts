import type { Applicable, Entry, Layer, Source } from './applicable.ts';
import { matchConstraints } from './grant.ts';
import type { Condition } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { matchCircumstances } from './statement.ts';
import { toStatementRef } from './statement-id.ts';
import { and, not, or, type Truth } from './truth.ts';
import { toUnseen, type Unseen } from './unseen.ts';

/** A statement, a grant or, where a whole document lacks an Allow, a document that decides. */
export type Reason = {
  source: Source;
  /** A Sid or `statement N`, with `POLICY#` before it where it is not the key policy's; a grant's id. */
  ref: string;
  effect: 'allow' | 'deny';
  /** The place in its document, or null where there is no one statement. */
  statement: number | null;
  /** What the request leaves open. */
  conditions: Condition[];
};

export type Circumstances = {
  action: string;
  resource: string;
  context: Record<string, string[]>;
  isClosed: boolean;
  lookup: Lookup;
  /** The caller lives in another account than the key. */
  isForeign: boolean;
};

export type Evaluation = {
  effect: 'allowed' | 'denied' | 'undecided';
  because: Reason[];
  notSeen: Unseen[];
  /** Statements that hang on what the request does not say. */
  open: Entry[];
};

/** The reason is told only where it is asked for: most are not. */
type Judged = { toReason: () => Reason; isDeny: boolean; truth: Truth; entry: Entry | null };
/** Any one of the judged makes a step; all steps make a path. */
type Step = { judged: Judged[]; truth: Truth; isBoundary: boolean };

/**
 * AWS's order: an explicit Deny anywhere ends it; then service control policies must allow at every level; then a
 * grant, or the key policy, alone or with the caller's IAM policies within its permissions boundary.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function evaluate(applicable: Applicable, request: Circumstances): Evaluation {
  const denies = judge(applicable.denies, request);
  const shut = denies.filter(({ truth }) => truth === true);
  if (shut.length > 0) {
    return { effect: 'denied', because: toReasons(shut), notSeen: [], open: [] };
  }
  const paths = toPaths(applicable, request).map((steps) => ({
    steps,
    truth: and(steps.map(({ truth }) => truth)),
  }));
  const levels = (applicable.serviceControl ?? []).map((layer) => ({
    layer,
    ...toLayerStep(layer, request),
  }));
  const isLetIn = or(paths.map(({ truth }) => truth));
  const isWithinLevels = and(levels.map(({ truth }) => truth));
  const answer = and([not(or(denies.map(({ truth }) => truth))), isLetIn, isWithinLevels]);

  const judgedOf = (truths: Truth[]) =>
    paths
      .filter(({ truth }) => truths.includes(truth))
      .flatMap(({ steps }) => steps.flatMap(({ judged }) => judged))
      .filter(({ truth }) => truths.includes(truth));
  if (answer === true) {
    return {
      effect: 'allowed',
      because: toReasons(judgedOf([true])),
      notSeen: toUnseen(applicable, request, 'allowed'),
      open: [],
    };
  }
  if (answer === false) {
    const because = isLetIn === false ? toBoundaryReasons(applicable, paths) : toLevelReasons(levels);
    const notSeen = isWithinLevels === false ? [] : toUnseen(applicable, request, 'denied');
    return { effect: 'denied', because, notSeen, open: [] };
  }
  const hanging = [
    ...judgedOf([true, 'unknown']),
    ...denies.filter(({ truth }) => truth === 'unknown'),
    ...levels.flatMap(({ judged, truth }) =>
      truth === 'unknown' ? judged.filter((one) => one.truth === 'unknown') : [],
    ),
  ];
  return {
    effect: 'undecided',
    because: toReasons([
      ...hanging.filter(({ isDeny }) => isDeny),
      ...hanging.filter(({ isDeny }) => !isDeny),
    ]),
    notSeen: toUnseen(applicable, request, 'undecided'),
    open: hanging.flatMap(({ truth, entry }) => (truth === 'unknown' && entry !== null ? entry : [])),
  };
}

function toPaths(applicable: Applicable, request: Circumstances): Step[][] {
  const { identity, boundary } = applicable;
  // Whoever owns a strange account gives its IAM permissions to whom he likes.
  const unseen: Step = { judged: [], truth: request.isForeign ? true : 'unknown', isBoundary: false };
  const iam = [
    ...(identity === undefined ? [unseen] : identity === null ? [] : [toLayerStep(identity, request)]),
    ...(boundary === null ? [] : [toLayerStep(boundary, request)]),
  ];
  const limit = iam.filter(({ isBoundary }) => isBoundary);
  const toGrants = (isDelegating: boolean): Step => {
    const grants = applicable.grants.filter((found) => found.isDelegating === isDelegating);
    return toStep(
      grants.map(({ grant }) => ({
        toReason: () => ({
          source: 'grant',
          ref: grant.GrantId,
          effect: 'allow',
          statement: null,
          conditions: [],
        }),
        isDeny: false,
        truth: matchConstraints(grant, request),
        entry: null,
      })),
    );
  };
  const [direct, byRole, delegating] = [applicable.direct, applicable.byRole, applicable.delegating];
  const toKeyPolicy = (entries: Entry[]) => toStep(judge(entries, request));
  // Across accounts both sides must allow, whomever the key policy names.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
  const byKeyPolicy = request.isForeign
    ? [[toKeyPolicy([...direct, ...byRole, ...delegating]), ...iam]]
    : [[toKeyPolicy(direct)], [toKeyPolicy(byRole), ...limit], [toKeyPolicy(delegating), ...iam]];
  return [...byKeyPolicy, [toGrants(false)], [toGrants(true), ...iam]];
}

function judge(entries: Entry[], request: Circumstances): Judged[] {
  return entries.map((entry) => {
    const { statement, policy } = entry;
    const truth = matchCircumstances(statement, policy.version, request.resource, request.lookup);
    const isDeny = statement.effect === 'Deny';
    return { entry, truth, isDeny, toReason: () => toStatementReason(entry, truth, request) };
  });
}

function toStatementReason(
  { source, document, policy, statement }: Entry,
  truth: Truth,
  request: Circumstances,
): Reason {
  const ref = toStatementRef(policy, statement);
  return {
    source,
    ref: source === 'key-policy' ? ref : `${document}#${ref}`,
    effect: statement.effect === 'Allow' ? 'allow' : 'deny',
    statement: statement.index,
    conditions:
      truth === 'unknown' ? statement.conditions.filter(({ key }) => request.lookup(key) === 'unknown') : [],
  };
}

function toStep(judged: Judged[]): Step {
  return { judged, truth: or(judged.map(({ truth }) => truth)), isBoundary: false };
}

function toLayerStep(layer: Layer, request: Circumstances): Step {
  const step = toStep(judge(layer.allows, request));
  const truth = or([step.truth, layer.unread.length > 0 ? 'unknown' : false]);
  return { ...step, truth, isBoundary: layer.source === 'boundary' };
}

/** Names the boundary where it alone is what keeps the caller out. */
function toBoundaryReasons({ boundary }: Applicable, paths: { steps: Step[] }[]): Reason[] {
  const isLimited = paths.some(
    ({ steps }) =>
      steps.some(({ isBoundary, truth }) => isBoundary && truth === false) &&
      steps.every(({ isBoundary, truth }) => isBoundary || truth !== false),
  );
  return boundary !== null && isLimited ? [toMissingAllow(boundary)] : [];
}

function toLevelReasons(levels: { layer: Layer; truth: Truth }[]): Reason[] {
  return levels.flatMap(({ layer, truth }) => (truth === false ? toMissingAllow(layer) : []));
}

function toMissingAllow({ source, refs }: Layer): Reason {
  return { source, ref: refs.join(', '), effect: 'deny', statement: null, conditions: [] };
}

function toReasons(judged: Judged[]): Reason[] {
  // One statement can stand on several paths.
  const entries = new Map(judged.map((one) => [one.entry ?? one, one]));
  return [...entries.values()].map(({ toReason }) => toReason());
}
