/** Copies of a cluster's state outside its chain: AWS Backup's recovery points, and the vaults that hold them. */
import { z } from 'zod';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

/** https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html */
const backupVault = z.object({
  name: z.string(),
  /** Tells its Region: a copy may lie in another one. */
  arn: z.string(),
  /** Of DescribeBackupVault; absent where that failed, which keyManager then says. */
  encryptionKeyArn: z.string().optional(),
  /** `AWS_OWNED_KMS_KEY` where there is no key in anybody's account. */
  encryptionKeyType: z.string().optional(),
  /** Of that key, by DescribeKey: `AWS` or `CUSTOMER`. Absent for an AWS owned key. */
  keyManager: factOf(z.string()).optional(),
  /** The vault's access policy as it is; null where there is none. */
  policy: factOf(z.string().nullable()),
});
export type BackupVault = z.infer<typeof backupVault>;

export const clusterBackups = z.object({
  /**
   * Of each vault and key the newest: a year of nightly backups is hundreds.
   * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByResource.html
   */
  recoveryPoints: z.array(
    z.object({
      recoveryPointArn: z.string(),
      backupVaultName: z.string().optional(),
      status: z.string().optional(),
      creationDate: timestamp.optional(),
      encryptionKeyArn: z.string().optional(),
    }),
  ),
  /** Where copies of them were sent, as far as AWS Backup still lists the jobs; of each vault the newest. */
  copies: z.array(
    z.object({
      /** https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CopyJob.html */
      destinationBackupVaultArn: z.string(),
      completionDate: timestamp.optional(),
    }),
  ),
  /** The vaults of the cluster's account that hold any of them, in every Region, each once. */
  vaults: z.array(backupVault),
});
export type ClusterBackups = z.infer<typeof clusterBackups>;
