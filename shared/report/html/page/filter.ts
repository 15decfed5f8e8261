/** What of the report is shown: by words, by status, by severity, by link. */
import { make } from './elements.ts';
import { chain, type Finding, isOpen, type Model, severities, toName, toPlace } from './model.ts';

export interface Filter {
  element: HTMLElement;
  /** Whether a finding is wanted by what is set now. */
  isWanted: (finding: Finding) => boolean;
  /** Whether anything is set at all. */
  isSet: () => boolean;
  reset: () => void;
  say: (text: string) => void;
}

const statuses: Record<string, (finding: Finding) => boolean> = {
  'Failures and unknowns': ({ detail }) => detail !== undefined,
  'Open failures': isOpen,
  'New failures': (finding) => isOpen(finding) && finding.detail?.isNew === true,
  Unknown: ({ status }) => status === 'unknown',
  'Under an exception': (finding) => finding.status === 'fail' && !isOpen(finding),
};
const [everyStatus = ''] = Object.keys(statuses);

/** A pause in typing. */
const pauseMilliseconds = 150;

/** Takes the fleet and what to do when something is set; gives the form. */
export const makeFilter = ({ text }: Model, onChange: () => void): Filter => {
  const search = make('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' });
  const status = makeSelect('status', Object.keys(statuses));
  const severity = makeSelect('severity', [
    'any',
    ...severities.slice(0, -1).map((one) => `${one} or worse`),
  ]);
  const link = makeSelect('link', ['any', ...chain.map(({ name }) => name)]);
  const count = make('p', { role: 'status', class: 'small' });
  const clear = make('button', { type: 'button' }, 'Clear');
  const words = new WeakMap<Finding, string>();
  const toWords = (finding: Finding): string => {
    const known = words.get(finding) ?? toSearched(finding, text);
    words.set(finding, known);
    return known;
  };
  const isWanted = (finding: Finding): boolean => {
    if (!statuses[status.value]?.(finding)) return false;
    const worst = severities.findIndex((one) => severity.value.startsWith(one));
    const own = finding.detail ? severities.indexOf(finding.detail.severity) : -1;
    if (worst >= 0 && own > worst) return false;
    if (link.value !== 'any' && chain.find(({ name }) => name === link.value)?.link !== finding.check.link)
      return false;
    const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return asked.every((word) => toWords(finding).includes(word));
  };
  const isSet = (): boolean =>
    search.value.trim() !== '' ||
    status.value !== everyStatus ||
    severity.value !== 'any' ||
    link.value !== 'any';
  const reset = (): void => {
    search.value = '';
    status.value = everyStatus;
    severity.value = 'any';
    link.value = 'any';
    onChange();
  };
  let waiting: number | undefined;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(onChange, pauseMilliseconds);
  });
  for (const select of [status, severity, link]) select.addEventListener('change', onChange);
  clear.addEventListener('click', reset);
  const element = make(
    'form',
    { class: 'filter', role: 'search', 'aria-label': 'Filter the clusters' },
    make('label', { for: 'search' }, 'Search', search),
    make('label', { for: 'status' }, 'Show', status),
    make('label', { for: 'severity' }, 'Severity', severity),
    make('label', { for: 'link' }, 'Link', link),
    clear,
    count,
  );
  element.addEventListener('submit', (event) => event.preventDefault());
  const say = (told: string): void => count.replaceChildren(told);
  return { element, isWanted, isSet, reset, say };
};

const makeSelect = (id: string, values: readonly string[]): HTMLSelectElement =>
  make('select', { id }, ...values.map((value) => make('option', { value }, value)));

const toSearched = ({ cluster, check, message, detail }: Finding, text: Model['text']): string =>
  [
    toName(cluster),
    toPlace(cluster),
    text(check.id),
    text(check.title),
    text(message),
    ...(detail
      ? [text(detail.id), text(detail.resource), detail.subject === null ? '' : text(detail.subject)]
      : []),
  ]
    .join('\n')
    .toLowerCase();
