/** What AWS Backup and KMS say of one vault of recovery points. */
import {
  type BackupClient,
  DescribeBackupVaultCommand,
  GetBackupVaultAccessPolicyCommand,
} from '@aws-sdk/client-backup';
import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import type { BackupVault } from '../../evidence/backup.ts';
import { type Fact, isKnown, toKnown } from '../../evidence/fact.ts';
import { keyMetadata } from '../../evidence/key.ts';
import { collectFact } from '../collect-fact.ts';

const described = z.object({
  EncryptionKeyArn: z.string().optional(),
  EncryptionKeyType: z.string().optional(),
});

/** A vault by its ARN, asked in its own Region, with who manages its key. */
export const collectVault = async (
  client: BackupClient,
  kms: KMSClient,
  { name, arn }: Pick<BackupVault, 'name' | 'arn'>,
  abortSignal: AbortSignal,
): Promise<BackupVault> => {
  const [description, policy] = await Promise.all([
    collectFact(async () =>
      described.parse(
        await client.send(new DescribeBackupVaultCommand({ BackupVaultName: name }), { abortSignal }),
      ),
    ),
    collectPolicy(client, name, abortSignal),
  ]);
  if (!isKnown(description)) return { name, arn, keyManager: description, policy };
  const { EncryptionKeyArn: encryptionKeyArn, EncryptionKeyType: encryptionKeyType } = description.value;
  const keyManager = encryptionKeyArn
    ? await collectFact(async () => {
        const command = new DescribeKeyCommand({ KeyId: encryptionKeyArn });
        const { KeyMetadata } = await kms.send(command, { abortSignal });
        return z.string().parse(keyMetadata.parse(KeyMetadata).KeyManager);
      })
    : undefined;
  return {
    name,
    arn,
    policy,
    ...(encryptionKeyArn ? { encryptionKeyArn } : {}),
    ...(encryptionKeyType ? { encryptionKeyType } : {}),
    ...(keyManager ? { keyManager } : {}),
  };
};

/** A vault without a policy has none to be found. */
const collectPolicy = async (
  client: BackupClient,
  name: string,
  abortSignal: AbortSignal,
): Promise<BackupVault['policy']> => {
  const policy: Fact<string | null> = await collectFact(async () => {
    const command = new GetBackupVaultAccessPolicyCommand({ BackupVaultName: name });
    return (await client.send(command, { abortSignal })).Policy ?? null;
  });
  return !isKnown(policy) && policy.unknown === 'not-found' ? toKnown(null) : policy;
};
