/**
 * Claims that EKS is set to write the cluster's audit log to CloudWatch Logs. Does not claim that the log arrives,
 * how long it is kept, or that anybody reads it.
 */
import type { Cluster } from '../evidence/cluster.ts';
import { defineCheck } from './check.ts';

const getIneligibility = ({ status, outpostConfig }: Cluster): string | undefined => {
  if (status === 'DELETING') return 'The cluster is being deleted.';
  if (status === 'FAILED') return 'EKS failed to create the cluster; it can only be deleted.';
  if (outpostConfig)
    return 'The control plane of a local cluster runs on the Outpost, outside EKS’s logging.';
  return undefined;
};

export const controlPlaneAuditLogIsOn = defineCheck({
  id: 'control-plane-audit-log-is-on',
  kind: 'state',
  link: 1,
  scope: 'cluster',
  subject: null,
  facts: ['cluster'],
  title: 'The cluster’s audit log is on',
  rationale:
    'Only the audit log tells who read a Secret through the Kubernetes API. CloudTrail’s Decrypt events tell who used the key, not who read which Secret.',
  remediation: {
    text: `Switch the log type on: aws eks update-cluster-config --name CLUSTER --logging '{"clusterLogging":[{"types":["audit"],"enabled":true}]}'. CloudWatch Logs charges for what it takes in; set a retention on /aws/eks/CLUSTER/cluster.`,
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html'],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['2.1.1'],
    'AWS Security Hub': ['EKS.8'],
    'AWS Config': ['eks-cluster-logging-enabled', 'eks-cluster-log-enabled'],
    'NIST 800-53': ['AU-2', 'AU-12'],
    Prowler: ['eks_control_plane_logging_all_types_enabled'],
  },
  outcomes: {
    off: {
      severity: 'medium',
      message: ({ enabledTypes }: { enabledTypes: string[] }) =>
        `The cluster's audit log is off (${enabledTypes.length > 0 ? `on: ${enabledTypes.join(', ')}` : 'no log type is on'}), so nobody can say who read a Secret through the Kubernetes API.`,
    },
  },
  pass: 'EKS writes the cluster’s audit log to CloudWatch Logs.',
  *evaluate({ read }) {
    const cluster = read('cluster');
    const ineligible = getIneligibility(cluster);
    if (ineligible) return yield { notApplicable: ineligible };

    if (!cluster.logging)
      return yield { unknown: 'failed', detail: 'EKS did not say which logs of the cluster are on' };
    const setups = cluster.logging.clusterLogging ?? [];
    const enabledTypes = setups.flatMap((setup) => (setup.enabled ? (setup.types ?? []) : [])).sort();
    if (enabledTypes.includes('audit')) return;
    // Several tools switch logging on by a second call, as soon as the cluster is up.
    if (cluster.status === 'CREATING') return yield { notApplicable: 'The cluster is still being created.' };
    return yield { outcome: 'off', evidence: { enabledTypes } };
  },
});
