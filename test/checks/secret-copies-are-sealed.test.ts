import { describe, expect, it } from 'vitest';
import type { Subject } from '../../shared/checks/check.ts';
import { secretCopiesAreSealed } from '../../shared/checks/secret-copies-are-sealed.ts';
import type { BackupVault, ClusterBackups } from '../../shared/evidence/backup.ts';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import type { BackupLocation } from '../../shared/evidence/kubernetes/backup-location.ts';
import { account, denied, type Given, saysDenied } from './cases.ts';
import { judgeWith } from './cluster-facts.ts';

const region = 'eu-west-1';
const partner = '666677778888';
const key = `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const arn = `arn:aws:backup:${region}:${account}:backup-vault:nightly`;
const theirs = `arn:aws:backup:${region}:${partner}:backup-vault:theirs`;
const point = `arn:aws:backup:${region}:${account}:recovery-point:composite:eks/shop-1`;

const toPolicy = (...statements: object[]) =>
  toKnown(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
const vault = (more: Partial<BackupVault> = {}): BackupVault => ({
  name: 'nightly',
  arn,
  encryptionKeyArn: key,
  keyManager: toKnown('CUSTOMER'),
  policy: toKnown(null),
  ...more,
});
const backups = (more: Partial<ClusterBackups> = {}): ClusterBackups => ({
  recoveryPoints: [
    {
      recoveryPointArn: point,
      backupVaultName: 'nightly',
      status: 'COMPLETED',
      creationDate: '2026-11-23T05:00:00.000Z',
    },
  ],
  copies: [],
  vaults: [vault()],
  ...more,
});
const never: ClusterBackups = { recoveryPoints: [], copies: [], vaults: [] };
const velero = (more: Partial<BackupLocation> = {}): BackupLocation => ({
  namespace: 'velero',
  name: 'default',
  provider: 'aws',
  bucket: 'shop-backups',
  bucketEncryption: toKnown({ sseAlgorithm: 'aws:kms', kmsMasterKeyId: key }),
  ...more,
});

const tell = (told: ClusterBackups, facts: Subject['facts'] = {}, given: Given = {}) =>
  judgeWith(secretCopiesAreSealed, { 'cluster.backups': toKnown(told), ...facts }, given);
const tellVault = (more: Partial<BackupVault>, given: Given = {}) =>
  tell(backups({ vaults: [vault(more)] }), {}, given);
const tellVelero = (locations: BackupLocation[], given: Given = {}) =>
  tell(never, { 'kubernetes.backupLocations': toKnown(locations) }, given);

const allow = (principal: string, action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: action,
  Resource: '*',
  ...more,
});
const outsider = `arn:aws:iam::${partner}:root`;

describe('secret-copies-are-sealed', () => {
  it('does not apply where there is no backup', () => {
    expect(tell(never)).toMatchObject([
      { status: 'not-applicable', message: 'AWS Backup holds no backup of the cluster.' },
    ]);
    expect(tellVelero([])).toMatchObject([
      { status: 'not-applicable', message: 'Neither AWS Backup nor Velero backs the cluster up.' },
    ]);
  });

  it.each<[string, ClusterBackups, Given?]>([
    ['a vault under a customer managed key', backups()],
    [
      'a vault whose policy is about its own account',
      backups({
        vaults: [
          vault({
            policy: toPolicy(allow(`arn:aws:iam::${account}:role/restore`, 'backup:StartRestoreJob')),
          }),
        ],
      }),
    ],
    [
      'a vault that the whole organisation may copy into',
      backups({
        vaults: [
          vault({
            policy: toPolicy(
              allow('*', 'backup:CopyIntoBackupVault', {
                Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } },
              }),
            ),
          }),
        ],
      }),
    ],
    [
      'a vault whose policy only denies',
      backups({
        vaults: [
          vault({ policy: toPolicy({ ...allow('*', 'backup:DeleteRecoveryPoint'), Effect: 'Deny' }) }),
        ],
      }),
    ],
    [
      'a copy in another Region of the account',
      backups({
        copies: [{ destinationBackupVaultArn: arn.replace(region, 'eu-central-1') }],
        vaults: [vault(), vault({ arn: arn.replace(region, 'eu-central-1') })],
      }),
    ],
    [
      'a copy in an account that is trusted',
      backups({ copies: [{ destinationBackupVaultArn: theirs }] }),
      { settings: { trustedAccounts: [partner] } },
    ],
    [
      'a copy in an account of the organisation',
      backups({ copies: [{ destinationBackupVaultArn: theirs }] }),
      { organization: { id: 'o-exampleorgid', accounts: [account, partner] } },
    ],
  ])('passes with %s', (_, told, given) => {
    expect(tell(told, {}, given)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Partial<BackupVault>, string]>([
    [
      'a key that AWS manages',
      { keyManager: toKnown('AWS') },
      `as of 2026-11-23 05:00 UTC under ${key}, a key that AWS manages.`,
    ],
    [
      'a key that AWS owns',
      { encryptionKeyArn: undefined, keyManager: undefined, encryptionKeyType: 'AWS_OWNED_KMS_KEY' },
      'under a key that AWS owns.',
    ],
    [
      'an outsider’s key, whatever KMS says of it',
      { encryptionKeyArn: key.replace(account, partner), keyManager: denied },
      'a key of an outside account.',
    ],
  ])('fails high for a vault under %s', (_, more, message) => {
    expect(tellVault(more)).toEqual([
      expect.objectContaining({
        status: 'fail',
        severity: 'high',
        subject: arn,
        message: expect.stringContaining(message),
      }),
    ]);
  });

  it('fails high for a copy in an outside account', () => {
    const copies = [{ destinationBackupVaultArn: theirs, completionDate: '2026-11-22T05:00:00.000Z' }];
    expect(tell(backups({ copies }))).toEqual([
      expect.objectContaining({
        status: 'fail',
        severity: 'high',
        subject: theirs,
        message: expect.stringContaining(
          `was copied at 2026-11-22 05:00 UTC into ${theirs}, of account ${partner}`,
        ),
      }),
    ]);
  });

  it.each<[string, object]>([
    ['copy into it', allow(outsider, 'backup:CopyIntoBackupVault')],
    ['restore from it', allow(`arn:aws:iam::${partner}:role/restore`, ['backup:StartRestoreJob'])],
    [
      'take its recovery points',
      allow(outsider, 'backup:StartCopyJob', {
        Resource: `arn:aws:backup:${region}:${account}:recovery-point:*`,
      }),
    ],
  ])(
    'fails low for a vault whose policy lets an outsider %s, which AWS Backup as it is refuses or keeps harmless',
    (_, statement) => {
      expect(tellVault({ policy: toPolicy(statement) })).toMatchObject([
        {
          status: 'fail',
          severity: 'low',
          subject: arn,
          message: expect.stringContaining('lets another account do no more than copy backups into it'),
        },
      ]);
    },
  );

  it('says everything about one vault in one finding, the worst', () => {
    const verdicts = tellVault({
      keyManager: toKnown('AWS'),
      policy: toPolicy(allow(outsider, 'backup:CopyIntoBackupVault')),
    });
    expect(verdicts).toMatchObject([
      {
        severity: 'high',
        message: expect.stringContaining(
          `a key that AWS manages. Its access policy names account ${partner}, from outside`,
        ),
      },
    ]);
  });

  it.each<[string, BackupLocation[]]>([
    ['in a bucket under a customer key', [velero()]],
    [
      'under a key that the location itself names',
      [velero({ kmsKeyId: 'alias/velero', bucketEncryption: undefined })],
    ],
    ['in two prefixes of one bucket', [velero(), velero({ name: 'weekly', prefix: 'weekly' })]],
    ['under a key that Velero itself sends', [velero({ sendsOwnKey: true, bucketEncryption: undefined })]],
    ['by KMS, as the bucket does', [velero({ serverSideEncryption: 'aws:kms' })]],
  ])('passes for Velero’s backups %s', (_, locations) => {
    expect(tellVelero(locations)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Partial<BackupLocation>]>([
    ['with S3’s own keys', { bucketEncryption: toKnown({ sseAlgorithm: 'AES256' }) }],
    ['with KMS and no key of its own', { bucketEncryption: toKnown({ sseAlgorithm: 'aws:kms' }) }],
    [
      'with the key that AWS manages for S3',
      {
        bucketEncryption: toKnown({
          sseAlgorithm: 'aws:kms',
          kmsMasterKeyId: `arn:aws:kms:${region}:${account}:alias/aws/s3`,
        }),
      },
    ],
    ['with nothing', { bucketEncryption: toKnown({}) }],
    ['well, but under a location that names the key of AWS', { kmsKeyId: 'alias/aws/s3' }],
    [
      'with S3’s own keys, by the plugin’s long name',
      { provider: 'velero.io/aws', bucketEncryption: toKnown({}) },
    ],
    ['with S3’s own keys where Velero asks it to, past its default', { serverSideEncryption: 'AES256' }],
  ])('fails high for a bucket of Velero that encrypts %s', (_, more) => {
    expect(tellVelero([velero(more), velero({ name: 'sealed', bucket: 'other' })])).toEqual([
      expect.objectContaining({
        status: 'fail',
        severity: 'high',
        subject: 's3://shop-backups',
        message: expect.stringContaining(
          'Velero keeps its backups (velero/default) in bucket shop-backups under',
        ),
      }),
    ]);
  });

  it('fails once for a bucket, naming the locations that nothing better seals', () => {
    const plain = toKnown({ sseAlgorithm: 'AES256' });
    const verdicts = tellVelero([
      velero({ bucketEncryption: plain }),
      velero({ name: 'weekly', bucketEncryption: plain }),
      velero({ name: 'sealed', bucketEncryption: plain, kmsKeyId: key }),
    ]);
    expect(verdicts).toMatchObject([
      { status: 'fail', evidence: { locations: ['velero/default', 'velero/weekly'] } },
    ]);
  });

  it('fails high for a bucket of Velero under an outsider’s key', () => {
    expect(tellVelero([velero({ kmsKeyId: key.replace(account, partner) })])).toMatchObject([
      { status: 'fail', severity: 'high', message: expect.stringContaining('a key of an outside account') },
    ]);
  });

  it('adds nothing of Velero where the cluster was not read from within', () => {
    expect(tell(backups())).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Subject['facts']]>([
    ['the cluster', { cluster: denied }],
    ['the backups', { 'cluster.backups': denied }],
    ['Velero’s locations, where the cluster was read from within', { 'kubernetes.backupLocations': denied }],
  ])('is unknown without %s', (_, facts) => {
    expect(tell(never, facts)).toMatchObject(saysDenied);
  });

  it.each<[string, Partial<BackupVault>]>([
    ['the key of a vault', { keyManager: denied }],
    ['the policy of a vault', { policy: denied }],
  ])('does not pass without %s', (_, more) => {
    expect(tellVault(more)).toMatchObject([
      { status: 'unknown', reason: 'access-denied', message: expect.stringContaining(arn) },
    ]);
  });

  it.each<[string, Partial<BackupVault>]>([
    ['a policy that is not understood', { policy: toKnown('{') }],
    ['a vault that tells no key', { encryptionKeyArn: undefined, keyManager: undefined }],
  ])('does not pass over %s', (_, more) => {
    expect(tellVault(more)).toMatchObject([{ status: 'unknown', reason: 'failed' }]);
  });

  it.each<[string, BackupLocation]>([
    ['nobody asked', velero({ bucketEncryption: undefined })],
    ['nobody may ask', velero({ bucketEncryption: denied })],
    ['is no bucket of S3', velero({ provider: 'azure' })],
    ['is a MinIO’s', velero({ otherHost: 'minio:9000' })],
  ])('does not pass over a bucket that %s', (_, location) => {
    expect(tellVelero([location])).toMatchObject([{ status: 'unknown' }]);
  });

  it('fails for what it saw and does not hide what is missing', () => {
    const facts: Subject['facts'] = {
      'cluster.backups': toKnown(backups({ vaults: [vault({ keyManager: toKnown('AWS') })] }), [
        { what: 'where backups were copied to', reason: 'throttled' },
      ]),
    };
    expect(tell(never, facts)).toMatchObject([
      { status: 'fail' },
      { status: 'unknown', reason: 'throttled' },
    ]);
  });

  it('is unknown where nobody can tell whose account holds a copy', () => {
    const given: Given = { organization: toUnknown('access-denied', 'not allowed to ask') };
    expect(tell(backups({ copies: [{ destinationBackupVaultArn: theirs }] }), {}, given)).toMatchObject([
      { status: 'unknown', reason: 'access-denied', message: expect.stringContaining(theirs) },
    ]);
  });
});
