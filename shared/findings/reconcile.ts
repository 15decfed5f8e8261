/**
 * From what was open before and what a run found to what is open now, what Security Hub has yet to be told, and
 * what is worth an alert. Only what was looked at is closed: a partial run, a refused call, a check that was off
 * leave everything as it is.
 */
import { type Settings, type Severity, severities } from '../evidence/settings.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import type { Finding } from './finding.ts';
import {
  type ToldFinding,
  type TrackedFinding,
  type Transition,
  toldFinding,
  toTold,
  toTransition,
} from './tracked.ts';

/** Security Hub forgets what was not updated for 90 days. A month leaves room for runs that did not come through. */
const refreshAfterDays = 30;
const forgottenAfterDays = 90;

/** What a run looked at in one account and Region. */
export interface Look {
  collectedAt: string;
  findings: readonly Finding[];
  /** The names of all clusters; undefined where their listing is not whole. */
  listed: ReadonlySet<string> | undefined;
  /** The clusters of which it is known what hangs on them: described, and their keys, with their families, found. */
  known: ReadonlySet<string>;
  /** Whether a check, by its id, was run on a cluster. */
  isAsked: (check: string, cluster: string | null) => boolean;
  /** Whether a cluster still has a Kubernetes object, by its path; undefined where that was not seen. */
  hasObject: (cluster: string, path: string) => boolean | undefined;
  publish: Settings['publish'];
}

interface Change {
  tracked: TrackedFinding;
  transition?: Transition;
}

/** Takes what is tracked of one account and Region, and a look at it that is not older; gives what is tracked from now on. */
export const reconcile = (
  before: readonly TrackedFinding[],
  look: Look,
): { tracked: TrackedFinding[]; transitions: Transition[] } => {
  const found = Map.groupBy(look.findings, toGroup);
  const trackedOfGroups = Map.groupBy(before, ({ finding }) => toGroup(finding));
  const changes = [
    ...found
      .entries()
      .flatMap(([group, findings]) => judge(trackedOfGroups.get(group) ?? [], findings, look)),
    ...trackedOfGroups
      .entries()
      .filter(([group]) => !found.has(group))
      .flatMap(([, tracked]) =>
        tracked.map((one) => (isGone(one, look) ? archive(one, look) : { tracked: one })),
      ),
  ];
  const changed = new Map(changes.map(({ tracked }) => [tracked.finding.id, tracked]));
  const earlier = new Map(before.map((tracked) => [tracked.finding.id, tracked]));
  return {
    tracked: [...changed.values()]
      .map((tracked) => toOwed(earlier.get(tracked.finding.id), tracked, look))
      .filter((tracked) => !isForgotten(tracked, look))
      .sort((a, b) => (a.finding.id < b.finding.id ? -1 : 1)),
    transitions: changes.flatMap(({ transition }) => transition ?? []),
  };
};

/** All objects of a cluster are one group: a check judges them at once, and its pass or unknown is the cluster's. */
const toGroup = ({ check, resource, cluster }: ToldFinding | Finding): string =>
  JSON.stringify([check, toObject(resource) ? resource.slice(0, resource.indexOf('#')) : resource, cluster]);

/** `kind/namespace/name` of a Kubernetes object; ARNs of clusters and keys hold no number sign. */
const toObject = (resource: string): string | undefined => resource.split('#', 2)[1];

