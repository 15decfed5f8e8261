/**
 * Claims that the cluster is configured with a customer managed KMS key, the one that seals its Secrets. Does not
 * claim that the key works (key-is-usable), nor that a cluster without one keeps anything in plain text: from
 * Kubernetes 1.28 on EKS seals all API data of every cluster, then with a key that AWS owns.
 */
import { getIneligibility, getNamedKeyArn, isEncryptedByDefault } from '../evidence/cluster.ts';
import { defineCheck } from './check.ts';

interface NoCustomerKey {
  version: string;
}

export const secretsUseCustomerKey = defineCheck({
  id: 'secrets-use-customer-key',
  kind: 'state',
  link: 1,
  scope: 'cluster',
  subject: null,
  facts: ['cluster', 'key.metadata'],
  title: 'Secrets are sealed with a customer managed key',
  rationale:
    'Only a customer managed key has a policy that you write, a trail of who used it, and an off switch. A key that AWS owns has none of these; below Kubernetes 1.28, no key at all envelope-encrypts Secrets.',
  remediation: {
    text: 'Name a customer managed key when the cluster is created. For an existing cluster the API accepts aws eks associate-encryption-config, but the procedure AWS documents stops at Kubernetes 1.27: try it on a throw-away cluster first. It cannot be undone, and the key can never be changed. Below 1.28, rewrite every Secret afterwards.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html'],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['5.3.1'],
    'AWS Security Hub': ['EKS.3'],
    'AWS Config': ['eks-cluster-secrets-encrypted', 'eks-secrets-encrypted'],
    'NIST 800-53': ['SC-12', 'SC-13', 'SC-28'],
    'PCI DSS 4': ['3.6'],
    Prowler: ['eks_cluster_kms_cmk_encryption_in_secrets_enabled'],
  },
  outcomes: {
    notEnveloped: {
      severity: 'high',
      message: ({ version }: NoCustomerKey) =>
        `The cluster runs Kubernetes ${version} and names no KMS key, so its Secrets are not envelope-encrypted: only the disks of etcd are. Whoever reads etcd or a copy of it reads them.`,
    },
    awsOwnedKey: {
      severity: 'medium',
      message: ({ version }: NoCustomerKey) =>
        `The cluster names no KMS key. On Kubernetes ${version} EKS encrypts its Secrets all the same, with a key that AWS owns: no key policy, no audit trail and no revocation of your own.`,
    },
    awsManagedKey: {
      severity: 'medium',
      message: ({ key, version }: NoCustomerKey & { key: string }) =>
        `The cluster (Kubernetes ${version}) names the AWS managed key ${key}: its policy is AWS's, so you can neither limit who uses it nor revoke it.`,
    },
    awsManagedKeyBelow128: {
      severity: 'high',
      message: ({ key, version }: NoCustomerKey & { key: string }) =>
        `The cluster (Kubernetes ${version}) names the AWS managed key ${key}: its policy is AWS's, so you can neither limit who uses it nor revoke it, and no other key envelope-encrypts its Secrets.`,
    },
  },
  pass: 'The cluster names a customer managed key for its Secrets.',
  *evaluate({ read }) {
    const cluster = read('cluster');
    const ineligible = getIneligibility(cluster);
    if (ineligible) return yield { notApplicable: ineligible };

    // encryptionConfig.resources decides nothing any more (deprecated 2025-03-05): the key alone counts.
    const isNamed = getNamedKeyArn(cluster) !== undefined;
    const key = isNamed ? read('key.metadata') : undefined;
    if (key?.KeyManager === 'CUSTOMER') return;
    if (key && key.KeyManager !== 'AWS')
      return yield { unknown: 'failed', detail: `KMS did not say who manages ${key.Arn}` };

    const version = cluster.version ?? '';
    const isSealed = isEncryptedByDefault(version);
    if (isSealed === undefined)
      return yield {
        unknown: 'failed',
        detail: `EKS gave no Kubernetes version that can be read ("${version}")`,
      };
    if (key) {
      const outcome = isSealed ? 'awsManagedKey' : 'awsManagedKeyBelow128';
      return yield { outcome, evidence: { key: key.Arn, version } };
    }
    return yield { outcome: isSealed ? 'awsOwnedKey' : 'notEnveloped', evidence: { version } };
  },
});
