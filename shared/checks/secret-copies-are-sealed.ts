/**
 * Claims that AWS Backup's copies of the cluster's state lie in vaults under customer managed keys that are not an
 * outsider's, that none was sent outside, and where the cluster was read from within the same of Velero's buckets. Does
 * not claim anything of copies that nobody can list: of single Secrets, of volumes, of jobs that AWS Backup has
 * forgotten, of a vault that is shared by AWS RAM.
 */
import { type AccountZone, classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import type { BackupVault, ClusterBackups } from '../evidence/backup.ts';
import { getGap, isKnown, toUnknown } from '../evidence/fact.ts';
import { isInS3 } from '../evidence/kubernetes/backup-location.ts';
import { PolicyError } from '../policy/policy-error.ts';
import { toMoment } from './activity/words.ts';
import { findNamedOutsiders } from './backup/vault-policy.ts';
import { toVeleroBuckets } from './backup/velero-buckets.ts';
import { defineCheck } from './check.ts';

interface Vault {
  vault: string;
  key: string | null;
  /** Whom from outside the vault's policy names. */
  named: string[];
  /** When the newest of the cluster's backups in it was made. */
  newest: string | null;
}
interface Copy {
  vault: string;
  account: string;
  completed: string | null;
}
interface Bucket {
  bucket: string;
  locations: string[];
  key: string | null;
}

const holds = 'holds every Secret of the cluster';

/** AWS Backup lets other accounts do no more: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html */
const toPolicyWords = (named: string[]): string =>
  `Its access policy names ${named.join(', ')}, from outside the organisation: AWS Backup as it is lets another account do no more than copy backups into it.`;

const toVaultMessage =
  (why: (vault: Vault) => string) =>
  (vault: Vault): string =>
    `Backup vault ${vault.vault} ${holds}${vault.newest ? ` as of ${toMoment(vault.newest)}` : ''} ${why(vault)}.${vault.named.length > 0 ? ` ${toPolicyWords(vault.named)}` : ''}`;

/** When the newest of the cluster's backups came into a vault. */
const toNewest = ({ recoveryPoints, copies }: ClusterBackups, { name, arn }: BackupVault, region: string) =>
  [
    ...(parseArn(arn)?.region === region
      ? recoveryPoints.filter((point) => point.backupVaultName === name).map((point) => point.creationDate)
      : []),
    ...copies.filter((copy) => copy.destinationBackupVaultArn === arn).map((copy) => copy.completionDate),
  ]
    .flatMap((moment) => moment ?? [])
    .sort()
    .at(-1) ?? null;

export const secretCopiesAreSealed = defineCheck({
  id: 'secret-copies-are-sealed',
  kind: 'state',
  link: 5,
  scope: 'cluster',
  subject: 'vault',
  facts: ['cluster.backups', 'cluster', 'organization', 'kubernetes.backupLocations'],
  title: 'Backups of the cluster are sealed with your own keys and stay inside',
  rationale:
    'A backup of the cluster’s state is a second copy of every Secret, outside the chain that guards the first: the cluster’s key does not seal it, and its policy says nothing of who may restore it. Under a key that AWS manages nobody can be shut out by a key policy, nor the copy be revoked.',
  remediation: {
    text: 'Back the cluster up into a vault under a customer managed key of your own, and delete the old recovery points: the key of a vault and of what lies in it cannot be changed.',
    url: 'https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html',
  },
  references: [
    'https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html',
    'https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html',
    'https://velero.io/docs/main/api-types/backupstoragelocation/',
  ],
  frameworks: { 'NIST 800-53': ['CP-9', 'SC-12', 'SC-28'], 'PCI DSS 4': ['3.6', '9.4'] },
  outcomes: {
    vaultKeyIsAws: {
      severity: 'high',
      message: toVaultMessage(({ key }) =>
        key ? `under ${key}, a key that AWS manages` : 'under a key that AWS owns',
      ),
    },
    vaultKeyIsOutside: {
      severity: 'high',
      message: toVaultMessage(({ key }) => `under ${key}, a key of an outside account`),
    },
    vaultPolicyNamesOutsider: {
      severity: 'low',
      message: ({ vault, named }: Vault) => `Backup vault ${vault} ${holds}. ${toPolicyWords(named)}`,
      fix: ({ named }: Vault) =>
        `Take the statement that names ${named.join(', ')} out of the vault’s access policy, or name the account in trustedAccounts.`,
    },
    copiedOutside: {
      severity: 'high',
      message: ({ vault, account, completed }: Copy) =>
        `A backup that ${holds} was copied${completed ? ` at ${toMoment(completed)}` : ''} into ${vault}, of account ${account}, which is neither in the organisation nor trusted.`,
      fix: ({ account }: Copy) =>
        `Have the copies in account ${account} deleted, take the copy action out of the backup plan, and renew every Secret of the cluster; or name the account in trustedAccounts.`,
    },
    bucketKeyIsNotCustomers: {
      severity: 'high',
      message: ({ bucket, locations, key }: Bucket) =>
        `Velero keeps its backups (${locations.join(', ')}) in bucket ${bucket} under ${key ? `${key}, a key that AWS manages` : 'no key of KMS that the bucket or the location names'}: whoever may read the bucket reads every Secret that they hold.`,
      fix: ({ bucket, locations }: Bucket) =>
        `Give bucket ${bucket} a customer managed key by default encryption (aws:kms) and take spec.config.serverSideEncryption away, if it is there, or set spec.config.kmsKeyId of ${locations.join(', ')}; then let Velero back up anew and delete the old backups.`,
    },
    bucketKeyIsOutside: {
      severity: 'high',
      message: ({ bucket, locations, key }: Bucket) =>
        `Velero keeps its backups (${locations.join(', ')}) in bucket ${bucket} under ${key}, a key of an outside account.`,
    },
  },
  pass: 'What could be listed of the cluster’s backups lies under customer managed keys, and none was sent outside.',
  *evaluate({ read, peek, isAsked, cluster }, settings) {
    read('cluster');
    const backups = peek('cluster.backups');
    const locations = isAsked('kubernetes.backupLocations') ? peek('kubernetes.backupLocations') : undefined;
    const isEmpty = isKnown(backups) && !getGap(backups) && backups.value.recoveryPoints.length === 0;
    const isWithoutVelero =
      !locations || (isKnown(locations) && !getGap(locations) && locations.value.length === 0);
    if (isEmpty && isWithoutVelero)
      return yield {
        notApplicable: locations
          ? 'Neither AWS Backup nor Velero backs the cluster up.'
          : 'AWS Backup holds no backup of the cluster.',
      };
    const organization = peek('organization');
    const classify = (account: string): AccountZone =>
      classifyAccount(account, { ownAccount: cluster.account, organization, settings });
    const zoneOfKey = (key: string): AccountZone => {
      const account = parseArn(key)?.account;
      return account ? classify(account) : 'inside';
    };

    const found = locations && isKnown(locations) ? locations.value : [];
    for (const { bucket, locations: names, sealing } of toVeleroBuckets(found)) {
      const subject = `s3://${bucket}`;
      if ('unknown' in sealing) {
        const detail = `how bucket ${bucket} of Velero’s backups is encrypted: ${sealing.detail}`;
        yield { unknown: sealing.unknown, detail };
        continue;
      }
      const evidence = { bucket, locations: names, key: sealing.key };
      const zone = zoneOfKey(sealing.key ?? '');
      if (!sealing.isCustomers) yield { outcome: 'bucketKeyIsNotCustomers', subject, evidence };
      else if (zone === 'outside') yield { outcome: 'bucketKeyIsOutside', subject, evidence };
      else if (zone !== 'inside') yield { unknown: zone.unknown, detail: `bucket ${bucket}: ${zone.detail}` };
    }
    for (const { namespace, name, provider = 'none', otherHost } of found.filter((one) => !isInS3(one)))
      yield {
        unknown: 'unsupported',
        detail: `Velero’s storage location ${namespace}/${name} is not in S3 (provider ${provider}${otherHost === undefined ? '' : `, at ${otherHost}`})`,
      };
    if (locations && getGap(locations)) read('kubernetes.backupLocations');

    const known = read('cluster.backups');
    for (const { destinationBackupVaultArn: vault, completionDate } of known.copies) {
      const account = parseArn(vault)?.account ?? '';
      const zone = classify(account);
      if (zone === 'outside')
        yield {
          outcome: 'copiedOutside',
          subject: vault,
          evidence: { vault, account, completed: completionDate ?? null },
        };
      else if (zone !== 'inside')
        yield { unknown: zone.unknown, detail: `a copy in ${vault}: ${zone.detail}` };
    }

    const { id } = isKnown(organization) ? organization.value : {};
    for (const one of known.vaults) {
      const { arn: vault, encryptionKeyArn, encryptionKeyType, keyManager, policy } = one;
      const key = encryptionKeyArn ?? null;
      let named: string[] = [];
      if (!isKnown(policy))
        yield { unknown: policy.unknown, detail: `the access policy of ${vault}: ${policy.detail}` };
      else if (policy.value !== null)
        try {
          const points = known.recoveryPoints.map((point) => point.recoveryPointArn);
          named = findNamedOutsiders(
            policy.value,
            [vault, ...points],
            classify,
            settings.organizationId ?? id,
          );
        } catch (error) {
          if (!(error instanceof PolicyError)) throw error;
          yield { unknown: 'failed', detail: `the access policy of ${vault}: ${error.message}` };
        }
      const evidence = { vault, key, named, newest: toNewest(known, one, cluster.region) };
      const zone = zoneOfKey(key ?? '');
      if (encryptionKeyType === 'AWS_OWNED_KMS_KEY')
        yield { outcome: 'vaultKeyIsAws', subject: vault, evidence: { ...evidence, key: null } };
      else if (zone === 'outside') yield { outcome: 'vaultKeyIsOutside', subject: vault, evidence };
      else if (keyManager && isKnown(keyManager) && keyManager.value === 'AWS')
        yield { outcome: 'vaultKeyIsAws', subject: vault, evidence };
      else {
        if (named.length > 0) yield { outcome: 'vaultPolicyNamesOutsider', subject: vault, evidence };
        const gap = keyManager ? getGap(keyManager) : toUnknown('failed', 'it tells none');
        if (gap) yield { unknown: gap.unknown, detail: `the key of ${vault}: ${gap.detail}` };
        else if (zone !== 'inside')
          yield { unknown: zone.unknown, detail: `the key of ${vault}: ${zone.detail}` };
      }
    }
  },
});
