/** Calls of one kind summed up, however they were tallied: the order of tallies, and how they were cut, changes nothing. */
import { mostNamed, type UseTally } from '../evidence/events.ts';

export interface Uses {
  count: number;
  first: string;
  last: string;
  operations: Record<string, number>;
  /** How they ended: `success`, or the errors' codes. */
  outcomes: Record<string, number>;
  contexts: Record<string, string>[];
  /** The services that called in the principal's name. */
  through: string[];
  sources: string[];
  agents: string[];
  /** Ids of some of the events, by which CloudTrail finds them. */
  events: string[];
}

export const sumUses = (tallies: readonly UseTally[]): Uses => ({
  count: toCount(tallies),
  ...toSpan(tallies),
  operations: countBy(tallies, ({ operation }) => operation),
  outcomes: countBy(tallies, ({ outcome }) => outcome),
  contexts: toContexts(tallies),
  through: toNames(tallies, ({ invokedBy, kind }) => (invokedBy && kind !== 'service' ? [invokedBy] : [])),
  sources: toNames(tallies, ({ sources }) => sources),
  agents: toNames(tallies, ({ agents }) => agents),
  events: toNames(tallies, ({ events }) => events),
});

export const toSpan = (
  tallies: readonly Pick<UseTally, 'first' | 'last'>[],
): { first: string; last: string } => ({
  first: tallies.map(({ first }) => first).sort()[0] ?? '',
  last:
    tallies
      .map(({ last }) => last)
      .sort()
      .at(-1) ?? '',
});

export const toCount = (tallies: readonly Pick<UseTally, 'count'>[]): number =>
  tallies.reduce((sum, { count }) => sum + count, 0);

/** How many calls or requests there are of each name, the names in order. */
export const countBy = <Tally extends Pick<UseTally, 'count'>>(
  tallies: readonly Tally[],
  pick: (tally: Tally) => string,
): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(tallies, pick)]
      .map(([name, those]): [string, number] => [name, toCount(those)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** The first names in order, each once. */
export const toNames = <Tally>(
  tallies: readonly Tally[],
  pick: (tally: Tally) => readonly string[],
): string[] => [...new Set(tallies.flatMap(pick))].sort().slice(0, mostNamed);

const toContexts = (tallies: readonly UseTally[]): Record<string, string>[] => {
  const contexts = tallies.map(({ context }) =>
    Object.fromEntries(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  return [...new Map(contexts.map((context) => [JSON.stringify(context), context]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, mostNamed)
    .map(([, context]) => context);
};
