import { BackupClient } from '@aws-sdk/client-backup';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import { nightlyBackups, vault } from '../../../sandbox/fleets/backups.ts';
import { cluster, key } from '../../../sandbox/fleets/build.ts';
import type { SandboxBackups } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { createBackupReader } from '../../../shared/collect/backup/collect-backups.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';

const account = '111122223333';
const region = 'eu-central-1';
const site = { account, region, now: new Date('2026-11-24T12:00:00Z') };
const west = { ...site, region: 'eu-west-1' };
const credential = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
const { signal } = new AbortController();
const own = key(site, 'backup');
const managed = key(west, 'aws/backup', { metadata: { KeyManager: 'AWS' } });
const holding = vault(site, 'nightly', own.metadata.Arn);
const shop = `arn:aws:eks:${region}:${account}:cluster/shop`;

const open = async (backups: SandboxBackups | undefined, faults: Fault[] = []) => {
  const sandbox = await startSandbox(
    {
      accounts: [{ id: account, name: 'one', regions: [region, west.region], roles: [] }],
      credentials: [{ ...credential, account, arn: `arn:aws:iam::${account}:user/ci` }],
      clusters: ['shop', 'cart'].map((name) => cluster(site, name, { backups })),
      keys: [own, managed],
    },
    { faults },
  );
  onTestFinished(() => sandbox.close());
  const toConfig = (place: string) => ({
    endpoint: sandbox.endpoint,
    region: place,
    credentials: credential,
    maxAttempts: 1,
  });
  const read = createBackupReader(
    {
      partition: 'aws',
      account,
      region,
      openBackup: (place) => new BackupClient(toConfig(place)),
      openKms: (place) => new KMSClient(toConfig(place)),
    },
    signal,
  );
  return { read, counts: sandbox.requests.counts };
};

