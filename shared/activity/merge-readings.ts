/** Two sources of the same events: what either showed, and missing only what both lack. */
import type { EventGap, KeyChange } from '../evidence/events.ts';
import { clip } from './day-parts.ts';
import type { Reading } from './history.ts';
import type { CountedDay } from './tally.ts';

/**
 * Takes two readings of one key; gives its changes of both, each event once, from when on the second tells of it. Uses
 * are the first's.
 */
export const mergeChanges = (first: Reading, second: Reading): Reading => {
  const days = new Map<string, CountedDay>();
  for (const [day, { uses, changes }] of first.days)
    days.set(day, { uses, changes: unite(changes, second.days.get(day)?.changes ?? []) });
  for (const [day, { changes }] of second.days) if (!days.has(day)) days.set(day, { uses: [], changes });
  const [, from = first.from] = [first.from, second.from].sort();
  return { ...first, from, days, gaps: intersect(first, second) };
};

const unite = (first: KeyChange[], second: KeyChange[]): KeyChange[] =>
  [...new Map([...second, ...first].map((change) => [change.id, change])).values()].sort((a, b) =>
    a.time < b.time ? -1 : a.time > b.time ? 1 : 0,
  );

/** The parts of the first one's gaps that the second did not cover either. */
const intersect = (first: Reading, second: Reading): EventGap[] => {
  const uncovered: { from: string; to: string }[] = [
    ...second.gaps,
    { from: first.from, to: second.from },
    { from: second.to, to: first.to },
  ];
  return first.gaps.flatMap((gap) => uncovered.flatMap(({ from, to }) => clip(gap, from, to)));
};
