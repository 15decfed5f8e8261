/** The time that the files of an audit log are of, and what of it they do not tell. */
import { toDays } from '../../activity/day-parts.ts';
import type { EventGap, TimeWindow } from '../../evidence/events.ts';
import type { UnknownReason } from '../../evidence/fact.ts';
import { type Problem, type Span, toProblemGaps } from '../cloudtrail/log-gaps.ts';

/** Something about a file, and the time that it is about: from a moment, or of no time that could be told. */
export interface FileProblem {
  file: string;
  reason: UnknownReason;
  what: string;
  /**
   * Only the line of that moment; all from there to where another file goes on, or nothing where `tornAfter` no other
   * does, because that file is still written to; or all of the time.
   */
  about: { at: number } | { from: number } | { tornAfter: number } | 'all';
}

const minuteMilliseconds = 60_000;
/** A control plane alone writes lines each second or so: a time as long as that without any is not told. */
const longestSilenceMilliseconds = 10 * minuteMilliseconds;
/** Whoever asks for the time until now has a log that was written until a while ago. */
const freshMilliseconds = 60 * minuteMilliseconds;

const toMoment = (milliseconds: number): string => new Date(milliseconds).toISOString();

/**
 * Takes the times of files, when the earliest request was received, and how far back the reading was to go, if anybody
 * said so; gives the time that was read. Undefined where there is no line of an audit log.
 */
export const toAuditWindow = (
  times: readonly Lines[],
  { since, earliest, now }: { since: string | undefined; earliest: string | undefined; now: string },
): TimeWindow | undefined => {
  if (times.length === 0) return undefined;
  const nowAt = Date.parse(now);
  const end = Math.min(times.reduce((most, { last }) => Math.max(most, last), 0) + 1, nowAt);
  if (since !== undefined) return { from: since, to: nowAt - end <= freshMilliseconds ? toMoment(end) : now };
  const begin = times.reduce(
    (least, { first }) => Math.min(least, first),
    earliest === undefined ? end : Date.parse(earliest),
  );
  return { from: toMoment(begin), to: toMoment(end) };
};

/** When the first and the last line of a file were written. */
export interface Lines {
  first: number;
  last: number;
}

/** Takes the time that was read, the times of files, and what is wrong with them; gives what is not told. */
export const toAuditGaps = (
  window: TimeWindow,
  times: readonly Lines[],
  problems: readonly FileProblem[],
): EventGap[] => {
  const span = { from: Date.parse(window.from), to: Date.parse(window.to) };
  const sorted = [...times].sort((one, other) => one.first - other.first);
  return [
    ...toSilences(span, sorted),
    ...toProblemGaps(problems.flatMap((problem) => toProblem(problem, span, sorted) ?? [])),
  ];
};

/** Requests end a little out of order: a file's first line may be of just before the last one of the file before. */
const lineMilliseconds = 1000;

const toProblem = (
  { about, ...problem }: FileProblem,
  span: Span,
  sorted: readonly Lines[],
): Problem | undefined => {
  if (about === 'all') return { ...problem, ...span };
  if ('at' in about) return { ...problem, from: about.at, to: about.at + lineMilliseconds };
  if ('tornAfter' in about) {
    const from = about.tornAfter;
    const next = sorted.find(({ first, last }) => first > from - lineMilliseconds && last > from);
    return next && { ...problem, from, to: Math.max(next.first, from + lineMilliseconds) };
  }
  const next = sorted.find(({ first }) => first > about.from);
  return { ...problem, from: about.from, to: next?.first ?? span.to };
};

/** Whether lines are missing within a file nobody can say: somebody may have kept those about Secrets alone. */
const toSilences = ({ from, to }: Span, sorted: readonly Lines[]): EventGap[] => {
  const gaps: EventGap[] = [];
  let told = from;
  for (const { first, last } of [...sorted, { first: to, last: to }]) {
    const until = Math.min(first, to);
    if (until - told > longestSilenceMilliseconds) gaps.push(toSilence(told, until));
    told = Math.max(told, last);
  }
  return gaps;
};

/** The control plane's own controllers open watches of Secrets anew within ten minutes or so. */
const longestMuteMilliseconds = 3_600_000;

/**
 * Takes the time that was read, the UTC days with requests about Secrets, and what is missing otherwise; gives the days
 * with none. Such a log's policy leaves Secrets out, or somebody did.
 */
export const toMuteDays = (
  { from, to }: TimeWindow,
  told: ReadonlySet<string>,
  gaps: readonly EventGap[],
): EventGap[] =>
  toDays(from, to)
    .filter(
      (part) =>
        !told.has(part.day) &&
        Date.parse(part.to) - Date.parse(part.from) > longestMuteMilliseconds &&
        !gaps.some((gap) => gap.from <= part.from && gap.to >= part.to),
    )
    .map((part) => ({ from: part.from, to: part.to, reason: 'incomplete-window', what: mute }));

/** What is told of a time without any request about Secrets. */
export const mute =
  'the audit log holds no request about Secrets of this time, not even the control plane’s own';

const toSilence = (from: number, to: number): EventGap => ({
  from: toMoment(from),
  to: toMoment(to),
  reason: 'incomplete-window',
  what: 'no file of the audit log has a line of this time',
});
