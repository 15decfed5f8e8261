/** Who read Secrets in the demo's clusters, by their audit logs: in most of them nobody that matters. */
import { greedyOperator, nightReader, refusedScanner } from '../audit/incidents.ts';
import type { Asked } from '../audit/lines.ts';
import { quietLife } from '../audit/quiet-life.ts';
import type { SandboxCluster } from '../fleet.ts';
import { fail, type SeededFinding } from '../scenario.ts';
import { dayBefore, powerUserOf } from './incident.ts';

type Incident = {
  asked: (account: string, now: Date) => Asked[];
  findings: (account: string) => ReturnType<typeof fail>[];
};

const incidents: Record<string, Incident> = {
  'payments-cards': {
    asked: (account, now) =>
      nightReader(account, powerUserOf(account).split('/').at(-1) ?? '', dayBefore(now, 3)),
    findings: (account) => [fail('secret-readers-are-expected', 'high', powerUserOf(account))],
  },
  'data-lake': {
    asked: (_, now) => greedyOperator(dayBefore(now, 5)),
    findings: () => [
      fail('secret-readers-are-expected', 'medium', 'system:serviceaccount:mirror:config-operator'),
      fail('secret-listing-is-rare', 'medium', 'system:serviceaccount:mirror:config-operator'),
    ],
  },
  'staging-web': {
    asked: (_, now) => refusedScanner(dayBefore(now, 2)),
    findings: () => [fail('secret-denials-are-rare', 'medium', 'system:serviceaccount:security:scanner')],
  },
};

const toAccount = ({ arn }: Pick<SandboxCluster, 'arn'>): string => arn.split(':')[4] ?? '';

/** Gives a cluster its log group, where its control plane writes an audit log. */
export const withAuditLog = (cluster: SandboxCluster, now: Date): SandboxCluster => {
  const isOn = cluster.logging?.clusterLogging?.some(
    ({ types = [], enabled }) => enabled === true && types.includes('audit'),
  );
  if (isOn !== true) return cluster;
  const account = toAccount(cluster);
  return { ...cluster, logGroup: quietLife(account, now, incidents[cluster.name]?.asked(account, now)) };
};

/** What the audit logs of clusters tell that must be found. */
export const toReadFindings = (clusters: readonly SandboxCluster[]): SeededFinding[] =>
  clusters.flatMap((cluster) =>
    (incidents[cluster.name]?.findings(toAccount(cluster)) ?? []).map((finding) => ({
      ...finding,
      cluster: cluster.name,
    })),
  );
