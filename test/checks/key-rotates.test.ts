import { describe, expect, it } from 'vitest';
import { keyRotates } from '../../shared/checks/key-rotates.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';

const off = { KeyRotationEnabled: false };
const imported = { Origin: 'EXTERNAL' };
const seldom = { KeyRotationEnabled: true, RotationPeriodInDays: 730 };
const onDemand = (RotationDate: string) => [{ RotationDate, RotationType: 'ON_DEMAND' }];

describe('key-rotates', () => {
  it.each<[string, Given]>([
    ['is on with the default period', {}],
    ['is on with a period as long as allowed', { rotation: { RotationPeriodInDays: 365 } }],
    ['is off but was done on demand lately', { rotation: off, rotations: onDemand('2026-05-01T00:00:00Z') }],
    [
      'is off but is being done on demand',
      { rotation: { ...off, OnDemandRotationStartDate: '2026-11-24T01:00:00Z' }, rotations: denied },
    ],
    ['is too seldom but was done lately', { rotation: seldom, rotations: onDemand('2026-05-01T00:00:00Z') }],
    [
      'of imported material was done lately',
      { metadata: imported, rotations: onDemand('2026-05-01T00:00:00Z') },
    ],
    [
      'of imported material is not due yet',
      { metadata: { ...imported, CreationDate: '2026-03-01T00:00:00Z' } },
    ],
  ])('passes when rotation %s', (_, given) => {
    expect(judge(keyRotates, given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Given, string, string, object]>([
    [
      'is off',
      { rotation: off },
      'medium',
      'is off and it was never rotated',
      { allowedDays: 365, lastRotation: null },
    ],
    [
      'is off and was done on demand long ago',
      { rotation: off, rotations: onDemand('2025-01-02T00:00:00Z') },
      'medium',
      'is off and its last rotation was on 2025-01-02',
      { lastRotation: '2025-01-02T00:00:00Z' },
    ],
    ['is too seldom', { rotation: seldom }, 'medium', 'rotates every 730 days', { periodDays: 730 }],
    [
      'of imported material is overdue',
      { metadata: imported },
      'low',
      'on demand only',
      { lastRotation: null },
    ],
  ])('fails when rotation %s', (_, given, severity, words, evidence) => {
    const [verdict, ...rest] = judge(keyRotates, given);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({ status: 'fail', severity, subject: null, evidence });
    expect(verdict?.message).toContain(words);
    expect(verdict?.message).toContain('at least every 365 days');
  });

  it.each<[string, Given, string]>([
    ['automatic', { rotation: off }, 'aws kms enable-key-rotation'],
    ['too seldom', { rotation: seldom }, 'aws kms enable-key-rotation'],
    ['imported', { metadata: imported }, 'Import new key material, then aws kms rotate-key-on-demand'],
  ])('sends who has a replica to its primary (%s)', (_, given, command) => {
    const primaryArn = keyArn.replace('eu-west-1', 'us-east-1');
    const MultiRegionConfiguration = {
      MultiRegionKeyType: 'REPLICA',
      PrimaryKey: { Arn: primaryArn, Region: 'us-east-1' },
    };
    const toFix = (MultiRegionKeyType: string) => {
      const family = { ...MultiRegionConfiguration, MultiRegionKeyType };
      const metadata = { ...given.metadata, MultiRegionConfiguration: family };
      return judge(keyRotates, { ...given, metadata })[0];
    };
    expect(toFix('REPLICA')).toMatchObject({
      fix: expect.stringContaining(
        `The key is a replica and rotates with its primary, in us-east-1: ${command} --region us-east-1 --key-id ${primaryArn}`,
      ),
    });
    expect(toFix('PRIMARY')).toMatchObject({
      fix: expect.stringContaining(`${command} --region eu-west-1 --key-id ${keyArn}`),
    });
  });

  it('measures against the period of the settings', () => {
    const settings = { thresholds: { rotationDays: 90 } };
    expect(judge(keyRotates, { settings })).toMatchObject([
      { status: 'fail', evidence: { allowedDays: 90 } },
    ]);
  });

  it.each<[string, Given]>([
    ['the key', { metadata: denied }],
    ['its rotation status', { rotation: denied }],
    ['its past rotations, where they decide', { rotation: off, rotations: denied }],
    ['the past rotations of imported material', { metadata: imported, rotations: denied }],
  ])('is unknown, never a failure, when %s could not be read', (_, given) => {
    expect(judge(keyRotates, given)).toMatchObject(saysDenied);
  });

  it.each<[string, Given]>([
    ['automatic', { rotation: off }],
    ['imported', { metadata: imported }],
  ])('is unknown when a page of past rotations is missing where one would save the key (%s)', (_, given) => {
    expect(judge(keyRotates, { ...given, missing: ['key.rotations'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
  });

  it.each<[string, Given['metadata']]>([
    ['asymmetric', { KeySpec: 'RSA_2048' }],
    ['HMAC', { KeySpec: 'HMAC_256' }],
    ['CloudHSM', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1' }],
    ['external key store', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-2' }],
    ['AWS managed', { KeyManager: 'AWS' }],
    ['pending deletion', { KeyState: 'PendingDeletion' }],
    ['pending replica deletion', { KeyState: 'PendingReplicaDeletion' }],
    ['pending import', { Origin: 'EXTERNAL', KeyState: 'PendingImport' }],
    ['new', { CreationDate: '2026-11-23T12:00:00Z' }],
  ])('does not apply to a key that is %s, and says why', (_, metadata) => {
    const [verdict] = judge(keyRotates, { metadata, rotation: off });
    expect(verdict).toMatchObject({ status: 'not-applicable', reason: expect.stringMatching(/\w/) });
  });

  it('does not ask whether a disabled key keeps on rotating', () => {
    expect(judge(keyRotates, { metadata: { KeyState: 'Disabled' } })).toMatchObject([{ status: 'pass' }]);
  });
});
