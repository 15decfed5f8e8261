/** What a request says of who calls, and how it is told. */
import { describe, expect, it } from 'vitest';
import { toAdmitted } from '../../shared/policy/admitted.ts';
import type { Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { toWitnessJson } from '../../shared/policy/witness-json.ts';
import { callers } from './case-file.ts';
import { keyAccountId, keyArn, open, organizationId, outsideAccountId, toPolicy } from './policies.ts';

const ofAccount = (arn: string, type: string) => ({
  'aws:PrincipalArn': [arn],
  'aws:PrincipalAccount': [keyAccountId],
  'aws:PrincipalType': [type],
  'aws:PrincipalIsAWSService': ['false'],
  'kms:CallerAccount': [keyAccountId],
});
const federatedUser = `arn:aws:sts::${keyAccountId}:federated-user/ann`;

describe('the condition keys that follow from who calls', () => {
  it.each<[says: string, principal: Principal, context: Record<string, string[]>]>([
    ['a session', callers.session, ofAccount(callers.session.roleArn, 'AssumedRole')],
    [
      'a session that says its id',
      { ...callers.session, userId: 'AROAX:one' },
      { ...ofAccount(callers.session.roleArn, 'AssumedRole'), 'aws:userid': ['AROAX:one'] },
    ],
    ['a role', callers.role, ofAccount(callers.role.arn, 'AssumedRole')],
    [
      'a user',
      { ...callers.user, arn: `arn:aws:iam::${keyAccountId}:user/team/ops` },
      { ...ofAccount(`arn:aws:iam::${keyAccountId}:user/team/ops`, 'User'), 'aws:username': ['ops'] },
    ],
    [
      'a user that says its id',
      { ...callers.user, userId: 'AIDAX' },
      { ...ofAccount(callers.user.arn, 'User'), 'aws:username': ['ops'], 'aws:userid': ['AIDAX'] },
    ],
    [
      'a federated user',
      { kind: 'user', arn: federatedUser, accountId: keyAccountId },
      { ...ofAccount(federatedUser, 'FederatedUser'), 'aws:userid': [`${keyAccountId}:ann`] },
    ],
    [
      'a federated user that says its id',
      { kind: 'user', arn: federatedUser, accountId: keyAccountId, userId: 'x:ann' },
      { ...ofAccount(federatedUser, 'FederatedUser'), 'aws:userid': ['x:ann'] },
    ],
    [
      'the root user',
      callers.root,
      { ...ofAccount(callers.root.arn, 'Account'), 'aws:userid': [keyAccountId] },
    ],
    [
      'a web identity',
      { kind: 'federated', provider: 'accounts.google.com', accountId: null },
      { 'aws:FederatedProvider': ['accounts.google.com'], 'aws:PrincipalIsAWSService': ['false'] },
    ],
    [
      'a provider of an account',
      { kind: 'federated', provider: 'p', accountId: keyAccountId },
      {
        'aws:FederatedProvider': ['p'],
        'aws:PrincipalIsAWSService': ['false'],
        'aws:PrincipalAccount': [keyAccountId],
        'kms:CallerAccount': [keyAccountId],
      },
    ],
    [
      'a service',
      callers.service,
      { 'aws:PrincipalIsAWSService': ['true'], 'aws:PrincipalServiceName': ['s3.amazonaws.com'] },
    ],
    [
      'nobody',
      { kind: 'anonymous' },
      {
        'aws:PrincipalType': ['Anonymous'],
        'aws:PrincipalIsAWSService': ['false'],
        'aws:userid': ['anonymous'],
      },
    ],
  ])('are those of %s', (_, principal, context) => {
    expect(toIdentityContext(principal)).toEqual(context);
    const isOfOrganization = !['service', 'federated', 'anonymous'].includes(principal.kind);
    expect(toIdentityContext(principal, { organizationId })).toEqual(
      isOfOrganization ? { ...context, 'aws:PrincipalOrgID': [organizationId] } : context,
    );
  });
});

const toRequest = (principal: Principal, context: Request['context'] = {}): Request => ({
  principal,
  action: 'kms:Decrypt',
  resource: keyArn,
  context,
  isClosed: true,
});

describe('a witness as evidence', () => {
  it.each<[Principal, string]>([
    [callers.session, callers.session.arn],
    [callers.role, callers.role.arn],
    [callers.user, callers.user.arn],
    [callers.root, callers.root.arn],
    [callers.service, 's3.amazonaws.com'],
    [{ kind: 'federated', provider: 'accounts.google.com', accountId: null }, 'accounts.google.com'],
    [{ kind: 'anonymous' }, 'anonymous'],
  ])('names %j as %s', (principal, name) => {
    expect(toWitnessJson(toRequest(principal))).toEqual({
      principal: name,
      action: 'kms:Decrypt',
      resource: keyArn,
      context: {},
    });
  });

  it('tells the context sorted, one value as itself and others as a list', () => {
    const { context } = toWitnessJson(toRequest(callers.user, { b: ['1', '2'], c: [], a: ['1'] }));
    expect(Object.entries(context)).toEqual([
      ['a', '1'],
      ['b', ['1', '2']],
      ['c', []],
    ]);
  });
});

describe('whom a statement admits', () => {
  const inOrganization = { 'aws:PrincipalOrgID': [organizationId] };
  const outsider = callers.outsider;
  it.each<[says: string, statement: object, request: Request, admitted: string]>([
    [
      'a session by its role',
      open({ Principal: { AWS: outsider.roleArn } }),
      toRequest(outsider),
      outsider.roleArn,
    ],
    [
      'a session by itself',
      open({ Principal: { AWS: [outsider.arn, outsider.roleArn] } }),
      toRequest(outsider),
      outsider.arn,
    ],
    [
      'a role by a condition',
      open({ Condition: { ArnEquals: { 'aws:PrincipalArn': outsider.roleArn } } }),
      toRequest(outsider),
      outsider.roleArn,
    ],
    [
      'an account',
      open({ Principal: { AWS: outsideAccountId } }),
      toRequest(outsider, inOrganization),
      `account ${outsideAccountId}`,
    ],
    [
      'an account by its root',
      open({ Principal: { AWS: `arn:aws:iam::${outsideAccountId}:root` } }),
      toRequest(outsider),
      `account ${outsideAccountId}`,
    ],
    [
      'an organisation',
      open({ Condition: { StringEquals: { 'aws:PrincipalOrgID': organizationId } } }),
      toRequest(outsider, inOrganization),
      `any account of organisation ${organizationId}`,
    ],
    ['anybody', open(), toRequest(outsider), outsider.arn],
    [
      'a service',
      open({ Principal: { Service: 's3.amazonaws.com' } }),
      toRequest(callers.service),
      's3.amazonaws.com',
    ],
    ['a service that it does not name', open(), toRequest(callers.service), 's3.amazonaws.com'],
    [
      'a provider',
      open({ Principal: { Federated: 'accounts.google.com' } }),
      toRequest({ kind: 'federated', provider: 'accounts.google.com', accountId: null }),
      'accounts.google.com',
    ],
    [
      'nobody',
      open({ Principal: undefined, NotPrincipal: { AWS: outsideAccountId } }),
      toRequest({ kind: 'anonymous' }),
      'anonymous',
    ],
    [
      'an account among others',
      open({ Principal: { AWS: [keyAccountId, outsideAccountId] } }),
      toRequest(outsider),
      `account ${outsideAccountId}`,
    ],
    ['a user', open({ Principal: { AWS: callers.user.arn } }), toRequest(callers.user), callers.user.arn],
  ])('is %s', (_, given, request, admitted) => {
    const [statement] = toPolicy(given).statements;
    expect(statement && toAdmitted(request, statement)).toBe(admitted);
  });
});
