/** A cluster: one line until it is opened, then its chain link by link. */
import { makeActors, makeMay } from './access.ts';
import { make, toCount } from './elements.ts';
import { makeFinding } from './finding.ts';
import {
  type Cluster,
  chain,
  countOpen,
  countOutcome,
  countUnknown,
  countUntold,
  type Finding,
  isWithoutAccess,
  type Model,
  symbols,
  type Tally,
  toClass,
  toLinkState,
  toName,
  toPlace,
} from './model.ts';
import { makeTimeline } from './timeline.ts';

export interface ClusterView {
  cluster: Cluster;
  item: HTMLLIElement;
  details: HTMLDetailsElement;
  /** Draws what is inside, unless that is done already. */
  fill: () => void;
  /** What is inside is no longer what is wanted. */
  forget: () => void;
}

/** Takes a cluster, and which of its findings are wanted; gives its line, closed and empty. */
export const makeCluster = (
  cluster: Cluster,
  model: Model,
  isWanted: (finding: Finding) => boolean,
): ClusterView => {
  const body = make('div', { class: 'body' });
  const details = make(
    'details',
    {},
    make(
      'summary',
      {},
      make('h3', {}, toName(cluster)),
      make('span', { class: 'place' }, toPlace(cluster)),
      makeStrip(cluster),
      make(
        'span',
        { class: 'counts' },
        toCounts(cluster),
        make('span', { class: 'paper small' }, ` ${toQuietCounts(cluster.tallies)}`),
      ),
    ),
    body,
  );
  const item = make('li', { class: `cluster ${cluster.worst ?? 'calm'}`, id: cluster.key }, details);
  let isFilled = false;
  const fill = (): void => {
    if (!isFilled) body.replaceChildren(...toBody(cluster, model, isWanted));
    isFilled = true;
  };
  const forget = (): void => {
    isFilled = false;
    if (details.open) fill();
  };
  details.addEventListener('toggle', () => {
    if (details.open) fill();
  });
  return { cluster, item, details, fill, forget };
};

const toCounts = (cluster: Cluster): string => {
  const [open, unknown] = [countOpen(cluster), countUnknown(cluster)];
  const parts = [
    ...(open > 0 ? [`${toCount(open, 'failure')}, worst ${cluster.worst}`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'nothing to fix';
};

const talliesOf = ({ tallies }: Cluster, wanted: number | null): Tally[] =>
  tallies.filter(({ link }) => link === wanted);

/** The chain at a glance. */
const makeStrip = (cluster: Cluster): HTMLElement => {
  const states = chain.map(({ link, name }) => ({ name, state: toLinkState(talliesOf(cluster, link)) }));
  return make(
    'span',
    {
      class: 'strip',
      role: 'img',
      'aria-label': states.map(({ name, state }) => `${name}: ${state}`).join('; '),
    },
    ...states.map(({ name, state }) =>
      make('span', { class: toClass(state), title: `${name}: ${state}` }, symbols[state]),
    ),
  );
};

const toBody = (cluster: Cluster, model: Model, isWanted: (finding: Finding) => boolean): HTMLElement[] => {
  const links = cluster.account === null && cluster.name === null ? [] : chain;
  return [
    make('a', { class: 'small', href: `#${cluster.key}` }, 'Link to this cluster'),
    make(
      'ol',
      { class: 'chain' },
      ...links.map(({ link, name }) => makeLink(name, link, cluster, model, isWanted)),
      ...(talliesOf(cluster, null).length > 0
        ? [makeLink('Of the run itself', null, cluster, model, isWanted)]
        : []),
    ),
  ];
};

const makeLink = (
  name: string,
  link: number | null,
  cluster: Cluster,
  model: Model,
  isWanted: (finding: Finding) => boolean,
): HTMLElement => {
  const findings = cluster.findings.filter(({ check }) => check.link === link);
  const tallies = talliesOf(cluster, link);
  const state = toLinkState(tallies);
  const shown = findings.filter(isWanted);
  const { access } = cluster;
  const loud = shown.flatMap((finding) =>
    finding.detail ? [makeFinding(finding, finding.detail, model)] : [],
  );
  const untold = countUntold(tallies);
  const hidden = findings.filter((finding) => finding.detail && !isWanted(finding)).length;
  return make(
    'li',
    { class: toClass(state) },
    make(
      'h4',
      {},
      make('span', { class: 'mark', 'aria-hidden': 'true' }, symbols[state]),
      ` ${name}: ${state}`,
    ),
    ...loud,
    hidden > 0 ? make('p', { class: 'small' }, `${hidden} more, hidden by the filter`) : null,
    untold > 0
      ? make(
          'p',
          {},
          `${toCount(untold, 'failure or unknown', 'failures and unknowns')}, for which this page has no room: `,
          make('code', {}, `findings/${cluster.account ?? ''}`),
          ' of the run has them.',
        )
      : null,
    makeQuiet(findings, tallies, model),
    link === 3 && access ? makeMay(access, model) : null,
    link === 3 && isWithoutAccess(cluster, model)
      ? make(
          'p',
          { class: 'small' },
          'Who may use the key, and who did, is not told: the page had no more room or time. ',
          make('code', {}, `keyward who ${toName(cluster)}`),
          ' tells it.',
        )
      : null,
    link === 4 && access && access.used !== null ? makeActors('Who used the key', access.used, model) : null,
    link === 4 && access?.timeline ? makeTimeline(access.timeline, model) : null,
    link === 6 && access && access.read !== null ? makeActors('Who read Secrets', access.read, model) : null,
  );
};

/** What passed and what does not apply, folded away; on paper the cluster's own line counts it. */
const makeQuiet = (
  findings: readonly Finding[],
  tallies: readonly Tally[],
  { text }: Model,
): HTMLElement | null => {
  const counts = toQuietCounts(tallies);
  const quiet = findings.filter(({ detail }) => !detail);
  if (quiet.length === 0) return counts === '' ? null : make('p', { class: 'small unprinted' }, counts);
  return make(
    'details',
    { class: 'fold screen unprinted' },
    make('summary', {}, counts),
    make(
      'ul',
      {},
      ...quiet.map(({ status, check, message }) =>
        make(
          'li',
          {},
          `${symbols[status === 'pass' ? 'sound' : 'not applicable']} `,
          make('code', {}, text(check.id)),
          ` ${text(message)}`,
        ),
      ),
    ),
  );
};

/** `41 passed, 3 not applicable` */
const toQuietCounts = (tallies: readonly Tally[]): string => {
  const [passed, quiet] = [countOutcome(tallies, 'pass'), countOutcome(tallies, 'not-applicable')];
  return [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(quiet > 0 ? [`${quiet} not applicable`] : []),
  ].join(', ');
};
