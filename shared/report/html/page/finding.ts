/** One failure or unknown: what was seen, what to do, and the evidence. */
import type { LoudDetail } from '../page-data.ts';
import { type Child, make } from './elements.ts';
import type { Finding, Model } from './model.ts';

/** Only ids that Keyward gives: another could take the name of something of the page. */
export const isFindingId = (id: string): boolean => /^keyward-[\da-f]+$/.test(id);

/** Takes a failure or an unknown; gives it as an element that a link can lead to. */
export const makeFinding = (finding: Finding, detail: LoudDetail, { text }: Model): HTMLElement => {
  const { status, check, message } = finding;
  const id = text(detail.id);
  const isLinked = isFindingId(id);
  const label = status === 'unknown' ? 'unknown' : detail.severity;
  const tone = status === 'unknown' ? 'unknown' : detail.exception === null ? detail.severity : 'excepted';
  return make(
    'article',
    { class: `finding ${tone}`, id: isLinked ? id : null, tabindex: -1 },
    make(
      'h5',
      {},
      make('span', { class: `badge ${tone}` }, label),
      detail.isNew ? make('span', { class: 'badge new' }, 'new') : null,
      make('code', {}, text(check.id)),
      ' ',
      isLinked
        ? make(
            'a',
            { class: 'anchor', href: `#${id}`, 'aria-label': `Link to this finding of ${text(check.id)}` },
            '#',
          )
        : null,
    ),
    make('p', { class: 'message' }, text(message)),
    make(
      'dl',
      { class: 'facts' },
      ...toFact('Should hold', text(check.title)),
      ...toFact('Resource', make('code', {}, text(detail.resource))),
      ...toFact('Subject', detail.subject === null ? null : make('code', {}, text(detail.subject))),
      ...toFact('Unknown because', detail.reason === null ? null : text(detail.reason)),
      ...toFact('Excepted', detail.exception === null ? null : text(detail.exception)),
      ...(status === 'fail' ? toFact('What to do', makeFix(detail, text)) : []),
    ),
    detail.patch === null
      ? null
      : makeFold('The edit, for kubectl patch', makeText('The edit', 'patch', text(detail.patch))),
    text(detail.evidence) === '{}'
      ? null
      : makeFold('Evidence', makeText('Evidence', 'evidence', text(detail.evidence))),
    check.references.length === 0
      ? null
      : makeFold(
          'References',
          make(
            'ul',
            {},
            ...check.references.map((place) => make('li', {}, makeLink(text(place), text(place)))),
          ),
          'screen',
        ),
  );
};

const makeFix = ({ fix, url }: LoudDetail, text: Model['text']): HTMLElement =>
  make('span', {}, text(fix), ...(url === null ? [] : [' ', makeLink(text(url), 'How')]));

const makeLink = (address: string, label: string): HTMLElement =>
  make('a', { href: address, rel: 'noopener noreferrer' }, label);

const toFact = (name: string, value: Child): HTMLElement[] =>
  value === null ? [] : [make('dt', {}, name), make('dd', {}, value)];

/** `screen`: what paper does without. */
const makeFold = (title: string, content: HTMLElement, place?: 'screen'): HTMLElement =>
  make('details', { class: place ? `fold ${place}` : 'fold' }, make('summary', {}, title), content);

/** Scrolls by itself where it is long, by keyboard too. */
const makeText = (title: string, what: string, text: string): HTMLElement =>
  make('pre', { class: what, tabindex: 0, role: 'group', 'aria-label': title }, text);
