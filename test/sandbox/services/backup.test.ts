import {
  BackupClient,
  DescribeBackupVaultCommand,
  GetBackupVaultAccessPolicyCommand,
  ListCopyJobsCommand,
  ListRecoveryPointsByResourceCommand,
  paginateListRecoveryPointsByResource,
} from '@aws-sdk/client-backup';
import { expect, it, onTestFinished } from 'vitest';
import { nightlyBackups, vault } from '../../../sandbox/fleets/backups.ts';
import { cluster } from '../../../sandbox/fleets/build.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectPages } from '../serve.ts';

const account = '111122223333';
const region = 'eu-central-1';
const site = { account, region, now: new Date('2026-11-24T12:00:00Z') };
const credentials = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd`;
const copiedTo = 'arn:aws:backup:eu-west-1:444455556666:backup-vault:far';
const policy = { Version: '2012-10-17', Statement: [] };
const shop = cluster(site, 'shop', {
  backups: nightlyBackups(site, 'shop', vault(site, 'nightly', keyArn, policy), copiedTo),
});

const open = async (inRegion = region) => {
  const sandbox = await startSandbox({
    accounts: [{ id: account, name: 'one', regions: [region, 'eu-west-1'], roles: [] }],
    credentials: [{ ...credentials, account, arn: `arn:aws:iam::${account}:user/ci` }],
    clusters: [shop, cluster(site, 'bare')],
    keys: [],
  });
  onTestFinished(() => sandbox.close());
  return new BackupClient({ endpoint: sandbox.endpoint, region: inRegion, credentials, maxAttempts: 1 });
};

it('The recovery points of a cluster come in pages, with their dates, and with their parents', async () => {
  const client = await open();
  const pages = await collectPages(
    paginateListRecoveryPointsByResource({ client, pageSize: 4 }, { ResourceArn: shop.arn }),
  );
  const points = pages.flatMap(({ RecoveryPoints = [] }) => RecoveryPoints);
  expect(pages.map(({ RecoveryPoints }) => RecoveryPoints?.length)).toEqual([4, 2]);
  expect(points[0]?.CreationDate?.toISOString()).toBe('2026-11-23T12:00:00.000Z');
  expect(points[1]).toMatchObject({
    ParentRecoveryPointArn: points[0]?.RecoveryPointArn,
    EncryptionKeyArn: keyArn,
  });
});

it('A cluster that was never backed up has none, nor has one of another Region', async () => {
  const ask = async (inRegion: string, ResourceArn: string) =>
    (await (await open(inRegion)).send(new ListRecoveryPointsByResourceCommand({ ResourceArn })))
      .RecoveryPoints;
  expect(await ask(region, shop.arn.replace('shop', 'bare'))).toEqual([]);
  expect(await ask('eu-west-1', shop.arn)).toEqual([]);
});

it('Copies are told by resource and state', async () => {
  const client = await open();
  const ask = async (ByState: 'COMPLETED' | 'FAILED') =>
    (await client.send(new ListCopyJobsCommand({ ByResourceArn: shop.arn, ByState }))).CopyJobs;
  expect(await ask('COMPLETED')).toMatchObject([{ DestinationBackupVaultArn: copiedTo }]);
  expect(await ask('FAILED')).toEqual([]);
});

it('A vault tells its key and its policy, in its own Region alone', async () => {
  const BackupVaultName = 'nightly';
  const client = await open();
  const described = await client.send(new DescribeBackupVaultCommand({ BackupVaultName }));
  expect(described).toMatchObject({ EncryptionKeyArn: keyArn });
  const { Policy } = await client.send(new GetBackupVaultAccessPolicyCommand({ BackupVaultName }));
  expect(JSON.parse(Policy ?? '')).toEqual(policy);
  const elsewhere = (await open('eu-west-1')).send(new DescribeBackupVaultCommand({ BackupVaultName }));
  await expect(elsewhere).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