/** What becomes of everything that is tracked of one check, resource and cluster, given what the check says of them. */
const judge = (before: readonly TrackedFinding[], found: readonly Finding[], look: Look): Change[] => {
  const earlier = new Map(before.map((tracked) => [tracked.finding.id, tracked]));
  const failures = found.filter(({ status }) => status === 'fail');
  const failing = new Set(failures.map(({ id }) => id));
  const rest = before.filter(({ finding }) => !failing.has(finding.id));
  const unknown = found.find(({ status }) => status === 'unknown');
  const pass = found.find(({ status }) => status === 'pass');
  const failed = failures.map((failure) => fail(earlier.get(failure.id), failure, look));

  if (unknown) {
    const isFailing = failures.length > 0 || rest.some(isOpenFailure);
    const kept = rest.map((tracked) =>
      isFailing && tracked.isOpen && !isOpenFailure(tracked) ? archive(tracked, look) : { tracked },
    );
    if (isFailing) return [...failed, ...kept];
    const others = kept.filter(({ tracked }) => tracked.finding.id !== unknown.id);
    return [...others, { tracked: toTracked(earlier.get(unknown.id), toTold(unknown), true, look) }];
  }
  if (!pass && failures.length === 0) return rest.map((tracked) => archive(tracked, look));
  const isPassNew = pass?.kind === 'state' && look.publish.passed && !earlier.has(pass.id);
  return [
    ...failed,
    ...rest.map((tracked) => close(tracked, pass, look)),
    ...(isPassNew ? [{ tracked: toTracked(undefined, toTold(pass), false, look) }] : []),
  ];
};

const fail = (before: TrackedFinding | undefined, failure: Finding, look: Look): Change => {
  const told = toTold(failure);
  const tracked = toTracked(before, told, true, look);
  const lastEventAt = failure.kind === 'event' ? toLastEventAt(failure) : undefined;
  const kind = toKind(before, failure, lastEventAt);
  const isResolvedByPerson = kind === 'again' && before?.workflow === 'RESOLVED';
  const isReopening = before?.isReopened === true && before.owedAt !== undefined;
  return {
    tracked: {
      ...tracked,
      ...(lastEventAt ? { lastEventAt } : {}),
      ...(isResolvedByPerson || isReopening ? { isReopened: true } : {}),
    },
    ...(kind && isAtLeast(failure.severity, look) ? { transition: toTransition(kind, told) } : {}),
  };
};

const toKind = (
  before: TrackedFinding | undefined,
  failure: Finding,
  lastEventAt: string | undefined,
): Transition['kind'] | undefined => {
  if (failure.exception) return undefined;
  if (!before || !isOpenFailure(before)) return 'new';
  if (before.finding.exception) return 'exception-ended';
  if (severities.indexOf(failure.severity) < severities.indexOf(before.finding.severity)) return 'worse';
  const seenUntil = before.lastEventAt;
  const isAgain = lastEventAt !== undefined && seenUntil !== undefined && lastEventAt > seenUntil;
  return isAgain && before.workflow !== 'SUPPRESSED' ? 'again' : undefined;
};

/** Event checks say in their evidence when the `last` event was. */
const toLastEventAt = ({ evidence }: Finding): string | undefined =>
  typeof evidence.last === 'string' ? new Date(evidence.last).toISOString() : undefined;

/** It was looked at, and is not among the failures. What happened is not undone by a pass: that is archived. */
const close = (before: TrackedFinding, pass: Finding | undefined, look: Look): Change => {
  const passed = pass?.id === before.finding.id ? toTold(pass) : undefined;
  if (!before.isOpen)
    return { tracked: passed && look.publish.passed ? toTracked(before, passed, false, look) : before };
  const isFailure = isOpenFailure(before);
  if (before.finding.kind === 'event' || (!passed && !isFailure) || hasLostObject(before, look))
    return archive(before, look);
  const message = pass?.message ?? `What this told of was not found any more at ${look.collectedAt}.`;
  const { reason: _, exception: __, ...finding } = before.finding;
  const told = passed ?? { ...finding, status: 'pass', message };
  return { tracked: toTracked(before, told, false, look), ...toResolved(before, message, look) };
};

const hasLostObject = ({ finding: { resource, cluster } }: TrackedFinding, look: Look): boolean => {
  const object = toObject(resource);
  return object !== undefined && cluster !== null && look.hasObject(cluster, object) === false;
};

