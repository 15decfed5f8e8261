/** A link of a cluster's chain: its failures and unknowns, what is only counted, who may use the key and who did. */
import { makeActors, makeMay } from './access.ts';
import { make, toCount } from './elements.ts';
import { makeFinding } from './finding.ts';
import {
  type Cluster,
  countOutcome,
  countUntold,
  type Finding,
  isWithoutAccess,
  type Model,
  symbols,
  type Tally,
  talliesOf,
  toClass,
  toLinkState,
  toName,
} from './model.ts';
import { makeTimeline } from './timeline.ts';

/** Takes a link's name and number (null: of the run itself), its cluster, and which findings are wanted; gives it whole. */
export const makeChainLink = (
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
export const toQuietCounts = (tallies: readonly Tally[]): string => {
  const [passed, quiet] = [countOutcome(tallies, 'pass'), countOutcome(tallies, 'not-applicable')];
  return [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(quiet > 0 ? [`${quiet} not applicable`] : []),
  ].join(', ');
};
