import { describe, expect, it } from 'vitest';
import { keyPolicyTrustsOnlyTheOrganization } from '../../shared/checks/key-policy-trusts-only-the-organization.ts';
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

const ask = (statements: object | object[], more: Given = {}) =>
  judge(keyPolicyTrustsOnlyTheOrganization, {
    policy: toPolicy(delegation, ...[statements].flat()),
    ...more,
  });
const named = (Principal: unknown, more: object = {}) => allow(Principal, { Sid: 'Named', ...more });
const service = (Service: string | string[], more: object = {}) => named({ Service }, more);
const org = 'aws:PrincipalOrgID';
const foreign = 'o-zzzzzzzzzz';

describe('key-policy-trusts-only-the-organization', () => {
  it.each(ordinaryPolicies)('passes for the policy of %s', (_, policy) => {
    expect(judge(keyPolicyTrustsOnlyTheOrganization, { policy })).toMatchObject([
      { status: 'pass', subject: null },
    ]);
  });

  it('fails for an outsider, and shows a request', () => {
    expect(ask(named({ AWS: toRole('reader', outside) }))).toMatchObject([
      {
        status: 'fail',
        severity: 'high',
        subject: 'Named',
        message: `Statement Named of the policy of ${keyArn} lets ${toRole('reader', outside)}, from outside the organisation, call kms:Decrypt.`,
        evidence: {
          key: keyArn,
          statement: 'Named',
          witness: {
            principal: `arn:aws:sts::${outside}:assumed-role/reader/any-session`,
            action: 'kms:Decrypt',
            resource: keyArn,
            context: { 'aws:PrincipalArn': toRole('reader', outside) },
          },
        },
      },
    ]);
  });

  it.each([
    ['the root of an account', named({ AWS: toRoot(outside) }), `account ${outside}`],
    [
      'a session',
      named({ AWS: `arn:aws:sts::${outside}:assumed-role/a/one` }),
      `arn:aws:sts::${outside}:assumed-role/a/one`,
    ],
    [
      'a condition on the account',
      named('*', when('StringEquals', 'kms:CallerAccount', outside)),
      `account ${outside}`,
    ],
    [
      'a pattern of roles',
      named('*', when('ArnLike', 'aws:PrincipalArn', toRole('x-*', outside))),
      `account ${outside}`,
    ],
    [
      'another organisation',
      named('*', when('StringEquals', org, foreign)),
      `any account of organisation ${foreign}`,
    ],
    ['a provider', named({ Federated: 'accounts.google.com' }), 'accounts.google.com'],
  ])('names whom the statement lets in by %s, and no made-up name', (_, statement, admitted) => {
    const [verdict] = ask(statement);
    expect(verdict?.message).toContain(` lets ${admitted}, `);
    expect(verdict?.evidence).toMatchObject({ admitted });
  });

  it.each<[string, object | object[]]>([
    ['the root of an account', named({ AWS: toRoot(outside) })],
    ['a bare account id', named({ AWS: outside })],
    ['a user', named({ AWS: `arn:aws:iam::${outside}:user/x` })],
    ['a session', named({ AWS: `arn:aws:sts::${outside}:assumed-role/reader/one` })],
    ['a federated session', named({ AWS: `arn:aws:sts::${outside}:federated-user/x` })],
    ['a SAML provider', named({ Federated: `arn:aws:iam::${outside}:saml-provider/idp` })],
    ['a web identity provider', named({ Federated: 'accounts.google.com' })],
    ['any provider', named({ Federated: '*' })],
    ['who may only grant', named({ AWS: outside }, { Action: 'kms:CreateGrant' })],
    ['who may only revoke grants', named({ AWS: outside }, { Action: 'kms:Revoke*' })],
    [
      'who is spared by a Deny that spares services too',
      [
        named('*'),
        deny({
          Condition: {
            StringNotEqualsIfExists: { 'aws:PrincipalAccount': [account, outside] },
            BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
          },
        }),
      ],
    ],
    [
      'a principal that its service is to vouch for',
      named({ AWS: outside }, when('StringEquals', 'kms:ViaService', 'rds.eu-west-1.amazonaws.com')),
    ],
    ['another organisation', named('*', when('StringEquals', org, foreign))],
    [
      'paths of another organisation',
      named('*', when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `${foreign}/*`)),
    ],
    ['an account in a condition', named('*', when('StringEquals', 'kms:CallerAccount', [account, outside]))],
    [
      'an ARN in a condition',
      named('*', when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${outside}:role/*`)),
    ],
    [
      'who is spared by a Deny',
      [named('*'), deny(when('StringNotEquals', 'aws:PrincipalAccount', [account, outside]))],
    ],
    [
      'who is spared by the NotPrincipal of a Deny',
      [named('*'), deny({ Principal: undefined, NotPrincipal: { AWS: [toRoot(account), toRoot(outside)] } })],
    ],
  ])('fails for %s', (_, statements) => {
    const verdicts = ask(statements);
    expect(verdicts).toMatchObject([{ status: 'fail', severity: 'high', subject: 'Named' }]);
    expect(verdicts[0]?.message).toContain('from outside the organisation');
  });

  it.each<[string, object, 'high' | 'medium']>([
    ['sns.amazonaws.com', service('sns.amazonaws.com'), 'medium'],
    [
      's3.amazonaws.com',
      service('s3.amazonaws.com', when('StringEqualsIfExists', 'aws:SourceAccount', account)),
      'medium',
    ],
    ['logs.eu-west-1.amazonaws.com', service('logs.eu-west-1.amazonaws.com'), 'medium'],
    [
      'sns.amazonaws.com',
      service('sns.amazonaws.com', when('ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:*:x')),
      'medium',
    ],
    ['lambda.amazonaws.com', service('lambda.amazonaws.com'), 'high'],
    ['states.eu-west-1.amazonaws.com', service('states.eu-west-1.amazonaws.com'), 'high'],
    ['codebuild.amazonaws.com.cn', service('codebuild.amazonaws.com.cn'), 'high'],
    ['pods.eks.amazonaws.com', service('pods.eks.amazonaws.com'), 'high'],
    ['lambda.amazonaws.com', service(['backup.amazonaws.com', 'lambda.amazonaws.com']), 'high'],
    [
      'lambda.amazonaws.com',
      named('*', when('StringEquals', 'aws:PrincipalServiceName', 'lambda.amazonaws.com')),
      'high',
    ],
    [
      'lambda.amazonaws.com',
      named('*', when('StringLike', 'aws:PrincipalServiceName', 'lambda.*amazonaws.com')),
      'high',
    ],
  ])('fails for %s acting for any account', (principal, statement, severity) => {
    const verdicts = ask(statement);
    expect(verdicts).toMatchObject([
      { status: 'fail', severity, subject: 'Named', evidence: { witness: { principal } } },
    ]);
    const words =
      severity === 'high'
        ? 'a service that any customer can drive, for any account'
        : 'a service, for any account';
    expect(verdicts[0]?.message).toBe(
      `Statement Named of the policy of ${keyArn} lets ${principal}, ${words}, call kms:Decrypt.`,
    );
  });

  it.each<[string, object]>([
    ['a source account', when('StringEquals', 'aws:SourceAccount', account)],
    ['a source ARN', when('ArnLike', 'aws:SourceArn', `arn:aws:lambda:*:${account}:*`)],
    ['a source organisation', when('StringEquals', 'aws:SourceOrgID', organizationId)],
    [
      'source organisation paths',
      when('ForAnyValue:StringLike', 'aws:SourceOrgPaths', `${organizationId}/*`),
    ],
  ])('passes for a service bound by %s', (_, condition) => {
    expect(ask(service('lambda.amazonaws.com', condition))).toMatchObject([{ status: 'pass' }]);
  });

  it('tells an outsider before a service of the same statement, once', () => {
    const both = named({ AWS: outside, Service: 'lambda.amazonaws.com' });
    expect(ask([both, both])).toMatchObject([
      { status: 'fail', subject: expect.stringContaining('sha256:') },
    ]);
    expect(ask(both)[0]?.message).toContain('from outside the organisation');
  });

  it.each<[string, object[], (string | null)[]]>([
    ['a public statement', [named('*')], []],
    [
      'beside a service and an outsider that another names',
      [
        named('*'),
        allow({ AWS: outside }, { Sid: 'Two' }),
        allow({ Service: 's3.amazonaws.com' }, { Sid: 'Three' }),
      ],
      ['Two', 'Three'],
    ],
    ['a public NotPrincipal', [named(undefined, { NotPrincipal: { AWS: outside } })], []],
    ['a service that is any', [named({ Service: '*' })], []],
    ['an outsider in its own list', [named({ AWS: ['*', toRoot(outside)] })], ['Named']],
    ['a service in its own list', [named({ AWS: '*', Service: 's3.amazonaws.com' })], ['Named']],
  ])('leaves to key-policy-has-no-public-statement %s', (_, statements, subjects) => {
    const failed = ask(statements).filter(({ status }) => status === 'fail');
    expect(failed.map(({ subject }) => subject)).toEqual(subjects);
  });

  it.each<[string, Given]>([
    ['in the organisation', { organization: { accounts: [account, outside] } }],
    ['trusted', { settings: { trustedAccounts: [outside] } }],
    ['listed by the configuration', { settings: { organizationAccounts: [outside] }, organization: denied }],
  ])('passes for an account %s', (_, given) => {
    expect(ask(named({ AWS: outside }), given)).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown about an account when its organisation’s accounts could not be read', () => {
    const [verdict, ...more] = ask(named({ AWS: outside }), { organization: denied });
    expect(more).toEqual([]);
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'access-denied' });
    expect(verdict?.message).toBe(
      `statement Named lets in account ${outside}; whether account ${outside} belongs to the organisation is not known: not allowed to ask`,
    );
    expect(ask(named({ AWS: outside }), { missing: ['organization'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
    expect(ask(named({ AWS: outside }), { absent: ['organization'] })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it.each<[string, Given, string]>([
    ['could not be read', { organization: denied }, 'access-denied'],
    ['has no id', { organization: { id: undefined } }, 'failed'],
  ])('is unknown about an organisation when the own one %s', (_, given, reason) => {
    for (const key of [org, 'aws:principalORGid']) {
      const [verdict] = ask(named('*', when('StringEquals', key, foreign)), given);
      expect(verdict).toMatchObject({ status: 'unknown', reason });
      expect(verdict?.message).toBe(
        `statement Named lets in organisation ${foreign}; whether that is the cluster’s own is not known`,
      );
    }
  });

  it('still fails for a service, and for who cannot be one of ours, when the organisation is unknown', () => {
    const verdicts = ask([service('sns.amazonaws.com'), allow({ AWS: outside }, { Sid: 'Two' })], {
      organization: denied,
    });
    expect(verdicts).toMatchObject([{ status: 'fail', subject: 'Named' }, { status: 'unknown' }]);
    expect(ask(named({ Federated: 'accounts.google.com' }), { organization: denied })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it('adds no unknown to a statement that fails for an outsider, and one to a service’s', () => {
    const given: Given = { organization: denied };
    const beside = (Principal: object) => ask(named(Principal), given).map(({ status }) => status);
    expect(beside({ AWS: outside, Federated: 'accounts.google.com' })).toEqual(['fail']);
    expect(beside({ AWS: outside, Service: 'sns.amazonaws.com' })).toEqual(['fail', 'unknown']);
  });

  it('is unknown when the policy could not be read, or hangs on aliases that could not', () => {
    expect(ask([], { policy: denied })).toMatchObject(saysDenied);
    const aliased = named(
      { AWS: outside },
      when('ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/open'),
    );
    expect(ask(aliased, { aliases: denied })).toMatchObject([{ status: 'unknown', reason: 'access-denied' }]);
    const partial: Given = { aliases: ['alias/shut'], missing: ['key.aliases'] };
    expect(ask(aliased, partial)).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    expect(ask(aliased, { aliases: ['alias/open'] })).toMatchObject([{ status: 'fail' }]);
    expect(ask(aliased, { aliases: ['alias/shut'] })).toMatchObject([{ status: 'pass' }]);
  });

  it('judges the key’s own account by its owner where the cluster names the key', () => {
    const arn = keyArn.replace(account, outside);
    const policy = toPolicy(allow({ AWS: toRoot(outside) }, { Action: 'kms:*', Sid: 'Owner' }));
    const key = { arn, account: outside };
    expect(ask([], { policy, key })).toMatchObject([{ status: 'pass' }]);
    expect(ask([], { policy, key: { ...key, isNamedByCluster: false } })).toMatchObject([
      { status: 'fail', subject: 'Owner' },
    ]);
  });

  it.each<[string, object]>([
    [
      'what KMS lets nobody call from another account',
      named(
        { AWS: outside },
        { Action: ['kms:Put*', 'kms:ScheduleKeyDeletion', 'kms:TagResource', 'kms:*Alias'] },
      ),
    ],
    ['a deleted principal', named({ AWS: 'AROAEXAMPLEEXAMPLE12' })],
    ['a service that only describes', service('cloudtrail.amazonaws.com', { Action: 'kms:DescribeKey' })],
    [
      'an outsider held to the organisation',
      named({ AWS: outside }, when('StringEquals', org, organizationId)),
    ],
    [
      'what a statement says of another key',
      named({ AWS: outside }, { Resource: 'arn:aws:kms:eu-west-1:1:key/x' }),
    ],
  ])('does not tell of %s', (_, statement) => {
    expect(ask(statement)).toMatchObject([{ status: 'pass' }]);
  });
});
