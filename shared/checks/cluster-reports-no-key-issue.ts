/**
 * Claims that EKS itself reports no trouble with the cluster's key. Does not claim that there is none: the report
 * can lag three hours behind KMS, and key-is-usable asks KMS.
 */
import { type Cluster, getNamedKeyArn } from '../evidence/cluster.ts';
import { type Fact, isKnown } from '../evidence/fact.ts';
import type { KeyMetadata } from '../evidence/key.ts';
import { isAlias, toKeyReference, toKmsCommand } from '../evidence/key-reference.ts';
import { defineCheck } from './check.ts';

/** Worst first; KMS is only one of the things EKS reports on: https://docs.aws.amazon.com/eks/latest/APIReference/API_ClusterIssue.html */
const keyIssueCodes = [
  'KmsKeyNotFound',
  'KmsGrantRevoked',
  'KmsKeyMarkedForDeletion',
  'KmsKeyDisabled',
] as const;
type KeyIssueCode = (typeof keyIssueCodes)[number];

interface ReportedIssues {
  /** The key or alias that the cluster names. */
  key: string | null;
  /** The ARN of the key behind it; null where that is not known. KMS takes no alias to change a key. */
  keyArn: string | null;
  codes: KeyIssueCode[];
  details: string[];
}

const toRebuild = () =>
  'Save what the API server still answers with (kubectl get, Velero) and rebuild the cluster, before anything restarts it.';

const also = ({ codes }: ReportedIssues) => (codes.length > 1 ? ` (and ${codes.slice(1).join(', ')})` : '');

const getKeyArn = (cluster: Cluster, metadata: Fact<KeyMetadata>): string | null => {
  if (isKnown(metadata)) return metadata.value.Arn;
  const named = getNamedKeyArn(cluster);
  const reference = named === undefined ? undefined : toKeyReference(named, cluster.arn);
  return reference && !isAlias(reference) ? reference.arn : null;
};

const getKeyIssues = (cluster: Cluster, metadata: Fact<KeyMetadata>): ReportedIssues => {
  const { health } = cluster;
  const issues = health?.issues ?? [];
  const codes = keyIssueCodes.filter((code) => issues.some((issue) => issue.code === code));
  const details = issues
    .filter((issue) => codes.some((code) => code === issue.code))
    .flatMap((issue) => issue.message ?? []);
  return {
    key: getNamedKeyArn(cluster) ?? null,
    keyArn: getKeyArn(cluster, metadata),
    codes,
    details,
  };
};

export const clusterReportsNoKeyIssue = defineCheck({
  id: 'cluster-reports-no-key-issue',
  kind: 'state',
  link: 1,
  scope: 'cluster',
  subject: null,
  facts: ['cluster', 'key.metadata'],
  title: 'EKS reports no issue with the cluster’s key',
  rationale:
    'Once EKS cannot use the key, the API server lives on the data key it still holds in memory. It fails at its next restart, and with a deleted key or a revoked grant for good.',
  remediation: {
    text: 'Disabled: aws kms enable-key --key-id KEY within 30 days. Pending deletion: aws kms cancel-key-deletion --key-id KEY, then enable-key. Key deleted or grant revoked: AWS offers no recovery; save what the API server still answers with and rebuild the cluster.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/APIReference/API_ClusterIssue.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html',
  ],
  frameworks: { 'NIST 800-53': ['SC-12', 'SC-28'] },
  outcomes: {
    KmsKeyNotFound: {
      severity: 'critical',
      message: (seen: ReportedIssues) =>
        `EKS reports KmsKeyNotFound${also(seen)}: the cluster's key is gone. AWS offers no recovery; the API server stops reading its data at its next restart.`,
      fix: toRebuild,
    },
    KmsGrantRevoked: {
      severity: 'critical',
      message: (seen: ReportedIssues) =>
        `EKS reports KmsGrantRevoked${also(seen)}: it has lost its grant on the cluster's key. AWS offers no recovery; the API server stops reading its data at its next restart.`,
      fix: toRebuild,
    },
    KmsKeyMarkedForDeletion: {
      severity: 'critical',
      message: (seen: ReportedIssues) =>
        `EKS reports KmsKeyMarkedForDeletion${also(seen)}: the cluster's key will be deleted, and then the cluster cannot be recovered. Cancel the deletion and enable the key.`,
      fix: ({ keyArn }: ReportedIssues) =>
        `${toKmsCommand('cancel-key-deletion', keyArn ?? 'KEY')}, then ${toKmsCommand('enable-key', keyArn ?? 'KEY')}`,
    },
    KmsKeyDisabled: {
      severity: 'critical',
      message: (seen: ReportedIssues) =>
        `EKS reports KmsKeyDisabled${also(seen)}: the API server stops reading its data at its next restart. EKS recovers if the key is enabled within 30 days of its being disabled.`,
      fix: ({ keyArn }: ReportedIssues) =>
        `Within 30 days of its being disabled: ${toKmsCommand('enable-key', keyArn ?? 'KEY')}`,
    },
  },
  pass: 'EKS reports no issue with the cluster’s key; its report can lag three hours behind.',
  *evaluate({ read, peek }) {
    const cluster = read('cluster');
    const issues = getKeyIssues(cluster, peek('key.metadata'));
    const [worst] = issues.codes;
    if (worst) return yield { outcome: worst, evidence: issues };
    if (!getNamedKeyArn(cluster)) return yield { notApplicable: 'The cluster names no key of KMS.' };
    if (!cluster.health?.issues)
      return yield { unknown: 'failed', detail: 'EKS gave no health report with the cluster' };
  },
});
