/** The report's script: reads what the file holds, and draws the map and the clusters. It asks nothing of any network. */
import type { PageData } from '../page-data.ts';
import { type ClusterView, makeCluster } from './cluster.ts';
import { make, toCount } from './elements.ts';
import { makeFilter } from './filter.ts';
import { isFindingId } from './finding.ts';
import { makeMap } from './map.ts';
import { type Cluster, countUntold, isWithoutAccess, type Model, toModel, toName } from './model.ts';

const start = (): void => {
  const data: PageData = JSON.parse(document.getElementById('data')?.textContent ?? '');
  const model = toModel(data);
  const map = makeMap(model);
  const filter = makeFilter(model, () => apply());
  const views = model.clusters.map((cluster) => makeCluster(cluster, model, filter.isWanted));
  const apply = (): void => {
    const wanted = new Set<Cluster>();
    let findings = 0;
    for (const finding of model.findings)
      if (filter.isWanted(finding)) {
        wanted.add(finding.cluster);
        findings += 1;
      }
    const isShown = (cluster: Cluster) => !filter.isSet() || wanted.has(cluster);
    map.show(isShown);
    for (const view of views) {
      view.item.hidden = !isShown(view.cluster);
      view.forget();
    }
    const clusters = views.filter(({ item }) => !item.hidden).length;
    const counted = filter.isSet() ? model.clusters.filter(({ tallies }) => countUntold(tallies) > 0) : [];
    const unsearched =
      counted.length > 0 ? `; ${toCount(counted.length, 'cluster')} with counts alone not searched` : '';
    filter.say(`${toCount(clusters, 'cluster')}, ${toCount(findings, 'finding')} shown${unsearched}`);
  };
  const showTarget = (): void => show(location.hash.slice(1), model, views, filter.reset);

  document
    .getElementById('fleet')
    ?.append(
      map.element,
      make(
        'section',
        { 'aria-labelledby': 'clusters' },
        make('h2', { id: 'clusters', tabindex: -1 }, 'Clusters, the worst first'),
        make(
          'p',
          { class: 'paper small' },
          'Printed are failures and unknowns with their evidence, who may use the keys of their clusters, and who did. What passed or does not apply is counted in the line of its cluster; a cluster with nothing to fix has that line alone. References and the names in groups that are expected stand in the file.',
        ),
        filter.element,
        make('ol', { class: 'clusters' }, ...views.map(({ item }) => item)),
      ),
    );
  showHours(model);
  showCut(model);
  apply();
  addEventListener('hashchange', showTarget);
  printWhole(views);
  showTarget();
};

/** Opens what a link leads to, whatever the filter hides. */
const show = (target: string, { text }: Model, views: readonly ClusterView[], reset: () => void): void => {
  const leadsTo = ({ cluster }: ClusterView): boolean =>
    isFindingId(target)
      ? cluster.findings.some(({ detail }) => detail && text(detail.id) === target)
      : cluster.key === target;
  const view = views.find(leadsTo);
  if (!view) return;
  reset();
  view.fill();
  view.details.open = true;
  const place = isFindingId(target) ? document.getElementById(target) : view.details.querySelector('summary');
  place?.scrollIntoView({ block: 'start' });
  place?.focus({ preventScroll: true });
};

/** Which hours were not covered, and of which clusters. */
const showHours = ({ findings, text }: Model): void => {
  const gaps = Map.groupBy(
    findings.filter(
      ({ detail }) => detail && detail.reason !== null && text(detail.reason) === 'incomplete-window',
    ),
    ({ message }) => text(message),
  );
  if (gaps.size === 0) return;
  const items = [...gaps].map(([message, those]) => {
    const clusters = [...new Set(those.map(({ cluster }) => cluster))];
    const [first] = clusters;
    return make(
      'li',
      {},
      message,
      ' ',
      first
        ? make(
            'a',
            { href: `#${first.key}` },
            clusters.length === 1 ? toName(first) : toCount(clusters.length, 'cluster'),
          )
        : null,
    );
  });
  document
    .getElementById('hours')
    ?.append(
      make(
        'details',
        { open: items.length <= 2 },
        make('summary', {}, `Hours that were not covered (${items.length})`),
        make('ul', {}, ...items),
      ),
    );
};

/** Of how many clusters who may use the key was left out. */
const showCut = (model: Model): void => {
  const without = model.clusters.filter((cluster) => isWithoutAccess(cluster, model)).length;
  if (without === 0) return;
  const text = `Who may use the key, who did and the timeline are not told of ${toCount(without, 'cluster')}: this page had no more room or time.`;
  document.getElementById('hours')?.append(make('p', {}, text));
};

/** Paper can't be opened: whatever is shown is printed with its evidence. */
const printWhole = (views: readonly ClusterView[]): void => {
  let opened: HTMLDetailsElement[] = [];
  const open = (details: HTMLDetailsElement): void => {
    if (details.open) return;
    details.open = true;
    opened.push(details);
  };
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>(
      '#unseen ~ details, #hours > details',
    ))
      open(details);
    for (const { item, cluster, details, fill } of views) {
      if (item.hidden || !cluster.findings.some(({ detail }) => detail)) continue;
      fill();
      for (const one of [details, ...details.querySelectorAll<HTMLDetailsElement>('details:not(.screen)')])
        open(one);
    }
  });
  addEventListener('afterprint', () => {
    for (const details of opened) details.open = false;
    opened = [];
  });
};

start();
