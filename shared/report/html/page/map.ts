/** The fleet as a map: account by Region, a chip a cluster, coloured by its worst broken link. */
import { make } from './elements.ts';
import { type Cluster, chain, type Model, symbols, toClass, toClusterState, toName } from './model.ts';

/** With more clusters than this their names would hide the map. */
const mostNames = 150;

export interface MapView {
  element: HTMLElement;
  /** Shows these clusters alone. */
  show: (isShown: (cluster: Cluster) => boolean) => void;
}

/** Takes the fleet; gives its map. */
export const makeMap = ({ clusters }: Model): MapView => {
  const placed = clusters.filter(({ name }) => name !== null);
  const regions = [...new Set(placed.map(({ region }) => region ?? ''))].sort();
  const accounts = [...new Set(placed.map(({ account }) => account ?? ''))].sort();
  const chips = new Map(placed.map((cluster) => [cluster, make('li', {}, makeChip(cluster))]));
  const ofPlace = Map.groupBy(placed, ({ account, region }) => `${account ?? ''}/${region ?? ''}`);
  const cells = (account: string) =>
    regions.map((region) => {
      const here = ofPlace.get(`${account}/${region}`) ?? [];
      return make(
        'td',
        {},
        make('ul', { class: 'chips' }, ...here.flatMap((cluster) => chips.get(cluster) ?? [])),
      );
    });
  // An empty list is none to a screen reader, and to axe.
  const rows = accounts.map((account) =>
    make('tr', {}, make('th', { scope: 'row' }, account === '' ? 'no account' : account), ...cells(account)),
  );
  for (const row of rows)
    for (const list of row.querySelectorAll('ul')) if (list.childElementCount === 0) list.remove();
  const element = make(
    'section',
    { 'aria-labelledby': 'map', class: placed.length > mostNames ? 'dense' : null },
    make('h2', { id: 'map' }, 'The fleet'),
    makeLegend(),
    make(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Map of the fleet' },
      make(
        'table',
        { class: 'map' },
        make('caption', {}, 'Clusters by account and Region, each coloured by its worst broken link'),
        make(
          'thead',
          {},
          make(
            'tr',
            {},
            make('th', { scope: 'col' }, 'Account'),
            ...regions.map((region) => make('th', { scope: 'col' }, region === '' ? 'no Region' : region)),
          ),
        ),
        make('tbody', {}, ...rows),
      ),
    ),
  );
  const show: MapView['show'] = (isShown) => {
    for (const [cluster, chip] of chips) chip.hidden = !isShown(cluster);
  };
  return { element, show };
};

const makeChip = (cluster: Cluster): HTMLElement => {
  const state = toClusterState(cluster);
  const words = cluster.worst ? `${cluster.worst} at ${toWorstLink(cluster)}` : state;
  return make(
    'a',
    {
      class: `chip ${cluster.worst ?? toClass(state)}`,
      href: `#${cluster.key}`,
      title: `${toName(cluster)}: ${words}`,
      'aria-label': `${toName(cluster)}: ${words}`,
    },
    make('span', { class: 'mark', 'aria-hidden': 'true' }, symbols[state]),
    make('span', { class: 'name' }, toName(cluster)),
  );
};

const toWorstLink = ({ tallies, worst }: Cluster): string => {
  const link = tallies.find(({ outcome }) => outcome === worst)?.link;
  return chain.find((one) => one.link === link)?.name ?? 'the run itself';
};

const makeLegend = (): HTMLElement =>
  make(
    'p',
    { class: 'legend' },
    ...(['critical', 'high', 'medium', 'low', 'info'] as const).map((severity) =>
      make('span', { class: `chip ${severity}` }, `${symbols.broken} ${severity}`),
    ),
    ...(['unknown', 'excepted', 'sound'] as const).map((state) =>
      make('span', { class: `chip ${state}` }, `${symbols[state]} ${state}`),
    ),
  );
