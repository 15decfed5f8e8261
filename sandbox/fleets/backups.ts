/** AWS Backup's copies of clusters: https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html */
import type { Site } from './build.ts';
import type { SandboxBackups, SandboxVault } from './fleet.ts';
import { daysBefore } from './names.ts';

/** A vault of an account and Region. */
export const vault = (
  { account, region }: Site,
  name: string,
  keyArn: string,
  policy?: SandboxVault['policy'],
): SandboxVault => ({
  BackupVaultName: name,
  BackupVaultArn: `arn:aws:backup:${region}:${account}:backup-vault:${name}`,
  EncryptionKeyArn: keyArn,
  ...(policy ? { policy } : {}),
});

/** Three nights of a cluster in one vault: each a composite recovery point with the cluster's state as its child. */
export const nightlyBackups = (
  { account, region, now }: Site,
  cluster: string,
  holding: SandboxVault,
  copiedTo?: string,
): SandboxBackups => {
  const toArn = (kind: string, days: number) =>
    `arn:aws:backup:${region}:${account}:recovery-point:${kind}eks/${cluster}-${daysBefore(now, days).getTime()}`;
  const shared = { BackupVaultName: holding.BackupVaultName, Status: 'COMPLETED' as const };
  const points = [1, 2, 3].flatMap((days) => {
    const parent = toArn('composite:', days);
    const CreationDate = daysBefore(now, days);
    return [
      { ...shared, RecoveryPointArn: parent, CreationDate, IsParent: true },
      {
        ...shared,
        RecoveryPointArn: toArn('', days),
        CreationDate,
        EncryptionKeyArn: holding.EncryptionKeyArn,
        IsParent: false,
        ParentRecoveryPointArn: parent,
      },
    ];
  });
  const job = {
    State: 'COMPLETED' as const,
    SourceBackupVaultArn: holding.BackupVaultArn,
    DestinationBackupVaultArn: copiedTo,
    CompletionDate: daysBefore(now, 1),
  };
  return { vaults: [holding], points, copyJobs: copiedTo === undefined ? [] : [job] };
};
