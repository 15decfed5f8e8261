/** What checks say of a cluster and its key, as a plan weighs it. */
import type { Check, Subject } from '../checks/check.ts';
import type { UnknownReason } from '../evidence/fact.ts';
import { type Settings, severities } from '../evidence/settings.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import type { Finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import type { KeySubject } from '../who/access.ts';
import type { Answer, Failure } from './document.ts';

export interface Judged {
  answer: Answer;
  detail: string;
  /** Why the check of it could not decide. */
  reason?: UnknownReason;
}

/** The checks that a plan for a sealed cluster is made of: whether it is sealed, the key, and who may use it. */
export const toPlannedChecks = (checks: readonly Check[]): Check[] =>
  checks.filter(({ kind, link }) => kind === 'state' && link <= 3);

/** Takes a cluster with its key and the key's relatives; gives the findings that no exception covers. */
export const judgeAll = (
  [named, ...relatives]: readonly [Subject, ...Subject[]],
  checks: readonly Check[],
  settings: Settings,
): Finding[] => {
  const ofFamily = checks.filter(({ scope }) => scope === 'family');
  const findings = [
    ...checks.flatMap((check) => toFindings(check, named, settings)),
    ...relatives.flatMap((relative) => ofFamily.flatMap((check) => toFindings(check, relative, settings))),
  ];
  return applyExceptions(findings, settings.exceptions, named.collectedAt.slice(0, 10)).filter(
    ({ exception }) => !exception,
  );
};

/** The failures, the worst first; of one severity in the order of their checks. */
export const toFailures = (findings: readonly Finding[]): Finding[] =>
  findings
    .filter(({ status }) => status === 'fail')
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));

export const toFailure = ({ check, severity, message }: Finding): Failure => ({ check, severity, message });

/**
 * Whether the cluster's role sees the key. EKS is content with kms:DescribeKey; without kms:ListGrants its health checks
 * are denied, which harms nothing.
 */
export const judgeRole = (subject: KeySubject, checks: readonly Check[], settings: Settings): Judged => {
  const [verdict] =
    checks.find(({ id }) => id === 'cluster-role-can-use-key')?.judge(subject, settings) ?? [];
  if (!verdict) return { answer: 'unknown', detail: 'cluster-role-can-use-key is off in the configuration.' };
  const { message: detail } = verdict;
  if (verdict.status === 'pass') return { answer: 'ready', detail };
  if (verdict.status === 'fail') return { answer: verdict.severity === 'high' ? 'blocked' : 'mind', detail };
  return { answer: 'unknown', detail, reason: verdict.status === 'unknown' ? verdict.reason : 'unsupported' };
};
