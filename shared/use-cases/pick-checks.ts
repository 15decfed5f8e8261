import type { Check, FactName } from '../checks/check.ts';
import { isReadWithin, type RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';

/**
 * Of a run: which checks, whether it reads events, and by them who used the keys, whether it reads within clusters, and
 * whether it reads their audit logs.
 */
type Asked = Pick<RunStart, 'checks'> & { events?: { use?: object }; kubernetes?: object; reads?: object };

type CheckFacts = Pick<Check, 'id' | 'facts'>;

/** The checks that a run was asked for, of which something was collected, and which the configuration leaves on. */
export const pickChecks = <Some extends CheckFacts>(
  checks: readonly Some[],
  start: Asked,
  settings: Settings,
): readonly Some[] =>
  checks.filter(
    (check) =>
      !isOff(check, start, settings) &&
      hasEvents(check, start) &&
      isWithinReach(check, start) &&
      hasReads(check, start),
  );

const isChosen = (id: string, { checks }: Asked): boolean => checks?.includes(id) ?? true;

const isOff = ({ id }: CheckFacts, start: Asked, settings: Settings): boolean =>
  !isChosen(id, start) || settings.checks[id] === 'off';

/** Facts that are collected only where somebody asks what happened. */
const eventFacts = ['key.use', 'key.changes', 'key.lastUsage'] as const satisfies FactName[];

/** A check that reads of events judges where the first of them was asked for: the others add to what it says. */
const hasEvents = ({ facts }: CheckFacts, { events }: Asked): boolean => {
  const first = facts.find((fact) => eventFacts.some((name) => name === fact));
  return first === undefined || (events !== undefined && (first !== 'key.use' || events.use !== undefined));
};

/** Whether a check of the run is asked of a cluster: not each is read from within. */
export const isAskedOf = (
  check: Pick<Check, 'facts'>,
  start: Pick<RunStart, 'kubernetes'>,
  cluster: string,
): boolean => !isAboutInside(check) || isReadWithin(start, cluster);

/** Whether a check is about what stands inside a cluster: its first fact says so, the others add to what it tells. */
const isAboutInside = ({ facts: [first] }: Pick<Check, 'facts'>): boolean =>
  first?.startsWith('kubernetes.') === true;

const isWithinReach = (check: CheckFacts, { kubernetes }: Asked): boolean =>
  kubernetes !== undefined || !isAboutInside(check);

/** Whether a check is of who read Secrets, and a run reads of that; the checks of who used the key need no audit log. */
const hasReads = ({ facts: [first] }: CheckFacts, { reads }: Asked): boolean =>
  first !== 'secret.reads' || reads !== undefined;

/** What a run did not judge, and why: said once, not for each cluster. */
export const toNotAsked = (checks: readonly Check[], start: Asked, settings: Settings): string[] => {
  const off = checks.filter(({ id }) => isChosen(id, start) && settings.checks[id] === 'off');
  const on = checks.filter((check) => !isOff(check, start, settings));
  const unseen = on.filter((check) => !hasEvents(check, start));
  const outside = on.filter((check) => !isWithinReach(check, start));
  const unread = on.filter((check) => !hasReads(check, start));
  const why = start.events
    ? 'no source tells who used the keys (log files, or Athena over a trail)'
    : 'nothing was asked of CloudTrail (--since)';
  return [
    ...(start.checks ? [`all but ${start.checks.join(', ')}: not among the checks that were asked for`] : []),
    ...(off.length > 0 ? [`${toIds(off)}: off in the configuration`] : []),
    ...(unseen.length > 0 ? [`${toIds(unseen)}: ${why}`] : []),
    ...(outside.length > 0 ? [`${toIds(outside)}: no cluster was read from within (--kubernetes)`] : []),
    ...(unread.length > 0 ? [`${toIds(unread)}: no audit log was read (--audit-log)`] : []),
  ];
};

const toIds = (checks: readonly Check[]): string => checks.map(({ id }) => id).join(', ');
