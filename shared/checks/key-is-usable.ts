/**
 * Claims that KMS holds the cluster's key enabled. Does not claim that EKS is let use it: that is its grant's
 * matter (cluster-grant-is-in-place).
 */
import { isKnown } from '../evidence/fact.ts';
import type { KeyMetadata } from '../evidence/key.ts';
import { toKmsCommand } from '../evidence/key-reference.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { defineCheck } from './check.ts';

interface Unusable {
  key: string;
  keyState: string;
}

/** What an API server does without its key: https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html */
const stopsAtRestart =
  'The API server works on with the data key it has in memory and stops reading its data at its next restart';

const toRevive = ({ key }: { key: string }) =>
  `${toKmsCommand('cancel-key-deletion', key)}, then ${toKmsCommand('enable-key', key)}`;

const toDeletion = ({ DeletionDate }: KeyMetadata, collectedAt: string) =>
  DeletionDate
    ? {
        deletionDate: DeletionDate,
        daysLeft: Math.max(0, Math.floor(toDaysBetween(collectedAt, DeletionDate))),
      }
    : { deletionDate: null, daysLeft: null };

export const keyIsUsable = defineCheck({
  id: 'key-is-usable',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: null,
  facts: ['cluster', 'key.metadata'],
  title: 'The key exists and is enabled',
  rationale:
    'All API data of the cluster opens with this key alone. A disabled key stops the cluster at its next restart; a deleted one loses the cluster for good: it can then not even be deleted in order.',
  remediation: {
    text: 'Disabled: aws kms enable-key --key-id KEY. Pending deletion: aws kms cancel-key-deletion --key-id KEY, then enable-key. Pending import: import the same key material again. Unavailable: connect its custom key store. Use the key’s own account and Region.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-scheduling-key-deletion.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  ],
  frameworks: {
    'AWS Security Hub': ['KMS.3'],
    'AWS Config': ['kms-cmk-not-scheduled-for-deletion'],
    'NIST 800-53': ['SC-12', 'SC-12(2)'],
    Prowler: ['kms_cmk_not_deleted_unintentionally'],
  },
  outcomes: {
    notFound: {
      severity: 'critical',
      message: ({ key }: { key: string }) =>
        `KMS has no key ${key}, though the cluster names it. ${stopsAtRestart}; AWS offers no recovery.`,
      fix: () =>
        'Save what the API server still answers with (kubectl get, Velero) and rebuild the cluster, before anything restarts it.',
    },
    pendingDeletion: {
      severity: 'critical',
      message: ({
        key,
        deletionDate,
        daysLeft,
      }: Unusable & { deletionDate: string | null; daysLeft: number | null }) =>
        `Key ${key} is disabled and will be deleted ${deletionDate ? `on ${deletionDate.slice(0, 10)} (whole days left: ${daysLeft})` : 'at a date that KMS did not give'}; then the cluster cannot be recovered. ${stopsAtRestart} even before. Until then the deletion can be cancelled and the key enabled.`,
      fix: toRevive,
    },
    pendingReplicaDeletion: {
      severity: 'critical',
      message: ({ key, waitingDays }: Unusable & { waitingDays: number | null }) =>
        `Multi-Region key ${key} is disabled and on its way to deletion: once its last replica is gone ${waitingDays === null ? 'the waiting period' : `a waiting period of ${waitingDays} days`} begins, and at its end the cluster cannot be recovered. ${stopsAtRestart}. Until then the deletion can be cancelled and the key enabled.`,
      fix: toRevive,
    },
    disabled: {
      severity: 'critical',
      message: ({ key }: Unusable) =>
        `Key ${key} is disabled. ${stopsAtRestart}; EKS recovers if the key is enabled within 30 days of its being disabled.`,
      fix: ({ key }: Unusable) => toKmsCommand('enable-key', key),
    },
    pendingImport: {
      severity: 'critical',
      message: ({ key }: Unusable) =>
        `Key ${key} holds no key material: it expired, was deleted, or was never imported. ${stopsAtRestart}. Only importing the very same material again brings the key back.`,
      fix: ({ key }: Unusable) =>
        `Import the very same material again: ${toKmsCommand('import-key-material', key)} …`,
    },
    unavailable: {
      severity: 'critical',
      message: ({ key }: Unusable) =>
        `KMS cannot reach the custom key store that holds key ${key}. ${stopsAtRestart}. Connect the key store.`,
      fix: () =>
        'aws kms connect-custom-key-store --custom-key-store-id STORE, in the key’s own account and Region.',
    },
    notEnabled: {
      severity: 'critical',
      message: ({ key, keyState }: Unusable) =>
        `Key ${key} is in state ${keyState}, not Enabled. ${stopsAtRestart}.`,
    },
  },
  pass: 'The key exists and is enabled.',
  *evaluate({ read, peek, key: { arn }, collectedAt }) {
    const cluster = peek('cluster');
    if (isKnown(cluster) && cluster.value.status === 'FAILED')
      return yield { notApplicable: 'The cluster is FAILED: it was never made, and has no data to lose.' };
    const described = peek('key.metadata');
    // KMS says so only within the key's own account; elsewhere a key that is gone reads as access denied.
    if ('unknown' in described && described.unknown === 'not-found')
      return yield { outcome: 'notFound', evidence: { key: arn } };

    const key = read('key.metadata');
    const keyState = key.KeyState;
    const evidence = { key: key.Arn, keyState: keyState ?? '' };
    switch (keyState) {
      case 'Enabled':
        return;
      case undefined:
      case 'Creating':
      case 'Updating':
        return yield {
          unknown: 'failed',
          detail: `key ${key.Arn} is in state ${keyState ?? 'unsaid'}: look again`,
        };
      case 'PendingDeletion':
        return yield {
          outcome: 'pendingDeletion',
          evidence: { ...evidence, ...toDeletion(key, collectedAt) },
        };
      case 'PendingReplicaDeletion': {
        const waitingDays = key.PendingDeletionWindowInDays ?? null;
        return yield { outcome: 'pendingReplicaDeletion', evidence: { ...evidence, waitingDays } };
      }
      case 'Disabled':
        return yield { outcome: 'disabled', evidence };
      case 'PendingImport':
        return yield { outcome: 'pendingImport', evidence };
      case 'Unavailable':
        return yield { outcome: 'unavailable', evidence };
      default:
        return yield { outcome: 'notEnabled', evidence };
    }
  },
});
