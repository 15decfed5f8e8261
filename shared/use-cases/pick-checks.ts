import type { Check, FactName } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';

/** Of a run: which checks, and whether it reads events, and by them who used the keys. */
type Asked = Pick<RunStart, 'checks'> & { events?: { use?: object } };

/** The checks that a run was asked for, of which something was collected, and which the configuration leaves on. */
export const pickChecks = (checks: readonly Check[], start: Asked, settings: Settings): readonly Check[] =>
  checks.filter((check) => !isOff(check, start, settings) && hasEvents(check, start));

const isChosen = (id: string, { checks }: Asked): boolean => checks?.includes(id) ?? true;

const isOff = ({ id }: Check, start: Asked, settings: Settings): boolean =>
  !isChosen(id, start) || settings.checks[id] === 'off';

/** Facts that are collected only where somebody asks what happened. */
const eventFacts = ['key.use', 'key.changes', 'key.lastUsage'] as const satisfies FactName[];

/** A check that reads of events judges where the first of them was asked for: the others add to what it says. */
const hasEvents = ({ facts }: Pick<Check, 'facts'>, { events }: Asked): boolean => {
  const first = facts.find((fact) => eventFacts.some((name) => name === fact));
  return first === undefined || (events !== undefined && (first !== 'key.use' || events.use !== undefined));
};

/** What a run did not judge, and why: said once, not for each cluster. */
export const toNotAsked = (checks: readonly Check[], start: Asked, settings: Settings): string[] => {
  const left = checks.filter((check) => isOff(check, start, settings));
  const unseen = checks.filter((check) => !isOff(check, start, settings) && !hasEvents(check, start));
  const why = start.events
    ? 'no source tells who used the keys (log files, or Athena over a trail)'
    : 'nothing was asked of CloudTrail (--since)';
  return [
    ...left.map(({ id }) =>
      isChosen(id, start)
        ? `${id}: off in the configuration`
        : `${id}: not among the checks that were asked for`,
    ),
    ...(unseen.length > 0 ? [`${unseen.map(({ id }) => id).join(', ')}: ${why}`] : []),
  ];
};
