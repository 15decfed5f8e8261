/** The hours of which no log file was there, and what else of a time log files did not show. */
import type { EventGap } from '../../evidence/events.ts';
import type { UnknownReason } from '../../evidence/fact.ts';
import { usualDelayMilliseconds } from './log-file-name.ts';

const hourMilliseconds = 3_600_000;

const toMoment = (milliseconds: number): string => new Date(milliseconds).toISOString();
const toHour = (milliseconds: number): number => Math.floor(milliseconds / hourMilliseconds);

/** A time, both ends in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** The UTC hours that a file delivered then tells of: that of its delivery, and of a quarter of an hour before. */
export const toHoursOf = (deliveredAt: number): [number, number] => [
  toHour(deliveredAt - usualDelayMilliseconds),
  toHour(deliveredAt),
];

/** Takes a time and the UTC hours with a file; gives the spans of the others, cut to the time. */
export const toMissingHours = ({ from, to }: Span, hours: ReadonlySet<number>, what: string): EventGap[] => {
  const gaps: EventGap[] = [];
  for (let hour = toHour(from); hour * hourMilliseconds < to; hour += 1) {
    if (hours.has(hour)) continue;
    const begin = hour;
    while (!hours.has(hour + 1) && (hour + 1) * hourMilliseconds < to) hour += 1;
    gaps.push({
      from: toMoment(Math.max(from, begin * hourMilliseconds)),
      to: toMoment(Math.min(to, (hour + 1) * hourMilliseconds)),
      reason: 'incomplete-window',
      what,
    });
  }
  return gaps;
};

const dayMilliseconds = 24 * hourMilliseconds;

/**
 * Takes a time and when files with calls to KMS were delivered; gives each day of it that has none. A control plane calls
 * each minute or so, and all day somebody else does: what keeps nothing of KMS for a day keeps nothing of KMS.
 */
export const toDaysWithout = (
  { from, to }: Span,
  deliveries: readonly number[],
  what: string,
): EventGap[] => {
  const count = Math.max(1, Math.floor((to - from) / dayMilliseconds));
  const length = (to - from) / count;
  return Array.from({ length: Math.max(0, to > from ? count : 0) }, (_, index) => ({
    from: from + index * length,
    to: from + (index + 1) * length,
  }))
    .filter((day) => !deliveries.some((at) => at >= day.from && at < day.to + usualDelayMilliseconds))
    .map((day) => ({ from: toMoment(day.from), to: toMoment(day.to), reason: 'incomplete-window', what }));
};

/** Something of a time that could not be read, and where it was. */
export interface Problem extends Span {
  reason: UnknownReason;
  file: string;
  what: string;
}

/** Takes problems; gives them as gaps, those of one kind that lie within an hour of each other as one. */
export const toProblemGaps = (problems: readonly Problem[]): EventGap[] =>
  [...Map.groupBy(problems, ({ reason, what }) => `${reason} ${what}`).values()].flatMap((alike) => {
    const gaps: (Problem & { count: number })[] = [];
    for (const problem of [...alike].sort((one, other) => one.from - other.from)) {
      const last = gaps.at(-1);
      if (last && problem.from <= last.to + hourMilliseconds) {
        last.to = Math.max(last.to, problem.to);
        if (problem.file !== last.file) last.count += 1;
      } else gaps.push({ ...problem, count: 1 });
    }
    return gaps.map(({ from, to, reason, file, what, count }) => ({
      from: toMoment(from),
      to: toMoment(to),
      reason,
      what: count === 1 ? `${file} ${what}` : `${file} and ${count - 1} other log files: each ${what}`,
    }));
  });
