/** Whom EKS lets in, asked of an EKS that somebody else wrote. Its AWS Backup keeps vaults and lists no backups. */
import { BackupClient, CreateBackupVaultCommand } from '@aws-sdk/client-backup';
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  CreateClusterCommand,
  CreatePodIdentityAssociationCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackupReader } from '../../shared/collect/backup/collect-backups.ts';
import { collectVault } from '../../shared/collect/backup/collect-vault.ts';
import { collectAccessEntries } from '../../shared/collect/eks/collect-access-entries.ts';
import { collectPodIdentity } from '../../shared/collect/eks/collect-pod-identity.ts';
import { toRoot } from './service.ts';

const account = '555555555555';
const region = 'eu-central-1';
const config = {
  endpoint: z.url().parse(process.env.MINISTACK_ENDPOINT),
  region,
  credentials: toRoot(account),
};
const eks = new EKSClient(config);
const backup = new BackupClient(config);
const kms = new KMSClient(config);
const { signal } = new AbortController();
const clusterName = 'entered';
const principalArn = 'arn:aws:iam::666677778888:role/consultant';
const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const roleArn = `arn:aws:iam::${account}:role/cart`;
let keyArn: string;

/** The emulator takes only roles that exist. */
const createRole = (RoleName: string, Service: string) =>
  new IAMClient(config).send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
        ],
      }),
    }),
  );

beforeAll(async () => {
  await createRole('entered-cluster', 'eks.amazonaws.com');
  await createRole('cart', 'pods.eks.amazonaws.com');
  await eks.send(
    new CreateClusterCommand({
      name: clusterName,
      roleArn: `arn:aws:iam::${account}:role/entered-cluster`,
      resourcesVpcConfig: {},
      accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false },
    }),
  );
  await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, kubernetesGroups: ['viewers'] }));
  await eks.send(
    new AssociateAccessPolicyCommand({
      clusterName,
      principalArn,
      policyArn,
      accessScope: { type: 'cluster' },
    }),
  );
  const association = { clusterName, namespace: 'shop', serviceAccount: 'cart', roleArn };
  await eks.send(new CreatePodIdentityAssociationCommand(association));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  keyArn = KeyMetadata?.Arn ?? '';
  await backup.send(new CreateBackupVaultCommand({ BackupVaultName: 'nightly', EncryptionKeyArn: keyArn }));
}, 60_000);

it('Access entries come with their policies, and described with their groups', async () => {
  const asked = { clusterName, authenticationMode: 'API', isDescribed: true };
  expect(await collectAccessEntries(eks, asked, signal)).toMatchObject({
    value: [
      {
        principalArn,
        kubernetesGroups: ['viewers'],
        type: 'STANDARD',
        accessPolicies: [{ policyArn, accessScope: { type: 'cluster' } }],
      },
    ],
    missing: [],
  });
});

it('Pod Identity associations come with their roles', async () => {
  expect(await collectPodIdentity(eks, clusterName, signal)).toMatchObject({
    value: [{ namespace: 'shop', serviceAccount: 'cart', roleArn }],
    missing: [],
  });
});

it('A cluster that was never backed up has no backups', async () => {
  const place = { partition: 'aws', account, region, openBackup: () => backup, openKms: () => kms };
  const arn = `arn:aws:eks:${region}:${account}:cluster/${clusterName}`;
  expect(await createBackupReader(place, signal)(arn)).toEqual({
    value: { recoveryPoints: [], copies: [], vaults: [] },
    missing: [],
  });
});

it('A vault comes with its key, and with who manages that, and without a policy', async () => {
  const arn = `arn:aws:backup:${region}:${account}:backup-vault:nightly`;
  expect(await collectVault(backup, kms, { name: 'nightly', arn }, signal)).toMatchObject({
    encryptionKeyArn: keyArn,
    keyManager: { value: 'CUSTOMER' },
    policy: { value: null },
  });
});
