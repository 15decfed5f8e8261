/** A key's days as a drawing, and everything that was not expected of them as a table. */
import type { TimelineData } from '../page-data.ts';
import { draw, make, makeTable, toMinute } from './elements.ts';
import type { Model } from './model.ts';

const width = 760;
const labelWidth = 90;
const rowHeight = 30;
const barHeight = 22;

/** Takes a timeline; gives the drawing and the table. */
export const makeTimeline = (timeline: TimelineData, { text }: Model): HTMLElement => {
  const { days, entries, earlier } = timeline;
  const opened = new Set(
    entries.flatMap(([time, until, kind]) =>
      kind === 'open' ? toDays(text(time), until === null ? text(time) : text(until), days, text) : [],
    ),
  );
  const rows = [
    { name: 'expected', tone: 'expected', counts: days.map((day) => day[1]) },
    { name: 'unexpected', tone: 'unexpected', counts: days.map((day) => day[2]) },
    { name: 'failed', tone: 'failed', counts: days.map((day) => day[3]) },
    { name: 'changes', tone: 'changes', counts: days.map((day) => day[4]) },
    { name: 'open', tone: 'open', counts: days.map(([day]) => (opened.has(text(day)) ? 1 : 0)) },
  ];
  const [first, last] = [days[0]?.[0], days.at(-1)?.[0]].map((day) => (day === undefined ? '' : text(day)));
  const sums = rows.map(({ name, counts }) => `${name} ${counts.reduce((sum, count) => sum + count, 0)}`);
  const step = (width - labelWidth) / Math.max(1, days.length);
  const height = rows.length * rowHeight + 18;
  const span = `Use of the key by UTC day, ${first} to ${last}`;
  if (entries.length === 0 && rows.every(({ counts }) => counts.every((count) => count === 0)))
    return make('p', { class: 'small' }, `${span}: none was seen, and no change.`);
  return make(
    'figure',
    { class: 'timeline' },
    make('figcaption', {}, `${span}. Heights grow with the logarithm; open: somebody outside could use it.`),
    make(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': span },
      draw(
        'svg',
        {
          viewBox: `0 0 ${width} ${height}`,
          role: 'img',
          'aria-label': `Timeline from ${first} to ${last}, sums: ${sums.join(', ')}`,
        },
        ...rows.flatMap(({ name, tone, counts }, index) => {
          const bottom = index * rowHeight + barHeight + 4;
          const most = Math.max(1, ...counts);
          return [
            draw('text', { x: 0, y: bottom - 6 }, name),
            draw('line', { x1: labelWidth, x2: width, y1: bottom, y2: bottom, class: 'axis' }),
            ...counts.map((count, place) => {
              if (count === 0) return null;
              const size = Math.max(3, (Math.log1p(count) / Math.log1p(most)) * barHeight);
              return draw(
                'rect',
                {
                  class: tone,
                  x: (labelWidth + place * step).toFixed(1),
                  y: (bottom - size).toFixed(1),
                  width: Math.max(1, step - 1.5).toFixed(1),
                  height: size.toFixed(1),
                },
                draw('title', {}, `${text(days[place]?.[0] ?? -1)}: ${count} ${name}`),
              );
            }),
          ];
        }),
        draw('text', { x: labelWidth, y: height - 2, class: 'day' }, first ?? ''),
        draw('text', { x: width, y: height - 2, class: 'day', 'text-anchor': 'end' }, last ?? ''),
      ),
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

/** The days that a span touches. */
const toDays = (from: string, to: string, days: TimelineData['days'], text: Model['text']): string[] =>
  days.map(([day]) => text(day)).filter((day) => day >= from.slice(0, 10) && day <= to.slice(0, 10));