describe('createBackupReader', () => {
  it('asks once about a cluster that was never backed up', async () => {
    const { read, counts } = await open(undefined);
    expect(await read(shop)).toEqual({ value: { recoveryPoints: [], copies: [], vaults: [] }, missing: [] });
    expect(Object.fromEntries(counts)).toEqual({ 'backup:ListRecoveryPointsByResource': 1 });
  });

  it('tells the newest recovery point of each vault and key, and the vault with its key’s manager', async () => {
    const { read } = await open(nightlyBackups(site, 'shop', holding));
    const fact = await read(shop);
    expect(fact).toEqual({
      value: {
        recoveryPoints: [
          expect.objectContaining({
            recoveryPointArn: expect.stringContaining(':recovery-point:eks/shop-'),
            creationDate: '2026-11-23T12:00:00.000Z',
            encryptionKeyArn: own.metadata.Arn,
          }),
          expect.objectContaining({
            recoveryPointArn: expect.stringContaining(':recovery-point:composite:eks/shop-'),
            creationDate: '2026-11-23T12:00:00.000Z',
          }),
        ],
        copies: [],
        vaults: [
          {
            name: 'nightly',
            arn: holding.BackupVaultArn,
            encryptionKeyArn: own.metadata.Arn,
            keyManager: { value: 'CUSTOMER', missing: [] },
            policy: { value: null, missing: [] },
          },
        ],
      },
      missing: [],
    });
  });

  it('reads a vault that clusters share once', async () => {
    const { read, counts } = await open(nightlyBackups(site, 'shop', holding));
    await Promise.all([read(shop), read(shop.replace('shop', 'cart'))]);
    expect(Object.fromEntries(counts)).toEqual({
      'backup:ListRecoveryPointsByResource': 2,
      'backup:ListCopyJobs': 2,
      'backup:DescribeBackupVault': 1,
      'backup:GetBackupVaultAccessPolicy': 1,
      'kms:DescribeKey': 1,
    });
  });

  it('follows a copy into another Region of the account, and no further', async () => {
    const distant = vault(west, 'distant', managed.metadata.Arn, { Version: '2012-10-17', Statement: [] });
    const foreign = 'arn:aws:backup:eu-central-1:666677778888:backup-vault:theirs';
    const nightly = nightlyBackups(site, 'shop', holding, distant.BackupVaultArn);
    const { read } = await open({
      vaults: [holding, distant],
      points: nightly.points,
      copyJobs: [
        ...nightly.copyJobs,
        { State: 'COMPLETED', DestinationBackupVaultArn: foreign, CompletionDate: site.now },
        { State: 'FAILED', DestinationBackupVaultArn: foreign.replace('theirs', 'failed') },
      ],
    });
    const fact = await read(shop);
    expect(isKnown(fact) && fact.value.copies.map((copy) => copy.destinationBackupVaultArn)).toEqual([
      foreign,
      distant.BackupVaultArn,
    ]);
    expect(isKnown(fact) && fact.value.vaults).toEqual([
      expect.objectContaining({ name: 'nightly' }),
      {
        name: 'distant',
        arn: distant.BackupVaultArn,
        encryptionKeyArn: managed.metadata.Arn,
        keyManager: { value: 'AWS', missing: [] },
        policy: { value: '{"Version":"2012-10-17","Statement":[]}', missing: [] },
      },
    ]);
  });

  it('knows an AWS owned key without asking KMS', async () => {
    const { EncryptionKeyArn: _, ...rest } = holding;
    const airGapped = { ...rest, EncryptionKeyType: 'AWS_OWNED_KMS_KEY' as const };
    const { points } = nightlyBackups(site, 'shop', holding);
    const { read, counts } = await open({ vaults: [airGapped], points, copyJobs: [] });
    const fact = await read(shop);
    expect(isKnown(fact) && fact.value.vaults[0]?.encryptionKeyType).toBe('AWS_OWNED_KMS_KEY');
    expect(counts.get('kms:DescribeKey')).toBeUndefined();
  });

  it('is refused once for all clusters', async () => {
    const fault: Fault = { kind: 'access-denied', service: 'backup' };
    const { read, counts } = await open(nightlyBackups(site, 'shop', holding), [fault]);
    for (const arn of [shop, shop.replace('shop', 'cart')])
      expect(await read(arn)).toMatchObject({ unknown: 'access-denied' });
    expect(counts.get('backup:ListRecoveryPointsByResource')).toBe(1);
  });

  it('takes a cluster that AWS Backup has never heard of for one without backups', async () => {
    const fault: Fault = { kind: 'not-found', operation: 'ListRecoveryPointsByResource' };
    const { read } = await open(undefined, [fault]);
    expect(await read(shop)).toEqual({ value: { recoveryPoints: [], copies: [], vaults: [] }, missing: [] });
  });

  it.each<[string, string]>([
    ['DescribeBackupVault', 'keyManager'],
    ['DescribeKey', 'keyManager'],
    ['GetBackupVaultAccessPolicy', 'policy'],
  ])('keeps the vault where %s is refused, and says so of its %s', async (operation, name) => {
    const fault: Fault = { kind: 'access-denied', operation };
    const { read } = await open(nightlyBackups(site, 'shop', holding), [fault]);
    const fact = await read(shop);
    expect(isKnown(fact) && fact.value.vaults).toEqual([
      expect.objectContaining({
        name: 'nightly',
        [name]: expect.objectContaining({ unknown: 'access-denied' }),
      }),
    ]);
  });

  it('misses where copies went when that could not be read', async () => {
    const fault: Fault = { kind: 'throttle', operation: 'ListCopyJobs' };
    const { read } = await open(nightlyBackups(site, 'shop', holding), [fault]);
    const fact = await read(shop);
    expect(isKnown(fact) && fact.missing).toEqual([
      { what: expect.stringContaining('where backups were copied to'), reason: 'throttled' },
    ]);
  });
});
