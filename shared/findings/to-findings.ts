import type { Check, Subject, Verdict } from '../checks/check.ts';
import { getWorstSeverity } from '../checks/check.ts';
import { type ObjectReference, toObjectPath } from '../evidence/kubernetes/object.ts';
import type { Settings, Severity } from '../evidence/settings.ts';
import type { Finding } from './finding.ts';
import { toFindingId } from './finding-id.ts';

/**
 * What a check says of one subject, as findings. The resource is the cluster's ARN, the key's for checks of a key, and
 * for a Kubernetes object where it stands: in the cluster or, `file:PATH`, in a manifest.
 */
export const toFindings = (check: Check, subject: Subject, settings: Settings): Finding[] => {
  const { cluster, key } = subject;
  const isOfKey = check.scope === 'key' || check.scope === 'family';
  const judged = isOfKey && key ? key.arn : cluster.arn;
  const configured = settings.checks[check.id];
  const override = typeof configured === 'object' ? configured.severity : undefined;
  return check.judge(subject, settings).map((verdict) => {
    const resource = verdict.object ? toObjectResource(cluster, verdict.object) : judged;
    return {
      id: toFindingId(check.id, resource, cluster.arn, verdict.subject),
      check: check.id,
      status: verdict.status,
      severity: override ?? toSeverity(check, verdict),
      account: cluster.account || null,
      region: cluster.region || null,
      cluster: cluster.name || null,
      resource,
      subject: verdict.subject,
      kind: check.kind,
      title: check.title,
      message: verdict.message,
      ...('reason' in verdict ? { reason: verdict.reason } : {}),
      evidence: verdict.evidence,
      remediation: toRemediation(check, verdict),
      references: [...check.references],
      ...(verdict.object?.origin ? { origin: verdict.object.origin } : {}),
    };
  });
};

const toObjectResource = ({ arn }: Subject['cluster'], object: ObjectReference): string =>
  `${object.origin ? `file:${object.origin.file}` : arn}#${toObjectPath(object)}`;

const toSeverity = (check: Check, verdict: Verdict): Severity =>
  verdict.status === 'fail' ? verdict.severity : getWorstSeverity(check);

const toRemediation = ({ remediation }: Check, verdict: Verdict): Finding['remediation'] =>
  verdict.status === 'fail' && verdict.fix ? { ...remediation, text: verdict.fix } : remediation;