/** Its cluster, key or object is gone, or the check does not apply to it any more, or its last event is long ago. */
const archive = (before: TrackedFinding, look: Look): Change => {
  if (before.recordState === 'ARCHIVED' && !before.isOpen) return { tracked: before };
  const tracked: TrackedFinding = {
    ...before,
    isOpen: false,
    recordState: 'ARCHIVED',
    isReopened: undefined,
  };
  const message =
    'The cluster, key or object it told of is gone, or the check does not apply to it any more.';
  return { tracked, ...(before.finding.kind === 'event' ? {} : toResolved(before, message, look)) };
};

const toResolved = (before: TrackedFinding, message: string, look: Look): Pick<Change, 'transition'> =>
  isOpenFailure(before) && !before.finding.exception && isAtLeast(before.finding.severity, look)
    ? { transition: toTransition('resolved', { ...before.finding, message }) }
    : {};

/** The same finding as it is told now. A pass is shown where a failure was, or where all passes are. */
const toTracked = (
  before: TrackedFinding | undefined,
  told: ToldFinding,
  isOpen: boolean,
  look: Look,
): TrackedFinding => {
  const isReplacing = before !== undefined && before.recordState === 'ACTIVE' && wasSent(before);
  const isShown =
    told.status === 'pass' ? look.publish.passed || isReplacing : isAtLeast(told.severity, look);
  return {
    ...before,
    finding: told,
    isOpen,
    recordState: isShown ? 'ACTIVE' : 'ARCHIVED',
    firstSeenAt: before?.firstSeenAt ?? look.collectedAt,
    isReopened: undefined,
  };
};

/** Notes what Security Hub has to be told: what is shown and has changed or would expire, and what is shown no more. */
const toOwed = (before: TrackedFinding | undefined, tracked: TrackedFinding, look: Look): TrackedFinding => {
  const isActive = tracked.recordState === 'ACTIVE';
  const isChanged =
    before?.recordState !== tracked.recordState ||
    (isActive && toContent(before.finding) !== toContent(tracked.finding));
  const isOwed = isChanged && (isActive || wasSent(tracked));
  if (!isOwed && !tracked.isReopened && !isExpiring(tracked, look)) return tracked;
  return { ...tracked, owedAt: look.collectedAt };
};

/** What an unknown says of the time that could not be seen moves on every night, and is no news. */
const toContent = (told: ToldFinding): string => {
  const { message, ...content } = toldFinding.parse(told);
  const words = told.status === 'unknown' ? message.replaceAll(moment, '') : message;
  return JSON.stringify({ ...content, message: words });
};

const moment = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

const isExpiring = (
  { finding, isOpen, recordState, publishedAt, owedAt }: TrackedFinding,
  { collectedAt, isAsked, publish }: Look,
): boolean =>
  recordState === 'ACTIVE' &&
  (isOpen || publish.passed) &&
  isAsked(finding.check, finding.cluster) &&
  owedAt === undefined &&
  publishedAt !== undefined &&
  toDaysBetween(publishedAt, collectedAt) >= refreshAfterDays;

/** What is closed is remembered as long as Security Hub may remember it, so that it would come back with its first date. */
const isForgotten = ({ isOpen, owedAt, publishedAt }: TrackedFinding, { collectedAt }: Look): boolean => {
  const toldAt = owedAt ?? publishedAt;
  return !isOpen && (toldAt === undefined || toDaysBetween(toldAt, collectedAt) > forgottenAfterDays);
};

/** Whether the run shows that nothing can be said of it any more: its cluster is gone, or has another key. */
const isGone = ({ finding: { cluster, check } }: TrackedFinding, { listed, known, isAsked }: Look): boolean =>
  cluster !== null && ((listed && !listed.has(cluster)) || (known.has(cluster) && isAsked(check, cluster)));

const isOpenFailure = ({ isOpen, finding }: TrackedFinding): boolean => isOpen && finding.status === 'fail';

/** It may be there: what was owed may have arrived before its sender was killed. */
const wasSent = ({ owedAt, publishedAt }: TrackedFinding): boolean =>
  owedAt !== undefined || publishedAt !== undefined;

const isAtLeast = (severity: Severity, { publish }: Look): boolean =>
  severities.indexOf(severity) <= severities.indexOf(publish.minimumSeverity);
