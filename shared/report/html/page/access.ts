/** Who may use a cluster's key, who did, and who read Secrets: tables, whoever is not expected first. */
import type { AccessData, ActorsData, PrincipalRow, Text } from '../page-data.ts';
import { type Child, make, makeTable, toCount, toMinute } from './elements.ts';
import type { Model } from './model.ts';

/** Takes what is known of a cluster's key; gives the table of who may use it. */
export const makeMay = ({ may, missing }: AccessData, { text }: Model): HTMLElement => {
  if (typeof may === 'number') return make('p', {}, `Who may use the key is unknown: ${text(may)}`);
  const singles = may.filter(({ group, isExpected }) => group === null || !isExpected).sort(byUnexpected);
  const grouped = may.filter(({ group, isExpected }) => group !== null && isExpected);
  return make(
    'div',
    {},
    singles.length === 0
      ? make('p', {}, 'As far as could be seen, nobody may use the key but groups that are expected to.')
      : makeTable(
          'Who may use the key',
          ['Principal', 'Decrypt', 'Administer', 'Destroy', 'Expected', 'By', 'Only if'],
          singles.map((row) => toCells(row, text)),
        ),
    ...(['administrators', 'aws-services'] as const).map((group) => {
      const members = grouped.filter((row) => row.group === group);
      if (members.length === 0) return null;
      const what =
        group === 'administrators'
          ? toCount(members.length, 'administrator')
          : toCount(members.length, 'AWS service or service-linked role');
      return make(
        'details',
        { class: 'fold screen' },
        make('summary', {}, `and ${what}, as expected`),
        make('ul', {}, ...members.map(({ principal }) => make('li', {}, make('code', {}, text(principal))))),
      );
    }),
    makeGaps('Could not be seen', missing, text),
  );
};

const byUnexpected = (a: PrincipalRow, b: PrincipalRow): number =>
  Number(a.isExpected) - Number(b.isExpected);

const toCells = (row: PrincipalRow, text: Model['text']): Child[] => [
  make(
    'span',
    {},
    make('code', {}, text(row.principal)),
    ` ${text(row.kind)}`,
    row.assumableBy.length > 0
      ? make('span', { class: 'small' }, ` assumable by ${row.assumableBy.map(text).join(', ')}`)
      : null,
  ),
  makeAnswer(row.decrypt),
  makeAnswer(row.administer),
  makeAnswer(row.destroy),
  makeExpected(row.isExpected),
  row.via.map(text).join('; '),
  row.conditions.map(text).join('; '),
];

const makeAnswer = (answer: PrincipalRow['decrypt']): HTMLElement =>
  make('span', { class: `answer ${answer}` }, answer);

const makeExpected = (isExpected: boolean): HTMLElement =>
  make('span', { class: isExpected ? 'expected' : 'unexpected' }, isExpected ? 'expected' : '✖ unexpected');

/** Takes who used a key or read Secrets, or why that is unknown; gives the table. */
export const makeActors = (title: string, actors: ActorsData | Text, { text }: Model): HTMLElement => {
  if (typeof actors === 'number') return make('p', {}, `${title} is unknown: ${text(actors)}`);
  return make(
    'div',
    {},
    actors.actors.length === 0
      ? make('p', {}, `${title}: nobody, in the time that is covered.`)
      : makeTable(
          title,
          ['Who', 'What', 'Refused', 'First', 'Last', 'Expected'],
          actors.actors.map((row) => [
            make('code', {}, text(row.actor)),
            text(row.did),
            String(row.refused),
            toMinute(text(row.first)),
            toMinute(text(row.last)),
            makeExpected(row.isExpected),
          ]),
        ),
    make('p', { class: 'small' }, `Covers ${text(actors.covered)}.`),
    makeGaps('Hours that are not covered', actors.gaps, text),
  );
};

const makeGaps = (title: string, gaps: readonly Text[], text: Model['text']): HTMLElement | null =>
  gaps.length === 0
    ? null
    : make(
        'details',
        { class: 'fold' },
        make('summary', {}, `${title} (${gaps.length})`),
        make('ul', {}, ...gaps.map((gap) => make('li', {}, text(gap)))),
      );
