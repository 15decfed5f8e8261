/** What every format is made of, and the line of counts that ends the table. */
import { severities } from '../evidence/settings.ts';
import type { Finding, RunDocument } from '../findings/finding.ts';

/** A run's document without the name of its schema. */
export type Result = Omit<RunDocument, 'schema'>;

/** A failure that nobody excused. */
export const isOpenFailure = (finding: Finding): boolean => finding.status === 'fail' && !finding.exception;

/** `1 cluster`, `2 clusters`. */
export const toCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2 critical, 1 low`: the severities that occur, worst first. */
const toSeverityCounts = (bySeverity: Result['summary']['bySeverity']): string =>
  severities
    .filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${bySeverity[severity]} ${severity}`)
    .join(', ');

/** Takes a result; gives its one line of counts, without an end of line. */
export const toCountsLine = ({ run, findings, summary }: Result): string => {
  const { byStatus, bySeverity } = summary;
  const failed = severities.reduce((sum, severity) => sum + bySeverity[severity], 0);
  const excepted = byStatus.fail - failed;
  const counts = [
    failed > 0 ? `${failed} failed (${toSeverityCounts(bySeverity)})` : '0 failed',
    excepted > 0 ? [`${excepted} under an exception`] : [],
    `${byStatus.unknown} unknown`,
    `${byStatus.pass} passed`,
    `${byStatus['not-applicable']} not applicable`,
  ].flat();
  const clusters = new Set(findings.filter(isOfCluster).map(toClusterKey)).size;
  const accounts = new Set(run.targets.map((target) => target.account)).size;
  const seconds = (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;
  return [
    counts.join(', '),
    `${toCount(clusters, 'cluster')}, ${toCount(accounts, 'account')}`,
    `${seconds.toFixed(1)} s`,
  ].join(' · ');
};

const isOfCluster = (finding: Finding): boolean => finding.cluster !== null;

/** What tells clusters apart: names repeat across accounts and Regions. */
export const toClusterKey = ({ account, region, cluster }: Finding): string =>
  JSON.stringify([account, region, cluster]);
