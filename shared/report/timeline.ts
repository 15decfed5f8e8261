/** A key's timeline in a terminal: a row each for uses, changes and open times, a column a UTC day, then what stood out. */
import type { Timeline, TimelineDay, TimelineEntry } from '../who/timeline.ts';
import { type Paint, type Style, toBlock } from './block.ts';
import { toMinute } from './used-table.ts';

const labelWidth = 14;
const bars = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Entries that are drawn: the latest. */
const mostEntries = 40;

/** Takes a timeline; gives its lines. */
export function* toTimelineLines(timeline: Timeline, width: number, paint: Paint): Iterable<string> {
  const days = timeline.days.slice(-(width - labelWidth));
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? ''];
  yield* toBlock('', `Timeline ${first} to ${last}, a column a UTC day`, width, 0, (line) =>
    paint('bold', line),
  );
  yield toRow('expected', days, 'green', (day) => day.expected, paint);
  yield toRow('unexpected', days, 'yellow', (day) => day.unexpected, paint);
  yield toRow('failed', days, 'magenta', (day) => day.failed, paint);
  yield toRow('changes', days, 'cyan', (day) => day.changes, paint);
  const open = new Set(timeline.entries.filter(({ kind }) => kind === 'open').flatMap(toOpenDays));
  yield toRow('open', days, 'red', ({ day }) => (open.has(day) ? 1 : 0), paint);
  const { entries } = timeline;
  for (const entry of entries.slice(-mostEntries)) yield* toEntryLines(entry, width, paint);
  if (entries.length > mostEntries)
    yield* toBlock('', `and ${entries.length - mostEntries} earlier ones`, width, labelWidth);
  if (entries.length === 0) yield* toBlock('', 'Nothing unexpected was seen.', width, labelWidth);
}

/** Ten uses and ten thousand differ by height, so it grows with the logarithm. */
const toRow = (
  label: string,
  days: readonly TimelineDay[],
  style: Style,
  count: (day: TimelineDay) => number,
  paint: Paint,
): string => {
  const most = Math.max(1, ...days.map(count));
  const cells = days.map((day) => {
    const share = Math.log1p(count(day)) / Math.log1p(most);
    return bars[count(day) === 0 ? 0 : Math.max(1, Math.round(share * (bars.length - 1)))] ?? '';
  });
  return `  ${label.padEnd(labelWidth - 2)}${paint(style, cells.join(''))}\n`;
};

const toOpenDays = ({ time, until = time }: TimelineEntry): string[] => {
  const days: string[] = [];
  for (let moment = Date.parse(time.slice(0, 10)); moment <= Date.parse(until); moment += 86_400_000)
    days.push(new Date(moment).toISOString().slice(0, 10));
  return days;
};

const kindStyle = { use: 'yellow', change: 'cyan', open: 'red' } as const satisfies Record<
  TimelineEntry['kind'],
  Style
>;

function* toEntryLines(
  { time, until, kind, text }: TimelineEntry,
  width: number,
  paint: Paint,
): Iterable<string> {
  const end =
    until === undefined
      ? ''
      : ` to ${until.slice(0, 10) === time.slice(0, 10) ? until.slice(11, 16) : toMinute(until)}`;
  yield* toBlock(paint(kindStyle[kind], kind), `${toMinute(time)}${end}  ${text}`, width, labelWidth);
}
