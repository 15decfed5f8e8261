import { describe, expect, it } from 'vitest';
import { keyPolicyHasNoPublicStatement } from '../../shared/checks/key-policy-has-no-public-statement.ts';
import { account, denied, type Given, judge, keyArn, saysDenied } from './cases.ts';
import {
  allow,
  delegation,
  deny,
  ordinaryPolicies,
  organizationId,
  outside,
  toPolicy,
  toRole,
  toRoot,
  when,
} from './policies.ts';

const ask = (policy: object, more: Given = {}) => judge(keyPolicyHasNoPublicStatement, { policy, ...more });
const org = 'aws:PrincipalOrgID';
const open = (more: object = {}) => allow('*', { Sid: 'Open', ...more });

describe('key-policy-has-no-public-statement', () => {
  it.each(ordinaryPolicies)('passes for the policy of %s', (_, policy) => {
    expect(ask(policy)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for a statement that is open to everybody, and shows a request', () => {
    const [verdict, ...more] = ask(toPolicy(delegation, open({ Action: 'kms:*' })));
    expect(more).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'critical',
      subject: 'Open',
      message: `Statement Open of the policy of ${keyArn} lets anyone, from any AWS account, call kms:Decrypt.`,
      evidence: {
        key: keyArn,
        statement: 'Open',
        witness: {
          principal: 'arn:aws:sts::999999999999:assumed-role/any-role/any-session',
          action: 'kms:Decrypt',
          resource: keyArn,
          context: { 'kms:CallerAccount': '999999999999' },
        },
      },
    });
  });

  it.each<[string, object | object[]]>([
    ['AWS * in a list', open({ Principal: { AWS: [toRoot(account), '*'] } })],
    ['NotPrincipal', open({ Principal: undefined, NotPrincipal: { AWS: toRoot(account) } })],
    ['NotAction', open({ Action: undefined, NotAction: ['kms:List*', 'kms:Describe*'] })],
    ['NotResource', open({ Resource: undefined, NotResource: 'arn:aws:kms:*:*:alias/*' })],
    ['wildcards inside an action', open({ Action: 'KMS:R?Encrypt*' })],
    [
      'CreateGrant for AWS resources',
      open({ Action: 'kms:CreateGrant', ...when('Bool', 'kms:GrantIsForAWSResource', 'true') }),
    ],
    ['kms:ViaService alone', open(when('StringEquals', 'kms:ViaService', 'ec2.eu-west-1.amazonaws.com'))],
    ['…IfExists on the organisation', open(when('StringEqualsIfExists', org, organizationId))],
    ['ForAllValues on the organisation', open(when('ForAllValues:StringEquals', org, organizationId))],
    [
      'ForAllValues on paths that only must exist for others',
      open({
        Condition: {
          'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': `${organizationId}/*` },
          Null: { 'aws:PrincipalTag/a': 'false' },
        },
      }),
    ],
    ['StringLike o-*', open(when('StringLike', org, 'o-*'))],
    ['a negated operator', open(when('StringNotEquals', 'aws:PrincipalAccount', account))],
    ['a negated operator without values', open(when('StringNotEquals', 'aws:PrincipalAccount', []))],
    ['Null on the organisation', open(when('Null', org, 'false'))],
    ['an account id inside a name', open(when('StringLike', 'aws:PrincipalArn', `*${account}*`))],
    ['a role name of any account', open(when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/admin'))],
    ['a tag of the caller', open(when('StringEquals', 'aws:PrincipalTag/org', organizationId))],
    ['the organisation as the caller says', open(when('StringEquals', org, '${aws:PrincipalTag/org}'))],
    ['the organisation equal to itself', open(when('StringEquals', org, '${aws:PrincipalOrgID}'))],
    ['the organisation of the key', open(when('StringEquals', 'aws:ResourceOrgID', organizationId))],
    ['sessions of GetFederationToken', open(when('StringEquals', 'aws:PrincipalType', 'FederatedUser'))],
    ['a Deny that spares one tag', [open(), deny(when('StringNotEquals', 'aws:PrincipalTag/team', 'blue'))]],
    ['a Deny of NotAction', [open(), deny({ Action: undefined, NotAction: 'kms:Decrypt' })]],
    [
      'a Deny of Bool on a tag that says something else',
      [
        open(when('StringEquals', 'aws:PrincipalTag/a', 'yes')),
        deny(when('Bool', 'aws:PrincipalTag/a', 'true')),
      ],
    ],
  ])('fails for %s', (_, statements) => {
    const verdicts = ask(toPolicy(delegation, ...[statements].flat()));
    expect(verdicts).toMatchObject([{ status: 'fail', severity: 'critical', subject: 'Open' }]);
  });

  it('names each open statement once, whatever their Sids', () => {
    const twin = open({ Action: 'kms:Encrypt' });
    const copy = allow('*', { Action: 'kms:CreateGrant' });
    const verdicts = ask(toPolicy(open(), twin, copy, copy, { ...copy, Sid: '' }));
    const subjects = verdicts.map(({ subject }) => subject);
    expect(verdicts.map(({ status }) => status)).toEqual(['fail', 'fail', 'fail']);
    expect(new Set(subjects).size).toBe(3);
    for (const subject of subjects) expect(subject).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [nameless] = ask(toPolicy(copy));
    const poser = allow('*', { Sid: nameless?.subject, Action: 'kms:Encrypt' });
    expect(new Set(ask(toPolicy(poser, copy)).map(({ subject }) => subject)).size).toBe(2);
  });

  it.each<[string, object[]]>([
    ['any service', [open({ Principal: { Service: '*' } })]],
    ...['Bool', 'BoolIfExists'].map((operator): [string, object[]] => [
      `everybody, beside a data perimeter that spares services by ${operator}`,
      [
        open(),
        deny({
          Condition: {
            StringNotEqualsIfExists: { [org]: organizationId },
            [operator]: { 'aws:PrincipalIsAWSService': 'false' },
          },
        }),
      ],
    ]),
  ])('tells of services, and of nobody else, for %s', (_, statements) => {
    expect(ask(toPolicy(delegation, ...statements))).toMatchObject([
      {
        status: 'fail',
        severity: 'high',
        subject: 'Open',
        message: `Statement Open of the policy of ${keyArn} lets AWS services, acting for any account, call kms:Decrypt.`,
      },
    ]);
  });

  it.each(['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:TagResource', 'kms:UpdateAlias'])(
    'passes for %s, which KMS lets nobody call from another account',
    (Action) => {
      expect(ask(toPolicy(delegation, open({ Action })))).toMatchObject([{ status: 'pass' }]);
    },
  );

  it('keeps a Sid of hostile text as it is', () => {
    const Sid = '</td>\u202e\u001b[2J"; DROP';
    expect(ask(toPolicy(open({ Sid })))).toMatchObject([{ status: 'fail', subject: Sid }]);
  });

  it.each<[string, object]>([
    ['in another case of the key', when('StringEquals', 'AWS:principalORGID', organizationId)],
    ['by the account', when('StringEquals', 'aws:PrincipalAccount', '${aws:ResourceAccount}')],
    ['by a network of one’s own', when('IpAddress', 'aws:SourceIp', '203.0.113.0/24')],
    ['by a VPC endpoint', when('StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d')],
  ])('passes for a statement bound %s', (_, condition) => {
    expect(ask(toPolicy(open(condition)))).toMatchObject([{ status: 'pass' }]);
  });

  it('needs neither the organisation nor its id to know a stranger', () => {
    const bound = toPolicy(open(when('StringEquals', org, organizationId)));
    expect(ask(bound, { organization: denied })).toMatchObject([{ status: 'pass' }]);
    expect(ask(toPolicy(open()), { organization: denied })).toMatchObject([{ status: 'fail' }]);
  });

  it('is unknown when the policy could not be read or not be understood', () => {
    expect(ask(denied)).toMatchObject(saysDenied);
    expect(judge(keyPolicyHasNoPublicStatement, { missing: ['key.policy'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
    expect(ask({ Statement: [{ Effect: 'Maybe' }] })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it('is unknown when a statement hangs on aliases that could not be read', () => {
    const policy = toPolicy(
      open({ Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/open' } } }),
    );
    expect(ask(policy, { aliases: denied })).toMatchObject([
      {
        status: 'unknown',
        reason: 'access-denied',
        message: 'statement Open hangs on aliases: not allowed to ask',
      },
    ]);
    expect(ask(policy, { aliases: ['alias/open'] })).toMatchObject([{ status: 'fail' }]);
    expect(ask(policy, { aliases: ['alias/shut'] })).toMatchObject([{ status: 'pass' }]);
    const partial: Given = { aliases: ['alias/shut'], missing: ['key.aliases'] };
    expect(ask(policy, partial)).toMatchObject([
      { status: 'unknown', reason: 'throttled', message: expect.stringContaining('Open hangs on aliases') },
    ]);
    expect(ask(toPolicy(open()), partial)).toMatchObject([{ status: 'fail' }]);
    const spared = toPolicy(
      open(),
      deny({ Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': '*' } } }),
    );
    expect(ask(spared, { aliases: denied })).toMatchObject([{ status: 'unknown' }]);
  });

  it.each<[string, object]>([
    ['an outside account', allow({ AWS: toRoot(outside) })],
    ['a role named', allow({ AWS: toRole('reader', outside) })],
    ['a deleted principal', allow({ AWS: 'AROAEXAMPLEEXAMPLE12' })],
    ['a service named', allow({ Service: 'sns.amazonaws.com' })],
    ['what only shows the key', open({ Action: ['kms:DescribeKey', 'kms:List*', 'kms:Get*'] })],
    ['another key', open({ Resource: 'arn:aws:kms:eu-west-1:111122223333:key/other' })],
  ])('does not tell of %s', (_, statement) => {
    expect(ask(toPolicy(delegation, statement))).toMatchObject([{ status: 'pass' }]);
  });
});
