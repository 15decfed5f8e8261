import type { Check, Subject, Verdict } from '../checks/check.ts';
import { getWorstSeverity } from '../checks/check.ts';
import type { Settings, Severity } from '../evidence/settings.ts';
import type { Finding } from './finding.ts';
import { toFindingId } from './finding-id.ts';

/** What a check says of one subject, as findings. The resource is the cluster's ARN, or the key's for checks of a key. */
export const toFindings = (check: Check, subject: Subject, settings: Settings): Finding[] => {
  const { cluster, key } = subject;
  const resource = check.scope !== 'cluster' && key ? key.arn : cluster.arn;
  const configured = settings.checks[check.id];
  const override = typeof configured === 'object' ? configured.severity : undefined;
  return check.judge(subject, settings).map((verdict) => ({
    id: toFindingId(check.id, resource, cluster.arn, verdict.subject),
    check: check.id,
    status: verdict.status,
    severity: override ?? toSeverity(check, verdict),
    account: cluster.account,
    region: cluster.region,
    cluster: cluster.name,
    resource,
    subject: verdict.subject,
    kind: check.kind,
    title: check.title,
    message: verdict.message,
    ...('reason' in verdict ? { reason: verdict.reason } : {}),
    evidence: verdict.evidence,
    remediation: toRemediation(check, verdict),
    references: [...check.references],
  }));
};

const toSeverity = (check: Check, verdict: Verdict): Severity =>
  verdict.status === 'fail' ? verdict.severity : getWorstSeverity(check);

const toRemediation = ({ remediation }: Check, verdict: Verdict): Finding['remediation'] =>
  verdict.status === 'fail' && verdict.fix ? { ...remediation, text: verdict.fix } : remediation;
