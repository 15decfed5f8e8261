import { type Severity, severities } from '../shared/evidence/settings.ts';
import type { Result } from '../shared/report/result.ts';

export interface Judging {
  /** The least severity that counts. */
  failOn: Severity;
  /** Whether an unknown counts as a target that could not be scanned. */
  isStrict: boolean;
  isInterrupted: boolean;
}

/**
 * Takes a result; gives 2 where a target that was asked for could not be scanned at all, 1 where something failed
 * at or above `failOn` and no exception covers it, else 0; where an earlier run is compared with, only what is new
 * counts. An excluded target is neither, nor is a partial one, unless strictness counts what is unknown: clusters that
 * were not listed have no finding that could say so.
 */
export const toExitCode = (
  { run, summary, baseline }: Pick<Result, 'run' | 'summary' | 'baseline'>,
  { failOn, isStrict, isInterrupted }: Judging,
): 0 | 1 | 2 => {
  if (isInterrupted || run.targets.some((target) => target.status === 'failed')) return 2;
  const isUnknown = run.targets.some((target) => target.status === 'partial') || summary.byStatus.unknown > 0;
  if (isStrict && isUnknown) return 2;
  const counted = severities.slice(0, severities.indexOf(failOn) + 1);
  const failed = baseline?.newBySeverity ?? summary.bySeverity;
  return counted.some((severity) => failed[severity] > 0) ? 1 : 0;
};
