import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import { findWitness, type WitnessResult } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import {
  delegation,
  deny,
  keyAccountId,
  keyArn,
  open,
  organizationId,
  outsideAccountId,
  root,
  toPolicy,
} from './policies.ts';

const actions = ['kms:Decrypt', 'kms:Encrypt', 'kms:CreateGrant', 'kms:PutKeyPolicy'];
const anyone: Zone = { kind: 'anyone', organizationId };
const outside: Zone = {
  kind: 'outside',
  organizationId,
  classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
};
const unknown: Zone = {
  ...outside,
  kind: 'unknown',
  classifyAccount: (id) => (id === keyAccountId ? 'inside' : 'unknown'),
};
const service: Zone = { kind: 'service', organizationId };

type Case = [says: string, statements: object | object[], answer: 'found' | 'none'];
const when = (operator: string, key: string, value: unknown) =>
  open({ Condition: { [operator]: { [key]: value } } });
const org = 'aws:PrincipalOrgID';

const strangers: Case[] = [
  ['a plain *', open(), 'found'],
  ['AWS *', open({ Principal: { AWS: '*' } }), 'found'],
  ['AWS * in a list', open({ Principal: { AWS: [root, '*'] } }), 'found'],
  ['NotPrincipal with Allow', open({ Principal: undefined, NotPrincipal: { AWS: root } }), 'found'],
  ['kms:* in actions', open({ Action: 'kms:*' }), 'found'],
  ['a lone * in actions', open({ Action: '*' }), 'found'],
  ['wildcards inside an action', open({ Action: 'KMS:d*CRYPT' }), 'found'],
  ['NotAction of something else', open({ Action: undefined, NotAction: 'kms:ListGrants' }), 'found'],
  ['NotAction of kms:*', open({ Action: undefined, NotAction: 'kms:*' }), 'none'],
  ['an action nobody asked about', open({ Action: 'kms:ListGrants' }), 'none'],
  ["the key's own ARN as resource", open({ Resource: keyArn }), 'found'],
  ['another key as resource', open({ Resource: 'arn:aws:kms:eu-west-1:111122223333:key/other' }), 'none'],
  ['the default delegation', delegation, 'none'],
  ['StringEquals on the organisation', when('StringEquals', org, organizationId), 'none'],
  [
    'the organisation in another case of key',
    when('StringEquals', 'AWS:principalORGid', organizationId),
    'none',
  ],
  ['StringLike * on the organisation', when('StringLike', org, '*'), 'found'],
  ['StringLike o-* on the organisation', when('StringLike', org, 'o-*'), 'found'],
  ['StringEquals * on the organisation, a literal', when('StringEquals', org, '*'), 'none'],
  ['StringEqualsIfExists on the organisation', when('StringEqualsIfExists', org, organizationId), 'found'],
  [
    'ForAnyValue:StringEquals on the organisation',
    when('ForAnyValue:StringEquals', org, organizationId),
    'none',
  ],
  [
    'ForAllValues:StringEquals on the organisation',
    when('ForAllValues:StringEquals', org, organizationId),
    'found',
  ],
  ['StringNotEquals on the organisation', when('StringNotEquals', org, organizationId), 'found'],
  [
    'ForAnyValue:StringLike on the own paths',
    when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `${organizationId}/*`),
    'none',
  ],
  [
    'ForAllValues:StringLike on the own paths',
    when('ForAllValues:StringLike', 'aws:PrincipalOrgPaths', `${organizationId}/*`),
    'found',
  ],
  ["the resource's organisation as variable", when('StringEquals', org, '${aws:ResourceOrgID}'), 'none'],
  [
    "the resource's account as variable",
    when('StringEquals', 'aws:PrincipalAccount', '${aws:ResourceAccount}'),
    'none',
  ],
  ['a variable in the older language', toVersionless(), 'none'],
  ['kms:CallerAccount', when('StringEquals', 'kms:CallerAccount', keyAccountId), 'none'],
  ['kms:callerAccount in another case', when('StringEquals', 'KMS:callerACCOUNT', keyAccountId), 'none'],
  [
    'kms:CallerAccount among wildcards',
    when('StringLike', 'kms:CallerAccount', ['*', keyAccountId]),
    'found',
  ],
  ['an account pattern with room for others', when('StringLike', 'aws:PrincipalAccount', '1111*'), 'found'],
  ['an account pattern without room', when('StringLike', 'aws:PrincipalAccount', '1111222233330*'), 'none'],
  [
    'aws:PrincipalArn in the own account',
    when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${keyAccountId}:role/*`),
    'none',
  ],
  [
    'aws:PrincipalArn of any account',
    when('StringLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/OrgAdmin'),
    'found',
  ],
  ['ArnLike of any account', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/OrgAdmin'), 'found'],
  ['ArnEquals, which is ArnLike', when('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:user/*'), 'found'],
  [
    'a wildcard of ArnLike that would have to cross a colon',
    when('ArnLike', 'aws:PrincipalArn', 'arn:*:role/OrgAdmin'),
    'none',
  ],
  ['kms:ViaService alone', when('StringEquals', 'kms:ViaService', 'ec2.eu-west-1.amazonaws.com'), 'found'],
  ['aws:PrincipalIsAWSService alone', when('Bool', 'aws:PrincipalIsAWSService', 'true'), 'found'],
  [
    'any tag without a letter',
    open({
      Condition: {
        StringNotLike: { 'aws:PrincipalTag/team': '*a*' },
        Null: { 'aws:PrincipalTag/team': 'false' },
      },
    }),
    'found',
  ],
  ['a principal tag', when('StringEquals', 'aws:PrincipalTag/team', 'platform'), 'found'],
  [
    'a tag equal to the own account',
    when('StringEquals', 'aws:PrincipalTag/owner', '${aws:PrincipalAccount}'),
    'found',
  ],
  [
    'the account equal to a tag',
    when('StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalTag/owner}'),
    'found',
  ],
  [
    'a tag that must and must not be the account',
    [
      when('StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalTag/a}'),
      deny({ Condition: { StringNotLike: { 'aws:PrincipalTag/a': '1*3' } } }),
    ],
    'none',
  ],
  ['an encryption context', when('StringEquals', 'kms:EncryptionContext:app', 'billing'), 'found'],
  ["a network of one's own", when('IpAddress', 'aws:SourceIp', '203.0.113.0/24'), 'none'],
  ['every IPv4 address', when('IpAddress', 'aws:SourceIp', '0.0.0.0/0'), 'found'],
  ['every IPv6 address', when('IpAddress', 'aws:SourceIp', '::/0'), 'found'],
  ['half of the internet', when('IpAddress', 'aws:SourceIp', '0.0.0.0/1'), 'found'],
  ['outside a network', when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24'), 'found'],
  [
    "a private address, which anybody's network has",
    when('IpAddress', 'aws:VpcSourceIp', '10.0.0.0/8'),
    'found',
  ],
  ['a VPC', when('StringEquals', 'aws:SourceVpc', 'vpc-0a1b2c3d'), 'none'],
  ['any VPC', when('StringLike', 'aws:SourceVpc', 'vpc-*'), 'found'],
  ['a VPC endpoint', when('StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d'), 'none'],
  ['a source account', when('StringEquals', 'aws:SourceAccount', keyAccountId), 'none'],
  ['a source account if it exists', when('StringEqualsIfExists', 'aws:SourceAccount', keyAccountId), 'found'],
  ['a source ARN', when('ArnLike', 'aws:SourceArn', `arn:aws:s3:::${'logs'}`), 'none'],
  ['MFA', when('Bool', 'aws:MultiFactorAuthPresent', 'true'), 'found'],
  ['no TLS', when('Bool', 'aws:SecureTransport', 'false'), 'none'],
  ['TLS', when('Bool', 'aws:SecureTransport', 'true'), 'found'],
  ['an hour of the past', when('DateLessThan', 'aws:CurrentTime', '2020-01-01T00:00:00Z'), 'found'],
  ['another Region', when('StringEquals', 'aws:RequestedRegion', 'us-east-1'), 'none'],
  ["the key's Region", when('StringEquals', 'aws:RequestedRegion', 'eu-west-1'), 'found'],
  ['a number', when('NumericLessThan', 'aws:MultiFactorAuthAge', '3600'), 'found'],
  ['binary', when('BinaryEquals', 'some:Blob', 'QmluYXJ5'), 'found'],
  ['a key that must be absent and is never there', when('Null', 'aws:SourceAccount', 'true'), 'found'],
  [
    'a key that must be there and never is',
    [open({ Condition: { Null: { [org]: 'false' }, StringNotLike: { [org]: '*' } } })],
    'none',
  ],
  ['a condition nobody knows', when('StringEquals', 'future:Key', 'x'), 'found'],
  [
    'an AWS managed key',
    open({
      Principal: { AWS: '*' },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:CreateGrant'],
      Condition: {
        StringEquals: { 'kms:CallerAccount': keyAccountId, 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' },
      },
    }),
    'none',
  ],
  [
    'contradictory conditions',
    open({
      Condition: {
        StringLike: { 'aws:PrincipalTag/a': 'x*' },
        StringNotLike: { 'aws:PrincipalTag/a': '?*' },
      },
    }),
    'none',
  ],
  [
    'patterns that meet only in one value',
    open({
      Condition: {
        StringLike: { 'aws:PrincipalTag/a': 'x*b' },
        StringNotLike: { 'aws:PrincipalTag/a': 'x?*b' },
      },
    }),
    'found',
  ],
  [
    'a Deny of those without the organisation',
    [open(), deny({ Condition: { StringNotEquals: { [org]: organizationId } } })],
    'none',
  ],
  [
    'a Deny of those with another organisation if any',
    [open(), deny({ Condition: { StringNotEqualsIfExists: { [org]: organizationId } } })],
    'none',
  ],
  [
    'a Deny that spares who has no organisation',
    [open(), deny({ Condition: { StringNotEquals: { [org]: organizationId }, Null: { [org]: 'false' } } })],
    'found',
  ],
  [
    'a Deny that spares services',
    [
      open(),
      deny({
        Condition: {
          StringNotEquals: { [org]: organizationId },
          BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
        },
      }),
    ],
    'found',
  ],
  [
    'a Deny of all but the root',
    [open(), { Effect: 'Deny', NotPrincipal: { AWS: root }, Action: '*', Resource: '*' }],
    'none',
  ],
  ['a Deny of one who is no stranger', [open(), deny({ Principal: { AWS: root } })], 'found'],
  ['a Deny of another action', [open(), deny({ Action: 'kms:Encrypt' })], 'found'],
  [
    'a Deny of one encryption context',
    [open(), deny({ Condition: { StringEquals: { 'kms:EncryptionContext:app': 'billing' } } })],
    'found',
  ],
  [
    'a Deny unless through S3 with a bucket key',
    [open(), deny({ Condition: { StringNotLike: { 'kms:ViaService': 's3.*.amazonaws.com' } } })],
    'found',
  ],
  [
    'two Denies that leave nothing',
    [
      open(),
      deny({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
      deny({ Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } }),
    ],
    'none',
  ],
  [
    'lists of encryption context keys',
    open({
      Condition: {
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] },
        'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'a' },
        Null: { 'kms:EncryptionContextKeys': 'false' },
      },
    }),
    'found',
  ],
  [
    'two lists that must hold different values',
    open({
      Condition: {
        'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' },
        'ForAnyValue:StringLike': { 'aws:TagKeys': 'b*' },
      },
    }),
    'found',
  ],
];

const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const administer = [
  'kms:Create*',
  'kms:Put*',
  'kms:Revoke*',
  'kms:Disable*',
  'kms:Delete*',
  'kms:ScheduleKeyDeletion',
  'kms:ReplicateKey',
  'kms:ImportKeyMaterial',
];
const role = (name: string) => ({ AWS: `arn:aws:iam::${keyAccountId}:role/${name}` });
const attach = {
  Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
  Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
};
const ordinary: [string, object[]][] = [
  [
    'the console',
    [
      delegation,
      open({ Principal: role('admin'), Action: administer }),
      open({ Principal: role('user'), Action: use }),
      open({ Principal: role('user'), ...attach }),
    ],
  ],
  [
    'terraform-aws-kms',
    [
      delegation,
      open({ Sid: 'KeyAdministration', Principal: role('terraform'), Action: administer }),
      open({ Sid: 'KeyUsage', Principal: role('cluster'), Action: use }),
    ],
  ],
  [
    'Auto Scaling',
    [
      delegation,
      open({
        Principal: role('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling'),
        Action: use,
      }),
    ],
  ],
];

describe('findWitness on the policies that everybody has', () => {
  it.each(ordinary)('is quiet about those of %s', (_, statements) => {
    for (const zone of [anyone, outside, unknown, service]) {
      expect(findWitness({ actions, zone, keyArn }, { keyPolicy: toPolicy(statements) })).toEqual({
        none: true,
      });
    }
  });
});

function toVersionless(): object {
  // `${…}` is plain text in 2008-10-17, where no account is called that; see the runner.
  return { ...when('StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalAccount}'), Sid: 'older' };
}

const outsiders: Case[] = [
  ['an outside root', open({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:root` } }), 'found'],
  ['an outside account id', open({ Principal: { AWS: outsideAccountId } }), 'found'],
  [
    'an outside role',
    open({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/path/reader` } }),
    'found',
  ],
  ['an outside user', open({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:user/reader` } }), 'found'],
  [
    'an outside session',
    open({ Principal: { AWS: `arn:aws:sts::${outsideAccountId}:assumed-role/reader/one` } }),
    'found',
  ],
  [
    'an outside account in a condition',
    when('StringEquals', 'aws:PrincipalAccount', outsideAccountId),
    'found',
  ],
  [
    'an outside caller account',
    when('StringEquals', 'kms:CallerAccount', [keyAccountId, outsideAccountId]),
    'found',
  ],
  [
    'an outside ARN in a condition',
    when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${outsideAccountId}:role/*`),
    'found',
  ],
  ['another organisation', when('StringEquals', org, 'o-zzzzzzzzzz'), 'found'],
  ['the own organisation', when('StringEquals', org, organizationId), 'none'],
  [
    'an outside root held to the organisation',
    open({ Principal: { AWS: outsideAccountId }, Condition: { StringEquals: { [org]: organizationId } } }),
    'none',
  ],
  [
    'an outside root shut out by a Deny',
    [
      open({ Principal: { AWS: outsideAccountId } }),
      deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': keyAccountId } } }),
    ],
    'none',
  ],
  [
    'an outside role that alone is denied',
    [
      open({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/reader` } }),
      deny({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/reader` } }),
    ],
    'none',
  ],
  [
    'an outside root of which one role is denied',
    [
      open({ Principal: { AWS: outsideAccountId } }),
      deny({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/reader` } }),
    ],
    'found',
  ],
  [
    'an outside SAML provider',
    open({ Principal: { Federated: `arn:aws:iam::${outsideAccountId}:saml-provider/idp` } }),
    'found',
  ],
  [
    'the own SAML provider',
    open({ Principal: { Federated: `arn:aws:iam::${keyAccountId}:saml-provider/idp` } }),
    'none',
  ],
  ['a web identity provider', open({ Principal: { Federated: 'accounts.google.com' } }), 'found'],
  ['the own account', delegation, 'none'],
  ['a deleted principal', open({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE12' } }), 'none'],
];

const bySource = (condition: object, principal = 's3.amazonaws.com') =>
  open({ Principal: { Service: principal }, Action: 'kms:*', Condition: condition });
const services: Case[] = [
  ['a service alone', open({ Principal: { Service: 'sns.amazonaws.com' } }), 'found'],
  ['no service', open(), 'none'],
  ['a source account', bySource({ StringEquals: { 'aws:SourceAccount': keyAccountId } }), 'none'],
  [
    'a source account if it exists',
    bySource({ StringEqualsIfExists: { 'aws:SourceAccount': keyAccountId } }),
    'found',
  ],
  ['any source account', bySource({ StringLike: { 'aws:SourceAccount': '*' } }), 'found'],
  [
    'a source ARN in the account',
    bySource({ ArnLike: { 'aws:SourceArn': `arn:aws:cloudtrail:*:${keyAccountId}:trail/*` } }),
    'none',
  ],
  [
    'a source ARN of any account',
    bySource({ ArnLike: { 'aws:SourceArn': 'arn:aws:cloudtrail:*:*:trail/*' } }),
    'found',
  ],
  ["a bucket's ARN", bySource({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::logs-of-ours' } }), 'none'],
  ['any bucket of a name', bySource({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::logs-*' } }), 'found'],
  ['a source organisation', bySource({ StringEquals: { 'aws:SourceOrgID': organizationId } }), 'none'],
  [
    'source organisation paths',
    bySource({ 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': `${organizationId}/*` } }),
    'none',
  ],
  [
    'CloudTrail bound by the trail it encrypts for',
    bySource(
      {
        StringLike: {
          'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${keyAccountId}:trail/*`,
        },
      },
      'cloudtrail.amazonaws.com',
    ),
    'none',
  ],
  [
    'CloudWatch Logs bound by its log group',
    bySource(
      {
        ArnEquals: {
          'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${keyAccountId}:log-group:x`,
        },
      },
      'logs.eu-west-1.amazonaws.com',
    ),
    'none',
  ],
  [
    'another pair of the encryption context',
    bySource({ StringEquals: { 'kms:EncryptionContext:app': 'x' } }),
    'found',
  ],
  [
    'a Deny by source account',
    [bySource({}), deny({ Condition: { StringNotEquals: { 'aws:SourceAccount': keyAccountId } } })],
    'none',
  ],
];

function toAnswer(result: WitnessResult): string {
  return Object.keys(result)[0] ?? '';
}

describe.each<[string, Zone, Case[]]>([
  ['anyone', anyone, strangers],
  ['outside', outside, outsiders],
  [
    'unknown',
    unknown,
    outsiders.filter(([says]) => says !== 'a web identity provider' && says !== 'another organisation'),
  ],
  ['service', service, services],
])('findWitness in the zone %s', (_, zone, cases) => {
  it.each(cases)('answers for %s', (says, statements, answer) => {
    const version = says.includes('older language') ? '2008-10-17' : '2012-10-17';
    const keyPolicy = toPolicy(statements, version);
    const result = findWitness({ actions, zone, keyArn }, { keyPolicy });
    expect(toAnswer(result), JSON.stringify(result)).toBe(answer);
    if ('found' in result) {
      expect(decide(result.found, { keyPolicy }).effect).toBe('allowed');
    }
  });
});
