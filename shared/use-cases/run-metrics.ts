import { type Severity, severities } from '../evidence/settings.ts';
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
