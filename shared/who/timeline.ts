/** What happened to a cluster's key by UTC day: uses, changes, and the times in which somebody outside could. */
import { getCalledContext } from '../activity/control-plane.ts';
import { toTimes } from '../checks/activity/words.ts';
import type { Verdict } from '../checks/check.ts';
import type { UseTally } from '../evidence/events.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from './access.ts';
import { toUses } from './who-used.ts';

export interface TimelineDay {
  day: string;
  expected: number;
  unexpected: number;
  failed: number;
  changes: number;
}

export interface TimelineEntry {
  time: string;
  /** The end of an entry that lasted. */
  until?: string;
  kind: 'use' | 'change' | 'open';
  text: string;
}

export interface Timeline {
  from: string;
  to: string;
  days: TimelineDay[];
  /** Everything but the expected uses, in the order of time. */
  entries: TimelineEntry[];
}

/** Takes a key's family and what the check key-was-not-opened found; gives its timeline, undefined without events. */
export const toTimeline = (
  family: readonly [KeySubject, ...KeySubject[]],
  settings: Settings,
  openings: readonly Verdict[],
): Timeline | undefined => {
  const uses = family.map((subject) => peekAt(subject)('key.use')).filter(isKnown);
  const changes = family.map((subject) => peekAt(subject)('key.changes')).filter(isKnown);
  const windows = [...uses, ...changes].map(({ value }) => value);
  const from = windows.map((window) => window.from).sort()[0];
  const to = windows
    .map((window) => window.to)
    .sort()
    .at(-1);
  if (from === undefined || to === undefined) return undefined;
  const days = new Map<string, TimelineDay>();
  const getDay = (moment: string): TimelineDay => {
    const day = moment.slice(0, 10);
    const known = days.get(day) ?? { day, expected: 0, unexpected: 0, failed: 0, changes: 0 };
    days.set(day, known);
    return known;
  };
  for (let moment = Date.parse(from.slice(0, 10)); moment <= Date.parse(to); moment += 86_400_000)
    getDay(new Date(moment).toISOString());
  const entries: TimelineEntry[] = [];
  for (const use of toUses(family, settings))
    for (const tally of use.tallies) {
      const day = getDay(tally.first);
      if (tally.outcome !== 'success') day.failed += tally.count;
      else day[use.isExpected ? 'expected' : 'unexpected'] += tally.count;
      if (!use.isExpected) entries.push(toUseEntry(tally, use.isStray));
    }
  for (const change of changes.flatMap(({ value }) => value.changes)) {
    getDay(change.time).changes += 1;
    const outcome = change.outcome === 'success' ? '' : `, refused: ${change.outcome}`;
    const detail = change.detail ? ` (${change.detail})` : '';
    entries.push({
      time: change.time,
      kind: 'change',
      text: `${change.name}${detail} by ${change.principal}${outcome}`,
    });
  }
  entries.push(...openings.flatMap(toOpenEntry));
  entries.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return { from, to, days: [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1)), entries };
};

const toUseEntry = (tally: UseTally, isStray: boolean): TimelineEntry => {
  const { first, last, operation, principal, count, outcome } = tally;
  const failed = outcome === 'success' ? '' : `, refused: ${outcome}`;
  const stray = isStray ? ` under context ${getCalledContext(tally)}, which no grant has` : '';
  return {
    time: first,
    ...(last === first ? {} : { until: last }),
    kind: 'use',
    text: `${operation} ${toTimes(count)} by ${principal}${failed}${stray}`,
  };
};

const toOpenEntry = (verdict: Verdict): TimelineEntry[] => {
  if (verdict.status !== 'fail') return [];
  const { from, to } = verdict.evidence;
  if (typeof from !== 'string') return [];
  return [
    { time: from, ...(typeof to === 'string' ? { until: to } : {}), kind: 'open', text: verdict.message },
  ];
};
