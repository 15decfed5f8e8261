/** A cluster: one line until it is opened, then its chain link by link. */
import { make, toCount } from './elements.ts';
import { makeChainLink, toQuietCounts } from './link.ts';
import {
  type Cluster,
  chain,
  countOpen,
  countUnknown,
  type Finding,
  type Model,
  symbols,
  talliesOf,
  toClass,
  toLinkState,
  toName,
  toPlace,
} from './model.ts';

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
      ...links.map(({ link, name }) => makeChainLink(name, link, cluster, model, isWanted)),
      ...(talliesOf(cluster, null).length > 0
        ? [makeChainLink('Of the run itself', null, cluster, model, isWanted)]
        : []),
    ),
  ];
};
