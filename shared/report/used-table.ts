/** Who did use the key, for people: whom nobody expects first, then the rest, then the time that nobody could see. */

import { toTimes } from '../checks/activity/words.ts';
import type { Coverage, UsedBy, WhoDocument } from '../who/document.ts';
import { type Paint, toBlock } from './block.ts';

/** Columns of the label (`unexpected`, `not visible`, …) in front of what is said. */
export const labelWidth = 14;
/** Gaps that are told one by one; the JSON has all. */
const mostGaps = 5;

/** Takes the part of the answer about use; gives its lines. */
export function* toUsedLines(used: WhoDocument['used'], width: number, paint: Paint): Iterable<string> {
  const bold = (line: string) => paint('bold', line);
  if ('unknown' in used) {
    yield* toBlock('', `Who did use the key: ${used.detail}`, width, 0, (line) => paint('dim', line));
    return;
  }
  const { coverage, principals } = used;
  const { from, to, source, gaps } = coverage;
  yield* toBlock(
    '',
    `Who did use the key, ${toMinute(from)} to ${toMinute(to)} UTC by ${source}`,
    width,
    0,
    bold,
  );
  for (const principal of principals) yield* toUsedByLines(principal, width, paint);
  if (principals.length === 0) yield* toBlock('', 'Nobody, by what was seen.', width, labelWidth);
  yield* toGapLines(gaps, width, paint);
}

/** Takes what of the time was not seen; gives its lines. */
export function* toGapLines(gaps: Coverage['gaps'], width: number, paint: Paint): Iterable<string> {
  for (const gap of gaps.slice(0, mostGaps))
    yield* toBlock(
      paint('magenta', 'not seen'),
      `${toMinute(gap.from)} to ${toMinute(gap.to)}: ${gap.reason}`,
      width,
      labelWidth,
    );
  if (gaps.length > mostGaps)
    yield* toBlock('', `and ${gaps.length - mostGaps} more times that were not seen`, width, labelWidth);
}

function* toUsedByLines(used: UsedBy, width: number, paint: Paint): Iterable<string> {
  const label = used.expected ? paint('green', 'expected') : paint('yellow', 'unexpected');
  yield* toBlock(label, used.principal, width, labelWidth, (line) => paint('bold', line));
  const counts = Object.entries(used.operations).map(
    ([operation, count]) => `${operation} ${toTimes(count)}`,
  );
  if (used.denied > 0) counts.push(`${used.denied} failed`);
  yield* toBlock('', `${counts.join(', ')}, ${toWhen(used)}`, width, labelWidth);
  const from = used.sources.filter((source) => source !== used.principal);
  if (from.length > 0)
    yield* toBlock('', `from ${from.join(', ')}`, width, labelWidth, (line) => paint('dim', line));
  for (const context of used.contexts)
    yield* toBlock('', `context ${toContext(context)}`, width, labelWidth, (line) => paint('dim', line));
}

const toContext = (context: Record<string, string>): string => {
  const pairs = Object.entries(context).map(([name, value]) => `${name}=${value}`);
  return pairs.length > 0 ? pairs.join(', ') : 'none';
};

/** To the minute: what is told of a day's thousands of calls needs no seconds. */
export const toMinute = (moment: string): string => moment.slice(0, 16).replace('T', ' ');

/** `at 2026-01-31 10:00`, or from when to when. */
export const toWhen = ({ first, last }: { first: string; last: string }): string => {
  const [from, to] = [toMinute(first), toMinute(last)];
  return from === to ? `at ${from}` : `${from} to ${to}`;
};
