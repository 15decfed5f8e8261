import { describe, expect, it } from 'vitest';
import { settings } from '../../shared/evidence/settings.ts';
import { whoDocument } from '../../shared/who/document.ts';
import { toWhoMay } from '../../shared/who/who-may.ts';
import { account, denied, type Given, keyArn, toEksGrant } from '../checks/cases.ts';
import {
  allow,
  delegation,
  inventory,
  keyPolicy,
  named,
  role,
  toRoleArn,
  trustedBy,
} from '../checks/iam-cases.ts';
import { toKeySubject } from './key-subject.ts';

const outside = '444455556666';
const ask = (given: Given, ...relatives: Given[]) =>
  toWhoMay(
    [toKeySubject(given), ...relatives.map(toKeySubject)],
    settings.parse({ expected: { decrypters: ['*/reader'] } }),
  );
const tell = (given: Given, principal: string, ...relatives: Given[]) => {
  const may = ask(given, ...relatives);
  if ('unknown' in may) throw new Error(may.detail);
  return may.principals.find((one) => one.principal === principal);
};
const reader = toRoleArn('reader');
const primary = { MultiRegion: true, MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY' } };
const anybody = (actions: string[], Condition?: object) => ({
  Sid: 'Open',
  Effect: 'Allow',
  Principal: '*',
  Action: actions,
  Resource: '*',
  ...(Condition ? { Condition } : {}),
});

describe('toWhoMay', () => {
  it.each<[string, Given, string, object]>([
    [
      'a role whose IAM policy lets it, by the delegation to the account',
      { iam: inventory({ roles: [role('reader', [allow('kms:Decrypt')])] }) },
      reader,
      {
        kind: 'role',
        decrypt: 'yes',
        administer: 'no',
        destroy: 'no',
        expected: { decrypt: true, administer: false, destroy: false },
        conditions: [],
        group: null,
      },
    ],
    [
      'a role that the key policy names, by its statement',
      { policy: keyPolicy(named(reader, ['kms:Decrypt'])), iam: inventory({ roles: [role('reader', [])] }) },
      reader,
      { decrypt: 'yes', via: [{ source: 'key-policy', ref: 'Named', actions: ['kms:Decrypt'] }] },
    ],
    [
      'who could give itself decryption',
      { iam: inventory({ roles: [role('keeper', [allow('kms:PutKeyPolicy')])] }) },
      toRoleArn('keeper'),
      { decrypt: 'via-escalation', administer: 'yes', destroy: 'yes' },
    ],
    [
      'who may replicate a primary, under a policy of its own',
      {
        metadata: primary,
        iam: inventory({ roles: [role('copier', [allow('kms:ReplicateKey')])] }),
      },
      toRoleArn('copier'),
      { decrypt: 'via-escalation', administer: 'yes', destroy: 'no' },
    ],
    [
      'a service that the key policy lets in plainly, as nobody expects it',
      {
        policy: keyPolicy(delegation, {
          ...allow('kms:Decrypt', { Sid: 'Function' }),
          Principal: { Service: 'lambda.amazonaws.com' },
        }),
      },
      'lambda.amazonaws.com',
      { decrypt: 'yes', group: 'aws-services', expected: { decrypt: false } },
    ],
    [
      'who may only move the primary, which gives it nothing',
      {
        metadata: primary,
        iam: inventory({ roles: [role('mover', [allow('kms:UpdatePrimaryRegion')])] }),
      },
      toRoleArn('mover'),
      { decrypt: 'no', administer: 'yes', destroy: 'no' },
    ],
    [
      'who needs a second factor, with what it needs',
      {
        iam: inventory({
          roles: [
            role('reader', [
              { ...allow('kms:Decrypt'), Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
            ]),
          ],
        }),
      },
      reader,
      { decrypt: 'conditional', conditions: ['aws:MultiFactorAuthPresent Bool true'] },
    ],
    [
      'administrators by effect, as one group that is expected',
      { iam: inventory({ roles: [role('any-name', [allow('*')])] }) },
      toRoleArn('any-name'),
      {
        decrypt: 'yes',
        administer: 'yes',
        destroy: 'yes',
        group: 'administrators',
        expected: { decrypt: true, administer: true, destroy: true },
      },
    ],
    [
      'strangers, where a statement lets in whoever there is',
      { policy: keyPolicy(delegation, anybody(['kms:Decrypt'])) },
      '*',
      { kind: 'public', decrypt: 'yes', administer: 'no', via: [expect.objectContaining({ ref: 'Open' })] },
    ],
    [
      'members of an organisation, where a statement binds it',
      {
        policy: keyPolicy(
          delegation,
          anybody(['kms:Decrypt'], { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }),
        ),
      },
      '*',
      { kind: 'organization', decrypt: 'yes', destroy: 'no' },
    ],
    [
      'a role of another account, whose own IAM has the last word',
      { policy: keyPolicy(delegation, named(`arn:aws:iam::${outside}:role/theirs`, ['kms:Decrypt'])) },
      `arn:aws:iam::${outside}:role/theirs`,
      {
        decrypt: 'conditional',
        conditions: ['IAM policies that were not read'],
        expected: { decrypt: false, administer: false, destroy: false },
      },
    ],
    [
      'a deleted principal, who may nothing',
      { policy: keyPolicy(delegation, named('AROAEXAMPLEEXAMPLEEXA', ['kms:Decrypt'])) },
      'AROAEXAMPLEEXAMPLEEXA',
      { kind: 'deleted', decrypt: 'no', administer: 'no', destroy: 'no', via: [] },
    ],
    [
      'what a policy might deny that could not be read, by what gives it',
      {
        iam: inventory({
          roles: [
            role('reader', [allow('kms:Decrypt')], {
              AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/Lost' }],
            }),
          ],
        }),
      },
      reader,
      {
        decrypt: 'conditional',
        via: expect.arrayContaining([
          { source: 'identity-policy', ref: 'role/reader/own#statement 1', actions: ['kms:Decrypt'] },
        ]),
        conditions: ['what arn:aws:iam::aws:policy/Lost says, which could not be read'],
      },
    ],
    [
      'the account, where its IAM could not be read',
      { iam: denied },
      account,
      { kind: 'account', decrypt: 'conditional', administer: 'conditional', destroy: 'conditional' },
    ],
  ])('tells %s', (_, given, principal, expected) => {
    expect(tell(given, principal)).toMatchObject(expected);
  });

  it('tells who may retire the cluster’s grant, though no policy lets it', () => {
    const given = {
      grants: [{ ...toEksGrant('shop', 'context-1'), RetiringPrincipal: reader }],
      iam: inventory({ roles: [role('reader', [])] }),
    };
    expect(tell(given, reader)).toMatchObject({
      destroy: 'yes',
      via: [{ source: 'grant', ref: 'grant-of-shop', actions: ['kms:RetireGrant'] }],
    });
  });

  it('tells who can become a role, and what that takes', () => {
    const given = {
      iam: inventory({
        roles: [
          role('reader', [allow('kms:Decrypt')], {
            AssumeRolePolicyDocument: trustedBy({ Service: 'lambda.amazonaws.com' }),
          }),
        ],
      }),
    };
    expect(tell(given, reader)?.assumableBy).toEqual([
      { principal: 'lambda.amazonaws.com', kind: 'service', conditions: [] },
    ]);
  });

  it.each([
    ['nothing of the key', 's3:GetObject'],
    ['only what KMS refuses with material of its own', 'kms:DeleteImportedKeyMaterial'],
    ['only what KMS refuses with a key of one Region', 'kms:ReplicateKey'],
  ])('leaves out who may %s', (_, action) => {
    const given = { iam: inventory({ roles: [role('idle', [allow(action)])] }) };
    expect(tell(given, toRoleArn('idle'))).toBeUndefined();
  });

  it('tells who may take imported material away', () => {
    const iam = inventory({ roles: [role('idle', [allow('kms:DeleteImportedKeyMaterial')])] });
    expect(tell({ metadata: { Origin: 'EXTERNAL' }, iam }, toRoleArn('idle'))).toMatchObject({
      destroy: 'yes',
    });
    expect(tell({ metadata: denied, iam }, toRoleArn('idle'))).toMatchObject({ destroy: 'yes' });
  });

  it('counts each member of a multi-Region family', () => {
    const replicaArn = keyArn.replace('eu-west-1', 'eu-west-3');
    const replica = {
      key: { arn: replicaArn, region: 'eu-west-3', isNamedByCluster: false },
      policy: keyPolicy(named(reader, ['kms:Decrypt'])),
      iam: inventory({ roles: [role('reader', [])] }),
    };
    const given = {
      policy: keyPolicy(named(toRoleArn('other'), 'kms:Decrypt')),
      iam: inventory({ roles: [role('reader', [])] }),
    };
    expect(tell(given, reader)).toBeUndefined();
    expect(tell(given, reader, replica)).toMatchObject({ decrypt: 'yes' });
  });

  it('says which calls failed', () => {
    const may = ask({ iam: denied, grants: denied });
    expect(may).toMatchObject({
      missing: [
        { what: `the grants on ${keyArn}`, account, reason: 'access-denied: not allowed to ask' },
        {
          what: 'users, groups, roles and their policies',
          account,
          reason: 'access-denied: not allowed to ask',
        },
      ],
    });
  });

  it.each<[string, Given, object]>([
    ['a policy that could not be read', { policy: denied }, { unknown: 'access-denied' }],
    [
      'a policy that nobody understands',
      { policy: { Statement: [{ Effect: 'Perhaps' }] } },
      { unknown: 'unsupported' },
    ],
  ])('does not know who may by %s', (_, given, expected) => {
    expect(ask(given)).toMatchObject(expected);
  });

  it('gives what the published schema says', () => {
    const may = ask({ iam: inventory({ roles: [role('reader', [allow('kms:Decrypt')])] }) });
    expect(whoDocument.shape.may.parse(may)).toEqual(may);
  });
});
