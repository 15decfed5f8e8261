import { describe, expect, it } from 'vitest';
import { keyAdministratorsCannotDecrypt } from '../../shared/checks/key-administrators-cannot-decrypt.ts';
import { account, denied, judge, keyArn, saysDenied } from './cases.ts';
import { allow, delegation, deny, ordinaryPolicies, toPolicy, toRole, toRoot, when } from './policies.ts';

const ops = toRole('ops');
const ask = (...statements: object[]) =>
  judge(keyAdministratorsCannotDecrypt, { policy: toPolicy(delegation, ...statements) });
const decrypter = (principal: string, more: object = {}) =>
  allow({ AWS: principal }, { Sid: 'Read', ...more });
const administrator = (principal: string, more: object = {}) =>
  allow({ AWS: principal }, { Sid: 'Rule', Action: ['kms:Put*', 'kms:DisableKey'], ...more });

describe('key-administrators-cannot-decrypt', () => {
  it.each(ordinaryPolicies)('passes for the policy of %s', (_, policy) => {
    expect(judge(keyAdministratorsCannotDecrypt, { policy })).toMatchObject([
      { status: 'pass', subject: null },
    ]);
  });

  it('fails for a principal that two statements give one half each, and shows both requests', () => {
    const verdicts = ask(decrypter(ops), administrator(ops));
    const request = { principal: `arn:aws:sts::${account}:assumed-role/ops/any-session`, resource: keyArn };
    expect(verdicts).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        subject: ops,
        message: `By Read, Rule of the policy of ${keyArn}, ${ops} may both kms:Decrypt and kms:PutKeyPolicy, kms:DisableKey.`,
        evidence: {
          key: keyArn,
          principal: ops,
          decrypting: ['kms:Decrypt'],
          administering: ['kms:PutKeyPolicy', 'kms:DisableKey'],
          statements: ['Read', 'Rule'],
          witness: { ...request, action: 'kms:Decrypt' },
          administeringWitness: { ...request, action: 'kms:PutKeyPolicy' },
        },
      },
    ]);
  });

  it.each<[string, object[]]>([
    ['kms:* at once', [allow({ AWS: ops }, { Action: 'kms:*' })]],
    ['NotAction', [allow({ AWS: ops }, { Action: undefined, NotAction: 'kms:List*' })]],
    [
      'ReEncryptFrom and ScheduleKeyDeletion by wildcards',
      [allow({ AWS: ops }, { Action: ['kms:ReEncrypt*', 'KMS:schedule*'] })],
    ],
    [
      'one half to a session',
      [decrypter(`arn:aws:sts::${account}:assumed-role/ops/one`), administrator(ops)],
    ],
    ['one half to its ARN with path', [decrypter(toRole('team/ops')), administrator(ops)]],
    [
      'one half by a condition on who calls',
      [decrypter('*', when('ArnEquals', 'aws:PrincipalArn', ops)), administrator(ops)],
    ],
    [
      'one half under a condition',
      [decrypter(ops, when('Bool', 'aws:MultiFactorAuthPresent', 'true')), administrator(ops)],
    ],
    [
      'a Deny with an exception',
      [decrypter(ops), administrator(ops), deny(when('StringNotEquals', 'aws:PrincipalTag/a', 'b'))],
    ],
  ])('fails for %s, once', (_, statements) => {
    expect(ask(...statements)).toMatchObject([{ status: 'fail', severity: 'medium', subject: ops }]);
  });

  it('names each principal of its own', () => {
    const user = `arn:aws:iam::${account}:user/ops`;
    const verdicts = ask(
      allow({ AWS: [user, ops, toRole('reader')] }),
      administrator(user),
      administrator(ops),
    );
    expect(verdicts.map(({ subject }) => subject).sort()).toEqual([ops, user].sort());
  });

  it.each<[string, object[]]>([
    ['one half each to two roles', [decrypter(toRole('reader')), administrator(ops)]],
    ['a half that a Deny takes away', [decrypter(ops), administrator(ops), deny({ Action: 'kms:Decrypt' })]],
    [
      'a half that no request of theirs meets',
      [decrypter(ops, when('ArnEquals', 'aws:PrincipalArn', toRole('reader'))), administrator(ops)],
    ],
  ])('passes for %s', (_, statements) => {
    expect(ask(...statements)).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown when the policy could not be read, in whole or in part', () => {
    expect(judge(keyAdministratorsCannotDecrypt, { policy: denied })).toMatchObject(saysDenied);
    expect(judge(keyAdministratorsCannotDecrypt, { missing: ['key.policy'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
  });

  it.each<[string, object]>([
    ['the account root', allow({ AWS: toRoot(account) }, { Action: 'kms:*' })],
    ['everybody', allow('*', { Action: 'kms:*' })],
    ['a deleted principal', allow({ AWS: 'AROAEXAMPLEEXAMPLE12' }, { Action: 'kms:*' })],
    ['a service', allow({ Service: 'backup.amazonaws.com' }, { Action: 'kms:*' })],
    [
      'who may give itself decryption',
      administrator(ops, { Action: ['kms:PutKeyPolicy', 'kms:CreateGrant'] }),
    ],
    [
      'a key user who makes and revokes grants',
      decrypter(ops, { Action: ['kms:Decrypt', 'kms:CreateGrant', 'kms:RevokeGrant'] }),
    ],
  ])('does not tell of %s', (_, statement) => {
    expect(ask(statement)).toMatchObject([{ status: 'pass' }]);
  });
});
