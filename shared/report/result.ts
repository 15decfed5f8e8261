/** What every format is made of, and the line of counts that ends the table. */
import { severities } from '../evidence/settings.ts';
import type { Comparison, Finding, RunDocument } from '../findings/finding.ts';

/** A run's document, its findings one by one: a whole organisation's are too many to hold at once. */
export interface Result extends Omit<RunDocument, 'schema' | 'findings'> {
  /** Whether it was ended before all was read. */
  isInterrupted?: boolean;
  /** Of how many clusters the findings tell. */
  clusters: number;
  /** Of how many objects in how many files, where manifests were judged instead. */
  manifests?: { objects: number; files: number };
  findings: Iterable<Finding> | AsyncIterable<Finding>;
}

/** A failure that nobody excused. */
export const isOpenFailure = (finding: Finding): boolean => finding.status === 'fail' && !finding.exception;

/** `until 2027-03-31 by platform: shared on purpose` */
export const toExceptionText = ({ expires, owner, reason }: NonNullable<Finding['exception']>): string =>
  `until ${expires} by ${owner}: ${reason}`;

/** `1 cluster`, `2 clusters`. */
export const toCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2 critical, 1 low`: the severities that occur, worst first. */
const toSeverityCounts = (bySeverity: Result['summary']['bySeverity']): string =>
  severities
    .filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${bySeverity[severity]} ${severity}`)
    .join(', ');

/** Takes a result; gives its one line of counts, without an end of line. */
export const toCountsLine = ({
  run,
  isInterrupted,
  clusters,
  manifests,
  summary,
  baseline,
}: Omit<Result, 'findings'>): string => {
  const { byStatus, bySeverity } = summary;
  const failed = severities.reduce((sum, severity) => sum + bySeverity[severity], 0);
  const excepted = byStatus.fail - failed;
  const unscanned = run.targets.filter(({ status }) => status === 'failed').length;
  const partial = run.targets.filter(({ status }) => status === 'partial').length;
  const counts = [
    failed > 0 ? `${failed} failed (${toSeverityCounts(bySeverity)})` : '0 failed',
    excepted > 0 ? [`${excepted} under an exception`] : [],
    `${byStatus.unknown} unknown`,
    `${byStatus.pass} passed`,
    `${byStatus['not-applicable']} not applicable`,
    // Nothing that could have failed, passed or been unknown was found there.
    unscanned > 0 ? [`${toCount(unscanned, 'target')} not scanned`] : [],
    partial > 0 ? [`${toCount(partial, 'target')} scanned in part`] : [],
  ].flat();
  const accounts = new Set(run.targets.map((target) => target.account)).size;
  const seconds = (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;
  return [
    counts.join(', '),
    manifests
      ? toManifestsCount(manifests)
      : // A cluster that a kubeconfig leads to is in no account.
        [toCount(clusters, 'cluster'), ...(accounts > 0 ? [toCount(accounts, 'account')] : [])].join(', '),
    ...(baseline ? [toComparisonCount(baseline)] : []),
    `${seconds.toFixed(1)} s`,
    ...(isInterrupted ? ['interrupted: what was not read by then is missing or unknown'] : []),
  ].join(' · ');
};

/** `since 2026-11-24T02:00:00.000Z: 1 new, 2 unchanged, 1 fixed, 0 not seen` */
const toComparisonCount = ({ run, newBySeverity, unchanged, gone }: Comparison): string => {
  const added = severities.reduce((sum, severity) => sum + newBySeverity[severity], 0);
  const fixed = gone.filter(({ baseline }) => baseline === 'fixed').length;
  return `since ${run?.startedAt ?? 'the earlier run'}: ${added} new, ${unchanged} unchanged, ${fixed} fixed, ${gone.length - fixed} not seen`;
};

/** `3 objects in 1 file` */
export const toManifestsCount = ({ objects, files }: NonNullable<Result['manifests']>): string =>
  `${toCount(objects, 'object')} in ${toCount(files, 'file')}`;

/** What is told in one: a cluster (names repeat across accounts and Regions), a file, or the configuration. */
export const toGroupKey = ({ account, region, cluster, resource }: Finding): string =>
  JSON.stringify(cluster === null ? [toFile(resource)] : [account, region, cluster]);

/** What the resource of a finding about no cluster stands in. */
export const toFile = (resource: string): string => resource.replace(/^file:/, '').replace(/#.*$/s, '');
