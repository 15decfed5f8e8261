import { describe, expect, it } from 'vitest';
import type { Grant } from '../../shared/evidence/key.ts';
import { isRetirement, matchConstraints, matchGrant } from '../../shared/policy/grant.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import type { Truth } from '../../shared/policy/truth.ts';
import { callers } from './case-file.ts';
import { keyAccountId, outsideAccountId, root } from './policies.ts';

const decrypt = 'kms:Decrypt';
const toGrant = (more: Partial<Grant>): Grant => ({ GrantId: 'g', Operations: ['Decrypt'], ...more });
const federated: Principal = { kind: 'federated', provider: 'p', accountId: keyAccountId };

describe('whom a grant is for', () => {
  it.each<
    [
      says: string,
      grant: Partial<Grant>,
      principal: Principal,
      match: 'itself' | 'account' | null,
      action?: string,
    ]
  >([
    ['a role by its ARN', { GranteePrincipal: callers.role.arn }, callers.role, 'itself'],
    ['a session by its role', { GranteePrincipal: callers.session.roleArn }, callers.session, 'itself'],
    ['a session by its ARN', { GranteePrincipal: callers.session.arn }, callers.session, 'itself'],
    ['a user by its ARN', { GranteePrincipal: callers.user.arn }, callers.user, 'itself'],
    ['another user', { GranteePrincipal: `${callers.user.arn}2` }, callers.user, null],
    ['the root user by its ARN', { GranteePrincipal: root }, callers.root, 'itself'],
    ['the root user by its account', { GranteePrincipal: keyAccountId }, callers.root, 'itself'],
    ['a user by its account', { GranteePrincipal: keyAccountId }, callers.user, 'account'],
    ['a user by its account’s root', { GranteePrincipal: root }, callers.user, 'account'],
    ['a user of another account', { GranteePrincipal: outsideAccountId }, callers.user, null],
    ['a service by its name', { GranteePrincipal: 's3.amazonaws.com' }, callers.service, 'itself'],
    [
      'a service by its own field',
      { GranteeServicePrincipal: 's3.amazonaws.com' },
      callers.service,
      'itself',
    ],
    ['another service', { GranteePrincipal: 'rds.amazonaws.com' }, callers.service, null],
    ['a federated session, whom no grant names', { GranteePrincipal: root }, federated, null],
    ['nobody in particular', { GranteePrincipal: root }, { kind: 'anonymous' }, null],
    ['nobody at all', {}, callers.user, null],
    [
      'a retiring principal, who may not decrypt',
      { RetiringPrincipal: callers.user.arn },
      callers.user,
      null,
    ],
    ['the account that issued it, which may not decrypt', { IssuingAccount: root }, callers.user, null],
    [
      'an operation in any case',
      { GranteePrincipal: callers.user.arn, Operations: ['DECRYPT'] },
      callers.user,
      'itself',
    ],
    [
      'another operation',
      { GranteePrincipal: callers.user.arn, Operations: ['Encrypt'] },
      callers.user,
      null,
    ],
    [
      'operations that are not known',
      { GranteePrincipal: callers.user.arn, Operations: undefined },
      callers.user,
      'itself',
    ],
    [
      'a name beside an account',
      { GranteePrincipal: root, GranteeServicePrincipal: callers.user.arn },
      callers.user,
      'itself',
    ],
    [
      'retiring, the retiring principal',
      { RetiringPrincipal: callers.user.arn },
      callers.user,
      'itself',
      'kms:RetireGrant',
    ],
    [
      'retiring, the retiring service',
      { RetiringServicePrincipal: 's3.amazonaws.com' },
      callers.service,
      'itself',
      'kms:RetireGrant',
    ],
    [
      'retiring, the account that issued it',
      { IssuingAccount: root },
      callers.user,
      'account',
      'KMS:retiregrant',
    ],
    [
      'retiring, a grantee with the operation',
      { GranteePrincipal: callers.user.arn, Operations: ['RetireGrant'] },
      callers.user,
      'itself',
      'kms:RetireGrant',
    ],
    [
      'retiring, a grantee without',
      { GranteePrincipal: callers.user.arn },
      callers.user,
      null,
      'kms:RetireGrant',
    ],
  ])('%s', (_, grant, principal, match, action = decrypt) => {
    expect(matchGrant(toGrant(grant), principal, action)).toBe(match);
  });

  it('is retirement in any case of the action', () => {
    expect(['kms:RetireGrant', 'KMS:RETIREGRANT', 'kms:RevokeGrant'].map(isRetirement)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('what a grant asks of a request', () => {
  const key = (name: string) => `kms:EncryptionContext:${name}`;
  const ask = (
    Constraints: Grant['Constraints'],
    context: Record<string, string[]>,
    isClosed = true,
    action = decrypt,
    more: Partial<Grant> = {},
  ) => matchConstraints(toGrant({ Constraints, ...more }), { action, context, isClosed });
  const equals = { EncryptionContextEquals: { App: 'a' } };
  const subset = { EncryptionContextSubset: { App: 'a' } };

  it.each<
    [
      says: string,
      constraints: Grant['Constraints'],
      context: Record<string, string[]>,
      closed: Truth,
      open: Truth,
    ]
  >([
    ['nothing', undefined, {}, true, true],
    [
      'no pairs, which is nothing',
      { EncryptionContextEquals: {}, EncryptionContextSubset: {} },
      { [key('x')]: ['y'] },
      true,
      true,
    ],
    ['just these pairs', equals, { [key('App')]: ['a'] }, true, 'unknown'],
    ['just these pairs, and there are none', equals, {}, false, 'unknown'],
    ['just these pairs, and there is another value', equals, { [key('App')]: ['b'] }, false, false],
    [
      'just these pairs, and there are more',
      equals,
      { [key('App')]: ['a'], [key('Other')]: ['x'] },
      false,
      false,
    ],
    ['just these pairs, in their case', equals, { [key('app')]: ['a'] }, false, false],
    [
      'just these pairs, under the key in any case',
      equals,
      { 'KMS:encryptioncontext:App': ['a'] },
      true,
      'unknown',
    ],
    ['these pairs among others', subset, { [key('App')]: ['a'], [key('Other')]: ['x'] }, true, true],
    ['these pairs among others, and they are not', subset, { [key('Other')]: ['x'] }, false, 'unknown'],
    ['a pair that has no value', subset, { [key('App')]: [] }, false, 'unknown'],
    ['a source', { SourceArn: 'arn:x' }, { 'AWS:sourcearn': ['arn:x'] }, true, true],
    ['another source', { SourceArn: 'arn:x' }, { 'aws:SourceArn': ['arn:y'] }, false, false],
    ['a source, and there is none', { SourceArn: 'arn:x' }, {}, false, 'unknown'],
  ])('is %s', (_, constraints, context, closed, open) => {
    expect(ask(constraints, context)).toBe(closed);
    expect(ask(constraints, context, false)).toBe(open);
  });

  it.each<[action: string, isConstrained: boolean]>([
    ...[
      'Encrypt',
      'Decrypt',
      'ReEncryptFrom',
      'ReEncryptTo',
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateDataKeyPair',
      'GenerateDataKeyPairWithoutPlaintext',
      'CreateGrant',
      'DECRYPT',
    ].map((name): [string, boolean] => [`kms:${name}`, true]),
    ...['DescribeKey', 'RetireGrant', 'GetPublicKey', 'Sign', 'DecryptNot', 'ReEncrypt'].map(
      (name): [string, boolean] => [`kms:${name}`, false],
    ),
    ['x:kms:Decrypt', false],
  ])('binds %s: %s', (action, isConstrained) => {
    expect(ask(equals, {}, true, action)).toBe(!isConstrained);
  });

  it('is not known where its operations are not', () => {
    expect(ask(undefined, {}, true, decrypt, { Operations: undefined })).toBe('unknown');
    expect(ask(equals, {}, true, decrypt, { Operations: undefined })).toBe(false);
  });
});
