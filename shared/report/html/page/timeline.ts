/** A key's days as a drawing, and everything that was not expected of them as a table. */
import { axisFy, axisX, gridX, plot, rectX, rectY, ruleY } from '@observablehq/plot';
import type { TimelineData } from '../page-data.ts';
import { make, makeTable, toMinute } from './elements.ts';
import type { Model } from './model.ts';

const width = 760;
const margins = { marginLeft: 90, marginRight: 12 };
const rowHeight = 34;
/** Below a row's bars: there marks stand at the time itself. */
const markHeight = 5;
/** What is shorter is drawn as long as this, so that it is seen. */
const leastWidth = 4;
const leastHeight = 2;
const dayMs = 86_400_000;

const rows = ['expected', 'unexpected', 'failed', 'changes', 'open'] as const;
type Row = (typeof rows)[number];

const tones: Record<Row, string> = {
  expected: 'var(--sound)',
  unexpected: 'var(--critical)',
  failed: 'var(--unknown)',
  changes: 'var(--link)',
  open: 'var(--critical)',
};
const rowOfKind = { use: 'unexpected', change: 'changes', open: 'open' } as const;

/** Takes a timeline; gives the drawing and the table. */
export const makeTimeline = (timeline: TimelineData, { text }: Model): HTMLElement => {
  const { days, entries, earlier } = timeline;
  const [first, last] = [days[0]?.[0], days.at(-1)?.[0]].map((day) => (day === undefined ? '' : text(day)));
  const span = `Use of the key by UTC day, ${first} to ${last}`;
  const bars = days.flatMap(([day, ...counts]) =>
    rows.map((row, index) => ({ day: text(day), row, count: counts[index] ?? 0 })),
  );
  if (entries.length === 0 && bars.every(({ count }) => count === 0))
    return make('p', { class: 'small' }, `${span}: none was seen, and no change.`);
  const opened = entries.filter(([, , kind]) => kind === 'open').length;
  const sums = rows.map((row) => {
    const counts = bars.filter((bar) => bar.row === row).map(({ count }) => count);
    return `${row} ${row === 'open' ? opened : counts.reduce((sum, count) => sum + count, 0)}`;
  });
  const label = `${span}: ${sums.join(', ')}`;
  return make(
    'figure',
    { class: 'timeline' },
    make(
      'figcaption',
      {},
      `${label}. Heights grow with the logarithm; a mark below a row stands at the time itself; open: somebody outside could use it.`,
    ),
    make(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': span },
      drawTimeline(label, bars, timeline, text),
    ),
    entries.length === 0
      ? make('p', {}, 'Nothing unexpected was seen.')
      : makeTable(
          'What stood out',
          ['When', 'What', 'Seen'],
          foldRepeated(entries, text).map(({ from, to, kind, what, times }) => [
            to === null ? toMinute(text(from)) : `${toMinute(text(from))} to ${toMinute(text(to))}`,
            make('span', { class: `kind ${kind}` }, kind === 'use' ? '✖ unexpected use' : kind),
            times > 1 ? `${text(what)}, ${times} times` : text(what),
          ]),
        ),
    earlier > 0 ? make('p', { class: 'small' }, `and ${earlier} earlier ones`) : null,
  );
};

interface Bar {
  day: string;
  row: Row;
  count: number;
}

/** One axis of time, a row each: a bar a day whose height tells the count, and entries where they began and ended. */
const drawTimeline = (
  label: string,
  bars: readonly Bar[],
  { entries }: TimelineData,
  text: Model['text'],
): Node => {
  const times = bars.map(({ day }) => Date.parse(day));
  const [start, end] = [Math.min(...times), Math.max(...times) + dayMs];
  const msOfWidth = (end - start) / (width - margins.marginLeft - margins.marginRight);
  const spans = entries.map(([from, until, kind, what]) => {
    const time = Math.max(start, Date.parse(text(from)));
    const openEnd = kind === 'open' ? end : time;
    const to = Math.min(end, until === null ? openEnd : Date.parse(text(until)));
    const told = until === null ? '' : ` to ${toMinute(text(until))}`;
    return {
      row: rowOfKind[kind],
      x1: new Date(time),
      x2: new Date(Math.max(to, time + leastWidth * msOfWidth)),
      title: `${toMinute(text(from))}${told}: ${text(what)}`,
    };
  });
  const toTone = ({ row }: { row: Row }) => tones[row];
  const shared = { x1: 'x1', x2: 'x2', fy: 'row', title: 'title', fill: toTone };
  const drawing = plot({
    ...{ width, height: rows.length * rowHeight + 40, ...margins, marginTop: 4, marginBottom: 36 },
    // By chance otherwise.
    className: 'plot',
    x: { type: 'utc', domain: [new Date(start), new Date(end)] },
    fy: { domain: rows, padding: 0 },
    y: {
      ...{ type: 'symlog', domain: [0, Math.max(1, ...bars.map(({ count }) => count))], axis: null },
      ...{ insetTop: 4, insetBottom: markHeight + leastHeight + 2 },
    },
    marks: [
      axisFy({ anchor: 'left', label: null, textAnchor: 'start', dx: 10 - margins.marginLeft }),
      axisX({ anchor: 'bottom', label: null }),
      gridX({ stroke: 'var(--line)', strokeOpacity: 1 }),
      ruleY(rows, { y: 0, fy: (row) => row, stroke: 'var(--faint)', dy: leastHeight }),
      rectY(
        bars.filter(({ count }) => count > 0),
        {
          x1: ({ day }) => new Date(day),
          x2: ({ day }) => new Date(Date.parse(day) + dayMs),
          ...{ y: 'count', fy: 'row', fill: toTone, insetBottom: -leastHeight },
          // A gap between two days, as far as there is room.
          insetRight: Math.min(1, dayMs / msOfWidth / 5),
          title: ({ day, count, row }) => `${day}: ${count} ${row}`,
        },
      ),
      rectX(
        spans.filter(({ row }) => row !== 'open'),
        { ...shared, insetTop: rowHeight - markHeight - 1, insetBottom: 1 },
      ),
      rectX(
        spans.filter(({ row }) => row === 'open'),
        { ...shared, insetTop: 4, insetBottom: markHeight + 2 },
      ),
    ],
  });
  // The page's policy forbids it, and style.css says all that it would.
  drawing.querySelector('style')?.remove();
  // One picture with one name: its parts have none of their own.
  for (const part of drawing.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  drawing.setAttribute('role', 'img');
  drawing.setAttribute('aria-label', label);
  return drawing;
};

/** Of what happens over and over the first and the last time are told, and how often. */
const mostAlike = 3;

const foldRepeated = (entries: TimelineData['entries'], text: Model['text']) =>
  [...Map.groupBy(entries, ([, , kind, what]) => `${kind} ${what}`).values()]
    .flatMap((alike) => {
      const rows = alike.map(([from, to, kind, what]) => ({ from, to, kind, what, times: 1 }));
      const [first, last] = [rows[0], rows.at(-1)];
      const isFolded = rows.length > mostAlike && rows.every(({ to }) => to === null);
      return isFolded && first && last ? [{ ...first, to: last.from, times: rows.length }] : rows;
    })
    .sort((a, b) => text(a.from).localeCompare(text(b.from)));
