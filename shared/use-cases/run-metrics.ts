import { type Severity, severities } from '../evidence/settings.ts';
import type { Publishing } from './publishing.ts';
import type { RunResult } from './summarise-run.ts';

const severityMetrics = {
  critical: 'CriticalFindings',
  high: 'HighFindings',
  medium: 'MediumFindings',
  low: 'LowFindings',
  info: 'InfoFindings',
} as const satisfies Record<Severity, string>;

/** What a run adds up to, by the names that the alarms and the dashboard know. */
export const toRunMetrics = ({
  run,
  summary,
  clusters,
}: Pick<RunResult, 'run' | 'summary' | 'clusters'>): Record<string, number> => {
  const count = (...statuses: string[]) =>
    run.targets.filter(({ status }) => statuses.includes(status)).length;
  return {
    TargetsScanned: count('scanned', 'partial'),
    TargetsFailed: count('failed', 'partial'),
    Clusters: clusters,
    Unknowns: summary.byStatus.unknown,
    ...Object.fromEntries(severities.map((name) => [severityMetrics[name], summary.bySeverity[name]])),
  };
};

/**
 * What Security Hub took, and what it did not. That it is not enabled somewhere is no failure; the digest says so. Nor
 * is what a call had no time for: the next one tells it.
 */
export const toPublishMetrics = (told: readonly Publishing[]): Record<string, number> => {
  const counted = told.filter(({ refused }) => refused?.reason !== 'not-enabled');
  return {
    FindingsPublished: counted.reduce((sum, { sent }) => sum + sent, 0),
    PublishFailures: counted
      .filter(({ isUnfinished }) => !isUnfinished)
      .reduce((sum, { owed, broken }) => sum + owed + (broken ? 1 : 0), 0),
  };
};
