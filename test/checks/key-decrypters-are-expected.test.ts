import { describe, expect, it } from 'vitest';
import { keyDecryptersAreExpected } from '../../shared/checks/key-decrypters-are-expected.ts';
import { decide } from '../../shared/policy/decide.ts';
import { parseIdentityPolicy, parsePolicy } from '../../shared/policy/policy-document.ts';
import { account, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
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
  trustedBy,
  user,
} from './iam-cases.ts';

const tell = (given: Given) => judge(keyDecryptersAreExpected, given);
const reader = role('reader', [allow('kms:Decrypt')]);
const everything = document(allow('*'));
const context = 'kms:EncryptionContext:aws:eks:context';

describe('key-decrypters-are-expected', () => {
  it.each<[string, Given]>([
    ['nobody has IAM policies', { iam: inventory({}) }],
    [
      'only administrators may, by effect: *, kms:*, PowerUserAccess',
      {
        iam: inventory({
          roles: [
            role('any-name', [allow('*')]),
            role('keys', [allow('kms:*')]),
            role('power', [{ Effect: 'Allow', NotAction: ['iam:*', 'account:*'], Resource: '*' }]),
          ],
        }),
      },
    ],
    [
      'the cluster’s own role may, as terraform-aws-eks writes it',
      {
        policy: keyPolicy(delegation, named(toRoleArn('shop-cluster'), ['kms:Decrypt', 'kms:Encrypt'])),
        iam: inventory({ roles: [role('shop-cluster', [allow('kms:Decrypt')])] }),
      },
    ],
    [
      'a service-linked role may, as Auto Scaling needs it',
      {
        policy: keyPolicy(
          delegation,
          named(toRoleArn('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling'), [
            'kms:Decrypt',
          ]),
        ),
        iam: inventory({
          roles: [role('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling', [])],
        }),
      },
    ],
    [
      'it is expected',
      { iam: inventory({ roles: [reader] }), settings: { expected: { decrypters: ['*:role/reader'] } } },
    ],
    [
      'its policy is about other keys',
      { iam: inventory({ roles: [role('reader', [allow('kms:Decrypt', { Resource: `${keyArn}0` })])] }) },
    ],
    [
      'the key policy delegates nothing',
      { policy: keyPolicy(named(toRoleArn('nobody'), 'kms:Decrypt')), iam: inventory({ roles: [reader] }) },
    ],
    [
      'it may only through a service',
      {
        iam: inventory({
          roles: [
            role('reader', [
              allow('kms:Decrypt', { Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } } }),
            ]),
          ],
        }),
      },
    ],
    [
      'it may only with MFA',
      {
        iam: inventory({
          users: [
            user('ops', [
              allow('kms:Decrypt', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
            ]),
          ],
        }),
      },
    ],
    [
      'it may only under another encryption context',
      {
        iam: inventory({
          roles: [
            role('reader', [allow('kms:Decrypt', { Condition: { StringEquals: { [context]: 'other' } } })]),
          ],
        }),
      },
    ],
    [
      'it may only by a tag of the key, which nobody reads',
      {
        iam: inventory({
          roles: [
            role('reader', [
              allow('kms:Decrypt'),
              deny('kms:Decrypt', { Condition: { StringEquals: { 'aws:ResourceTag/team': 'shop' } } }),
            ]),
          ],
        }),
      },
    ],
    [
      'a service control policy denies it',
      {
        iam: inventory({ roles: [reader] }),
        serviceControl: levels(everything, document(allow('*'), deny('kms:Decrypt'))),
      },
    ],
    [
      'a resource control policy denies it',
      {
        iam: inventory({ roles: [reader] }),
        resourceControl: levels(document(deny('kms:Decrypt', { Principal: '*' }))),
      },
    ],
    [
      'its boundary leaves Decrypt out',
      {
        iam: inventory({
          roles: [
            role('reader', [allow('kms:Decrypt')], { PermissionsBoundary: { PermissionsBoundaryArn: 'b' } }),
          ],
          policies: [{ Arn: 'b', Document: document(allow(['s3:*', 'kms:DescribeKey'])) }],
        }),
      },
    ],
    [
      'the statement names a deleted principal',
      { policy: keyPolicy(delegation, named('AROAIOSFODNN7EXAMPLE', 'kms:Decrypt')), iam: inventory({}) },
    ],
    [
      'the statement names a role that does not exist',
      { policy: keyPolicy(delegation, named(toRoleArn('gone'), 'kms:Decrypt')), iam: inventory({}) },
    ],
    [
      'an account whose IAM nobody reads is let in: its own policies have the last word',
      {
        policy: keyPolicy(delegation, named('arn:aws:iam::210987654321:root', 'kms:Decrypt')),
        iam: inventory({}),
      },
    ],
    [
      'control policies could not be read, and nobody may anyway',
      { serviceControl: denied, resourceControl: denied },
    ],
  ])('passes where %s', (_, given) => {
    expect(tell(given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Given, string, string[]]>([
    [
      'an inline policy, through the account’s delegation',
      { policy: keyPolicy(delegation), iam: inventory({ roles: [reader] }) },
      toRoleArn('reader'),
      ['key-policy Root', 'identity-policy role/reader/own#statement 1'],
    ],
    [
      'a managed policy of its group',
      {
        policy: keyPolicy(delegation),
        iam: inventory({
          users: [user('ops', [], { GroupList: ['readers'] })],
          groups: [
            {
              Arn: `arn:aws:iam::${account}:group/readers`,
              GroupName: 'readers',
              AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/Reading' }],
            },
          ],
          policies: [
            {
              Arn: 'arn:aws:iam::aws:policy/Reading',
              Document: document(allow(['kms:De*'], { Sid: 'Keys' })),
            },
          ],
        }),
      },
      `arn:aws:iam::${account}:user/ops`,
      ['key-policy Root', 'identity-policy arn:aws:iam::aws:policy/Reading#Keys'],
    ],
    [
      'the key policy alone, the role with a path named without it',
      {
        policy: keyPolicy(named(toRoleArn('team/reader'), 'kms:ReEncryptFrom')),
        iam: inventory({ roles: [role('team/reader', [])] }),
      },
      toRoleArn('reader'),
      ['key-policy Named'],
    ],
    [
      'a grant under the cluster’s context',
      {
        grants: [
          toEksGrant('shop', 'context-1'),
          {
            GrantId: 'g-2',
            GranteePrincipal: toRoleArn('reader'),
            Operations: ['Decrypt'],
            Constraints: { EncryptionContextSubset: { 'aws:eks:context': 'context-1' } },
          },
        ],
        iam: inventory({ roles: [role('reader', [])] }),
      },
      toRoleArn('reader'),
      ['grant g-2'],
    ],
    [
      'a grant to another account’s role, whose IAM has no say',
      {
        grants: [
          toEksGrant('shop', 'context-1'),
          { GrantId: 'g-2', GranteePrincipal: 'arn:aws:iam::210987654321:role/far', Operations: ['Decrypt'] },
        ],
        iam: inventory({}),
      },
      'arn:aws:iam::210987654321:role/far',
      ['grant g-2'],
    ],
    [
      'conditions that surely hold: its account, the key’s Region, its ARN, the cluster’s context',
      {
        policy: keyPolicy(delegation),
        iam: inventory({
          roles: [
            role('reader', [
              allow('kms:Decrypt', {
                Condition: {
                  StringEquals: {
                    'kms:CallerAccount': account,
                    'aws:RequestedRegion': keyArn.split(':')[3],
                    [context]: 'context-1',
                  },
                  ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/read*' },
                },
              }),
            ]),
          ],
        }),
      },
      toRoleArn('reader'),
      ['key-policy Root', 'identity-policy role/reader/own#statement 1'],
    ],
  ])('fails where a principal may by %s', (_, given, subject, by) => {
    const verdicts = tell(given);
    expect(verdicts).toMatchObject([{ status: 'fail', severity: 'medium', subject, evidence: { by } }]);
    expect(verdicts[0]?.message).toContain('etcd');
    expect(verdicts[0]?.evidence.witness).toMatchObject({ resource: keyArn });
  });

  it('shows a request that the policies allow, whoever replays it', () => {
    const [verdict] = tell({ policy: keyPolicy(delegation), iam: inventory({ roles: [reader] }) });
    const { witness } = (verdict?.evidence ?? {}) as {
      witness: { action: string; context: Record<string, string> };
    };
    const request = {
      principal: { kind: 'role', arn: reader.Arn, accountId: account } as const,
      action: witness.action,
      resource: keyArn,
      context: Object.fromEntries(
        Object.entries(witness.context).map(([key, value]) => [key, [value].flat()]),
      ),
      isClosed: true,
    };
    const identity = {
      policies: [{ ref: 'own', policy: parseIdentityPolicy(document(allow('kms:Decrypt'))) }],
      boundary: null,
    };
    expect(
      decide(request, { keyPolicy: parsePolicy(JSON.stringify(keyPolicy(delegation))), identity }).effect,
    ).toBe('allowed');
    expect(witness.context[context]).toBe('context-1');
  });

  it('tells whoever there is once, whom administrators and those named are not among', () => {
    const verdicts = tell({
      policy: keyPolicy(delegation, allow('kms:Decrypt', { Sid: 'Open', Principal: '*' })),
      iam: inventory({
        users: [user('ops', [])],
        roles: [role('a', []), role('b', []), reader, role('boss', [allow('*')])],
      }),
    });
    expect(verdicts).toMatchObject([
      { subject: toRoleArn('reader') },
      {
        subject: '*',
        evidence: {
          everybody: { count: 3 },
          by: ['key-policy Open'],
          others: { administrators: { count: 1, principals: [toRoleArn('boss')] } },
        },
      },
    ]);
  });

  it('tells administrators as one where they are not expected', () => {
    const given = {
      iam: inventory({ roles: [role('a', [allow('*')]), role('b', [allow('kms:*')])] }),
      settings: { expected: { accountAdministrators: false } },
    };
    expect(tell(given)).toMatchObject([
      { status: 'fail', subject: 'administrators', evidence: { others: { administrators: { count: 2 } } } },
    ]);
  });

  it('names who may under conditions, and what was not seen', () => {
    const conditioned = allow('kms:Decrypt', {
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
    });
    const [verdict] = tell({
      iam: inventory({
        roles: [
          reader,
          role('report', [conditioned], { AssumeRolePolicyDocument: trustedBy({ AWS: root }) }),
        ],
      }),
      serviceControl: denied,
    });
    expect(verdict?.evidence).toMatchObject({
      notVisible: ['session policies', `service control policies of ${account}: access-denied`],
      others: {
        conditional: {
          count: 1,
          principals: [toRoleArn('report')],
          conditions: { [toRoleArn('report')]: ['kms:ViaService StringEquals s3.eu-west-1.amazonaws.com'] },
        },
      },
    });
  });

  it.each<[string, Given]>([
    ['the cluster', { cluster: denied }],
    ['the key’s metadata', { metadata: denied }],
    ['the key policy', { policy: denied }],
    ['the grants', { grants: denied }],
    ['IAM', { iam: denied }],
    [
      'IAM, though a role is named: its boundary has a say, and it may be an administrator',
      { iam: denied, policy: keyPolicy(delegation, named(toRoleArn('reader'), 'kms:Decrypt')) },
    ],
  ])('does not know without %s', (_, given) => {
    expect(tell(given)).toMatchObject(saysDenied);
  });

  it('tells what a part of IAM shows, and that there may be more', () => {
    const given = { iam: inventory({ roles: [reader] }), missing: ['iam.key' as const] };
    expect(tell(given).map(({ status }) => status)).toEqual(['fail', 'unknown']);
    expect(tell({ missing: ['key.grants'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
  });

  it('does not know whether somebody may whose policy could not be read', () => {
    const unread = role('reader', [], {
      AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/X' }],
    });
    const [verdict] = tell({ iam: inventory({ roles: [unread] }) });
    expect(verdict).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining(toRoleArn('reader')),
    });
  });

  it('neither fails nor passes where a call for control policies failed, and names what it would have told', () => {
    const given = { iam: inventory({ roles: [reader] }), serviceControl: levels(document(allow('*'))) };
    expect(tell(given)).toMatchObject([{ status: 'fail' }]);
    expect(tell({ ...given, missing: ['serviceControl.key'] })).toMatchObject([
      { status: 'unknown', message: expect.stringContaining(`${toRoleArn('reader')} by page 2`) },
    ]);
    const everybody = { ...given, resourceControl: levels(document(allow('*', { Principal: '*' }))) };
    expect(tell({ ...everybody, missing: ['resourceControl.key'] })).toMatchObject([{ status: 'unknown' }]);
  });

  it.each([
    ['a policy', { AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/X' }] }],
    ['a boundary', { PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::aws:policy/X' } }],
  ])('neither fails nor passes where %s could not be read, which might deny, and names it', (_, more) => {
    const reader = role('reader', [allow('kms:Decrypt')], more);
    expect(tell({ iam: inventory({ roles: [reader] }) })).toMatchObject([
      {
        status: 'unknown',
        message: expect.stringContaining(`${toRoleArn('reader')} by arn:aws:iam::aws:policy/X`),
      },
    ]);
  });

  it('asks the cluster’s account, too, where the key lives in another', () => {
    const home = '777788889999';
    const centralKey = keyArn.replace(account, home);
    const given: Given = {
      key: { arn: centralKey, account: home },
      policy: keyPolicy(
        allow('kms:*', { Principal: { AWS: `arn:aws:iam::${home}:root` } }),
        named(root, ['kms:Decrypt', 'kms:PutKeyPolicy']),
      ),
      iam: inventory({ roles: [reader] }),
    };
    expect(tell(given)).toMatchObject([{ status: 'fail', subject: toRoleArn('reader') }]);
    expect(tell({ ...given, absent: ['iam.cluster'] }).at(-1)).toMatchObject({ status: 'unknown' });
  });

  it('leaves AWS’s own keys to AWS', () => {
    expect(tell({ metadata: { KeyManager: 'AWS' } })).toMatchObject([{ status: 'not-applicable' }]);
  });

  it('leaves the roles of other clusters on a shared key to key-is-dedicated, and no other role', () => {
    const ofEks = { AssumeRolePolicyDocument: trustedBy({ Service: 'eks.amazonaws.com' }) };
    const given = (clusters: string[]) => ({
      iam: inventory({ roles: [role('other-cluster', [allow('kms:Decrypt')], ofEks), reader] }),
      key: { clusters },
    });
    const arn = `arn:aws:eks:eu-west-1:${account}:cluster/`;
    const failing = (clusters: string[]) => tell(given(clusters)).map(({ subject }) => subject);
    expect(failing([`${arn}shop`, `${arn}other`])).toEqual([toRoleArn('reader')]);
    expect(failing([`${arn}shop`])).toEqual([toRoleArn('other-cluster'), toRoleArn('reader')]);
  });
});
