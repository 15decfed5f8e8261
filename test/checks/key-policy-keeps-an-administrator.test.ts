import { describe, expect, it } from 'vitest';
import { keyPolicyKeepsAnAdministrator } from '../../shared/checks/key-policy-keeps-an-administrator.ts';
import { account, denied, type Given, judge, saysDenied } from './cases.ts';
import {
  allow,
  delegation,
  deny,
  document,
  inventory,
  keyPolicy,
  levels,
  named,
  role,
  root,
  toRoleArn,
  user,
} from './iam-cases.ts';

const tell = (given: Given) => judge(keyPolicyKeepsAnAdministrator, given);
const admin = 'aws-reserved/sso.amazonaws.com/AWSReservedSSO_AWSAdministratorAccess_0123456789abcdef';
const namesAdmin = keyPolicy(named(toRoleArn(admin), 'kms:*'));

describe('key-policy-keeps-an-administrator', () => {
  it.each<[string, Given]>([
    ['the root of the account may, whatever IAM says', { iam: denied }],
    ['the account is named by its number', { policy: keyPolicy(named(account, 'kms:Put*')), iam: denied }],
    [
      'a service control policy keeps even root from it: the organisation can let go again',
      { serviceControl: levels(document(allow('*'), deny('kms:PutKeyPolicy'))) },
    ],
    ['a role that exists is named', { policy: namesAdmin, iam: inventory({ roles: [role(admin, [])] }) }],
    [
      'a user that exists may with MFA',
      {
        policy: keyPolicy(
          named(`arn:aws:iam::${account}:user/ops`, 'kms:PutKeyPolicy', {
            Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
          }),
        ),
        iam: inventory({ users: [user('ops', [])] }),
      },
    ],
    [
      'it is left to the account’s principals, and one of them may',
      {
        policy: keyPolicy(
          allow('kms:*', {
            Principal: '*',
            Condition: { ArnLike: { 'aws:PrincipalArn': toRoleArn('adm*') } },
          }),
        ),
        iam: inventory({ roles: [role('admin', [])] }),
      },
    ],
    [
      'it exists in a part of IAM, though another could not be read',
      { policy: namesAdmin, iam: inventory({ roles: [role(admin, [])] }), missing: ['iam.key'] },
    ],
  ])('passes where %s', (_, given) => {
    expect(tell(given)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Given, string]>([
    [
      'the role that it names was re-created under another name',
      { policy: namesAdmin, iam: inventory({}) },
      admin,
    ],
    [
      'it names a deleted principal',
      { policy: keyPolicy(named('AROAIOSFODNN7EXAMPLE', 'kms:*')), iam: inventory({}) },
      'AROAIOSFODNN7EXAMPLE (a deleted principal)',
    ],
    [
      'nothing allows it, and IAM need not be asked',
      { policy: keyPolicy(named(root, ['kms:Decrypt', 'kms:Describe*'])), iam: denied },
      'no statement allows it to anybody',
    ],
    [
      'a Deny strikes everybody',
      { policy: keyPolicy(delegation, deny('kms:PutKeyPolicy', { Principal: '*' })), iam: inventory({}) },
      root,
    ],
    [
      'only another account is named, which KMS does not let change a policy',
      { policy: keyPolicy(named('arn:aws:iam::210987654321:root', 'kms:*')), iam: inventory({}) },
      '210987654321',
    ],
    [
      'the boundary of the role that it names leaves PutKeyPolicy out',
      {
        policy: namesAdmin,
        iam: inventory({
          roles: [role(admin, [], { PermissionsBoundary: { PermissionsBoundaryArn: 'b' } })],
          policies: [{ Arn: 'b', Document: document(allow('s3:*')) }],
        }),
      },
      admin,
    ],
  ])('fails where %s', (_, given, words) => {
    expect(tell(given)).toMatchObject([
      { status: 'fail', severity: 'medium', subject: null, message: expect.stringContaining(words) },
    ]);
  });

  it.each<[string, Given]>([
    ['the key’s metadata', { metadata: denied }],
    ['the key policy', { policy: denied }],
    ['IAM, where the named may not exist', { policy: namesAdmin, iam: denied }],
  ])('does not know without %s', (_, given) => {
    expect(tell(given)).toMatchObject(saysDenied);
  });

  it('does not know where the root’s own statement hangs on a condition, and nobody else is named', () => {
    const conditioned = {
      ...delegation,
      Condition: { StringEquals: { 'kms:ViaService': 'ebs.eu-west-1.amazonaws.com' } },
    };
    expect(
      judge(keyPolicyKeepsAnAdministrator, { policy: keyPolicy(conditioned), iam: inventory({}) }),
    ).toMatchObject([{ status: 'unknown', message: expect.stringContaining('conditions') }]);
  });

  it('does not know where a part of IAM is missing, or a boundary could not be read', () => {
    const partial: Given = { policy: namesAdmin, iam: inventory({}), missing: ['iam.key'] };
    expect(tell(partial)).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    const unread = role(admin, [], { PermissionsBoundary: { PermissionsBoundaryArn: 'b' } });
    expect(tell({ policy: namesAdmin, iam: inventory({ roles: [unread] }) })).toMatchObject([
      { status: 'unknown', message: expect.stringContaining('hangs on policies') },
    ]);
  });

  it('leaves AWS’s own keys to AWS', () => {
    expect(tell({ metadata: { KeyManager: 'AWS' } })).toMatchObject([{ status: 'not-applicable' }]);
  });
});
