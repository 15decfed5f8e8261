/** The report's first screen, which needs no script: the verdict, the counts, what changed and what could not be seen. */
import { severities } from '../../evidence/settings.ts';
import type { Comparison, Target } from '../../findings/finding.ts';
import { type ChangeGroup, toChangesLine, toGroupLine } from '../alert.ts';
import { type Result, toCount } from '../result.ts';
import { toHtmlText } from './escape.ts';
import type { HtmlOptions } from './html.ts';
import type { Told } from './told.ts';

type Summed = Omit<Result, 'findings'>;

/** Longer lists are folded away, so that the fleet is near. */
const mostOpen = 2;

/** Takes a result; gives its verdict in a sentence. */
export const toVerdict = ({ run, clusters, summary }: Summed): string => {
  const { bySeverity, byStatus } = summary;
  const failed = severities.reduce((sum, severity) => sum + bySeverity[severity], 0);
  const unscanned = run.targets.filter(({ status }) => status === 'failed').length;
  const partial = run.targets.filter(({ status }) => status === 'partial').length;
  const unseen = new Intl.ListFormat('en-GB').format([
    ...(byStatus.unknown > 0 ? [`${toCount(byStatus.unknown, 'answer')} unknown`] : []),
    ...(unscanned > 0 ? [`${toCount(unscanned, 'target')} not scanned at all`] : []),
    ...(partial > 0 ? [`${toCount(partial, 'target')} scanned in part`] : []),
  ]);
  const rest = unseen === '' ? '' : `, with ${unseen}`;
  if (failed > 0) {
    const worst = severities.find((severity) => bySeverity[severity] > 0);
    const gravest = worst ? `, ${bySeverity[worst]} of them ${worst}` : '';
    return `The chain is broken: ${toCount(failed, 'failure')}${gravest}, among ${toCount(clusters, 'cluster')}${rest}.`;
  }
  if (clusters === 0) return `No cluster was found${rest}.`;
  if (unseen !== '')
    return `Nothing failed in ${toCount(clusters, 'cluster')}, but this is no all-clear: ${unseen}.`;
  return `Nothing failed in ${toCount(clusters, 'cluster')}, and nothing that was asked is unknown.`;
};

/** Takes a result; gives the first screen in pieces of HTML. */
export function* toSummary(
  result: Summed,
  { access, changes, bounds }: Pick<HtmlOptions, 'access' | 'changes' | 'bounds'>,
): Iterable<string> {
  const { run, summary, baseline } = result;
  yield `<header><p class="brand">Keyward report</p><h1>${toHtmlText(toVerdict(result))}</h1>`;
  yield `<p class="run">Run ${toHtmlText(run.id)}, ${toHtmlText(run.startedAt)} to ${toHtmlText(run.finishedAt)}, by Keyward ${toHtmlText(run.version)}</p></header>\n`;
  yield* toCounts(result);
  if (bounds) yield `<p class="small">${toBoundsText(bounds.told)}</p>\n`;
  if (baseline) yield* toComparison(baseline);
  if (changes) yield* toChanges(changes);
  yield '<section aria-labelledby="unseen"><h2 id="unseen">What could not be seen</h2>';
  const reasons = Object.entries(summary.unknownReasons).map(
    ([reason, count]) => `${toHtmlText(reason)} ${count}`,
  );
  if (reasons.length > 0) yield `<p>Unknown, and why: ${reasons.join(', ')}.</p>`;
  const ofStatus = (wanted: Target['status']) =>
    run.targets
      .filter(({ status }) => status === wanted)
      .map(({ account, region, reason }) => toHtmlText(`${account} / ${region}: ${reason ?? wanted}`));
  yield* toList('Targets that could not be scanned', ofStatus('failed'));
  yield* toList('Targets scanned in part', ofStatus('partial'));
  yield* toList('Regions that the organisation denies', ofStatus('excluded'));
  yield* toList('Not asked', run.notAsked.map(toHtmlText));
  // Filled by the script: it stands in the findings.
  yield '<div id="hours"></div>';
  if (!access)
    yield '<p>This report was made from findings alone: who may use each key, who did, and the timeline are not in them. <code>keyward report</code> draws those from saved evidence.</p>';
  if (
    reasons.length === 0 &&
    run.targets.every(({ status }) => status === 'scanned') &&
    run.notAsked.length === 0
  )
    yield '<p>Everything that was asked was answered.</p>';
  yield '</section>\n';
}

