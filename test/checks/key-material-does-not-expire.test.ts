import { describe, expect, it } from 'vitest';
import { keyMaterialDoesNotExpire } from '../../shared/checks/key-material-does-not-expire.ts';
import { denied, judge, keyArn, saysDenied } from './cases.ts';

const imported = (metadata: object) => ({ metadata: { Origin: 'EXTERNAL', ...metadata } });
const expiring = (ValidTo: string) => imported({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo });

describe('key-material-does-not-expire', () => {
  it.each([
    ['never expires', imported({ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })],
    ['expires after the grace', expiring('2026-12-24T02:00:01Z')],
  ])('passes when imported material %s', (_, given) => {
    expect(judge(keyMaterialDoesNotExpire, given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['expires within the grace', expiring('2026-12-04T14:00:00Z'), '(whole days left: 10)', { daysLeft: 10 }],
    [
      'expires on the last day of grace',
      expiring('2026-12-24T02:00:00Z'),
      '(whole days left: 30)',
      { daysLeft: 30 },
    ],
    ['has expired', expiring('2026-11-23T02:00:00Z'), 'expired on 2026-11-23', {}],
    ['is gone', imported({ KeyState: 'PendingImport' }), 'no imported material any more', {}],
  ])('fails when it %s', (_, given, words, details) => {
    const [verdict] = judge(keyMaterialDoesNotExpire, given);
    const evidence = { key: keyArn, ...details };
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high', subject: null, evidence });
    expect(verdict?.message).toContain(words);
    expect(verdict?.message).toContain('unusable until the very same material is imported again');
  });

  it('measures against the grace of the settings', () => {
    const settings = { thresholds: { materialExpiryDays: 5 } };
    expect(judge(keyMaterialDoesNotExpire, { ...expiring('2026-12-04T02:00:00Z'), settings })).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('is unknown when the key could not be read', () => {
    expect(judge(keyMaterialDoesNotExpire, { metadata: denied })).toMatchObject(saysDenied);
  });

  it.each([
    ['no expiry at all', imported({})],
    ['an expiry without a date', imported({ ExpirationModel: 'KEY_MATERIAL_EXPIRES' })],
    ['no origin', { metadata: { Origin: undefined } }],
  ])('is unknown when KMS tells %s', (_, given) => {
    expect(judge(keyMaterialDoesNotExpire, given)).toMatchObject([{ status: 'unknown', reason: 'failed' }]);
  });

  it.each(['AWS_KMS', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'])('does not apply to origin %s', (Origin) => {
    expect(judge(keyMaterialDoesNotExpire, { metadata: { Origin } })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it('does not ask how old the material is', () => {
    const given = imported({
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      CreationDate: '2019-01-01T00:00:00Z',
    });
    expect(judge(keyMaterialDoesNotExpire, given)).toMatchObject([{ status: 'pass' }]);
  });
});
