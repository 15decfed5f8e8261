/** Copies of a cluster's state outside its chain: AWS Backup's recovery points, and the vaults that hold them. */
import { z } from 'zod';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

/** https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html */
const backupVault = z.object({
  name: z.string(),
  arn: z.string().optional(),
  /** Of DescribeBackupVault. */
  encryptionKeyArn: z.string().optional(),
  encryptionKeyType: z.string().optional(),
  /** Of that key, by DescribeKey: `AWS` or `CUSTOMER`. */
  keyManager: factOf(z.string()).optional(),
  /** The vault's access policy as it is; null where there is none. */
  policy: factOf(z.string().nullable()),
});
export type BackupVault = z.infer<typeof backupVault>;

export const clusterBackups = z.object({
  /** https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByResource.html */
  recoveryPoints: z.array(
    z.object({
      recoveryPointArn: z.string(),
      backupVaultName: z.string().optional(),
      status: z.string().optional(),
      creationDate: timestamp.optional(),
      encryptionKeyArn: z.string().optional(),
    }),
  ),
  /** The vaults that hold them, each once. */
  vaults: z.array(backupVault),
});
export type ClusterBackups = z.infer<typeof clusterBackups>;