function* toCounts({ summary: { byStatus, bySeverity }, clusters, run }: Summed): Iterable<string> {
  const failed = severities.reduce((sum, severity) => sum + bySeverity[severity], 0);
  const accounts = new Set(run.targets.map(({ account }) => account)).size;
  const tiles = [
    ...severities.map((severity) => [severity, bySeverity[severity], severity] as const),
    ['under an exception', byStatus.fail - failed, 'excepted'],
    ['unknown', byStatus.unknown, 'unknown'],
    ['passed', byStatus.pass, 'pass'],
    ['not applicable', byStatus['not-applicable'], 'quiet'],
    ['clusters', clusters, 'quiet'],
    ['accounts', accounts, 'quiet'],
  ] as const;
  yield '<section aria-labelledby="counts"><h2 id="counts">Counts</h2><dl class="tiles">';
  for (const [name, count, tone] of tiles)
    yield `<div class="tile ${count === 0 ? 'none' : tone}"><dt>${name}</dt><dd>${count}</dd></div>`;
  yield '</dl></section>\n';
}

function* toComparison({ run, newBySeverity, unchanged, gone }: Comparison): Iterable<string> {
  const fresh = severities.reduce((sum, severity) => sum + newBySeverity[severity], 0);
  const since = run ? ` run ${toHtmlText(run.id)} of ${toHtmlText(run.startedAt)}` : ' the baseline';
  yield `<section aria-labelledby="changes"><h2 id="changes">What changed since${since}</h2>`;
  yield `<p>${fresh} new, ${unchanged} unchanged, ${gone.length} gone.</p>`;
  yield* toList(
    'Failures of then that are none now',
    gone.map(({ baseline, severity, check, cluster, message }) =>
      toHtmlText(`${baseline}: ${severity} ${check}${cluster === null ? '' : ` of ${cluster}`}: ${message}`),
    ),
  );
  yield '</section>\n';
}

/** Longer lists of changes say how much more there is: the first night of an organisation is all change. */
const mostChanges = 200;

function* toChanges(changes: readonly ChangeGroup[]): Iterable<string> {
  yield '<section aria-labelledby="changes"><h2 id="changes">What changed since the last run</h2>';
  yield `<p>${changes.length > 0 ? toHtmlText(toChangesLine(changes)) : 'Nothing changed'}.</p>`;
  const more = changes.length - mostChanges;
  yield* toList('Changes, the worst first', [
    ...changes.slice(0, mostChanges).map((group) => toHtmlText(toGroupLine(group))),
    ...(more > 0 ? [`and ${more} more: the digest and the findings tell them`] : []),
  ]);
  yield '</section>\n';
}

const toBoundsText = ({ leftOut }: Told): string =>
  [
    'Failures and unknowns are told one by one; what passed and what does not apply is counted.',
    ...(leftOut > 0
      ? [
          `The page has no room for all of them: of ${toCount(leftOut, 'cluster')}, the least affected or the largest, some or all are counted, too.`,
        ]
      : []),
    'Every finding stands in the objects <code>findings/</code> of the run, beside this page.',
  ].join(' ');

/** Items that are HTML already. */
function* toList(title: string, items: readonly string[]): Iterable<string> {
  if (items.length === 0) return;
  yield `<details${items.length <= mostOpen ? ' open' : ''}><summary>${title} (${items.length})</summary><ul>`;
  for (const item of items) yield `<li>${item}</li>`;
  yield '</ul></details>';
}
