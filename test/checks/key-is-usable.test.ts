import { describe, expect, it } from 'vitest';
import { keyIsUsable } from '../../shared/checks/key-is-usable.ts';
import { toUnknown } from '../../shared/evidence/fact.ts';
import { denied, judge, keyArn, saysDenied } from './cases.ts';

describe('key-is-usable', () => {
  it('passes when the key is enabled', () => {
    expect(judge(keyIsUsable)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['Disabled', {}, 'enabled within 30 days', {}],
    [
      'PendingDeletion',
      { DeletionDate: '2026-12-01T02:00:00Z' },
      'will be deleted on 2026-12-01 (whole days left: 7)',
      { deletionDate: '2026-12-01T02:00:00Z', daysLeft: 7 },
    ],
    ['PendingDeletion', {}, 'at a date that KMS did not give', { deletionDate: null, daysLeft: null }],
    [
      'PendingReplicaDeletion',
      { PendingDeletionWindowInDays: 30 },
      'waiting period of 30 days',
      { waitingDays: 30 },
    ],
    ['PendingReplicaDeletion', {}, 'the waiting period begins', { waitingDays: null }],
    ['PendingImport', { Origin: 'EXTERNAL' }, 'holds no key material', {}],
    ['Unavailable', { CustomKeyStoreId: 'cks-1' }, 'custom key store', {}],
    ['SomethingNew', {}, 'in state SomethingNew', {}],
  ])('fails in state %s and says what stops when', (KeyState, metadata, words, details) => {
    const [verdict, ...rest] = judge(keyIsUsable, { metadata: { KeyState, ...metadata } });
    expect(rest).toEqual([]);
    const evidence = { key: keyArn, keyState: KeyState, ...details };
    expect(verdict).toMatchObject({ status: 'fail', severity: 'critical', subject: null, evidence });
    expect(verdict?.message).toContain(words);
    expect(verdict?.message).toContain('at its next restart');
  });

  it('fails when KMS has no such key', () => {
    const [verdict] = judge(keyIsUsable, { metadata: toUnknown('not-found', 'NotFoundException') });
    expect(verdict).toMatchObject({ status: 'fail', severity: 'critical', evidence: { key: keyArn } });
    expect(verdict?.message).toContain('AWS offers no recovery');
  });

  it.each(['Creating', 'Updating', undefined])('is unknown in state %s', (KeyState) => {
    expect(judge(keyIsUsable, { metadata: { KeyState } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it('is unknown when the key could not be read', () => {
    expect(judge(keyIsUsable, { metadata: denied })).toMatchObject(saysDenied);
  });

  it('does not apply to a cluster that was never made', () => {
    expect(
      judge(keyIsUsable, { cluster: { status: 'FAILED' }, metadata: { KeyState: 'PendingDeletion' } }),
    ).toMatchObject([{ status: 'not-applicable' }]);
    expect(judge(keyIsUsable, { cluster: denied, metadata: { KeyState: 'Disabled' } })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it('does not apply to a cluster without a key', () => {
    expect(judge(keyIsUsable, { cluster: { encryptionConfig: [] }, key: null })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it('does not ask whether EKS has its grant', () => {
    expect(judge(keyIsUsable, { grants: [] })).toMatchObject([{ status: 'pass' }]);
  });
});
