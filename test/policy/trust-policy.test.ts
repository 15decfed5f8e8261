import { describe, expect, it } from 'vitest';
import { findWorkload, toAssumers } from '../../shared/policy/trust-policy.ts';

const trust = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Principal: object | string, more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: 'sts:AssumeRole',
  ...more,
});
const github = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';

describe('a trust policy', () => {
  it.each<[string, object, object[]]>([
    [
      'accounts and roles',
      allow({ AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:role/a'] }),
      [
        { principal: 'arn:aws:iam::111122223333:root', kind: 'principal' },
        { principal: 'arn:aws:iam::111122223333:role/a', kind: 'principal' },
      ],
    ],
    [
      'services',
      allow({ Service: 'eks.amazonaws.com' }),
      [{ principal: 'eks.amazonaws.com', kind: 'service' }],
    ],
    [
      'providers, with their conditions',
      allow(
        { Federated: github },
        {
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:example/shop:*' } },
        },
      ),
      [{ principal: github, kind: 'federated', conditions: [{ values: ['repo:example/shop:*'] }] }],
    ],
    [
      'a provider of SAML',
      allow({ Federated: 'arn:aws:iam::111122223333:saml-provider/x' }, { Action: 'sts:AssumeRoleWithSAML' }),
      [{ principal: 'arn:aws:iam::111122223333:saml-provider/x', kind: 'federated' }],
    ],
    ['everybody', allow('*'), [{ principal: '*', kind: 'public' }]],
    [
      'everybody but one',
      { Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:*' },
      [{ principal: '*', kind: 'public' }],
    ],
    [
      'nobody by a session tag alone',
      allow({ Service: 'pods.eks.amazonaws.com' }, { Action: 'sts:TagSession' }),
      [],
    ],
    ['nobody by a Deny', { ...allow('*'), Effect: 'Deny' }, []],
  ])('lets in %s', (_, statement, assumers) => {
    expect(toAssumers(trust(statement))).toMatchObject(assumers);
    expect(toAssumers(trust(statement))).toHaveLength(assumers.length);
  });

  it('is not understood where it is none', () => {
    expect(toAssumers('{')).toBeNull();
    expect(findWorkload('{')).toBeUndefined();
  });

  it.each([
    ['ec2.amazonaws.com.cn', true],
    ['lambda.amazonaws.com', true],
    ['eks.amazonaws.com', false],
    ['lambda.amazonaws.com.example.com', false],
  ])('of %s is a workload’s: %s', (service, isWorkload) => {
    expect(findWorkload(trust(allow({ Service: service })))).toBe(isWorkload ? service : undefined);
  });

  const cluster = 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC';
  it.each([
    [{ Federated: cluster }, cluster],
    [{ Federated: [github, cluster] }, cluster],
    [{ Federated: github }, undefined],
    [{ Federated: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks./id/ABC' }, undefined],
    [{ Federated: 'ec2.amazonaws.com' }, undefined],
    [{ AWS: 'arn:aws:iam::111122223333:role/lambda.amazonaws.com' }, undefined],
    [{ AWS: cluster }, undefined],
    [{ Service: 'x-ec2.amazonaws.com' }, undefined],
    [{ Service: 'pods.eks.amazonaws.com' }, 'pods.eks.amazonaws.com'],
    [{ Service: 'ecs-tasks.amazonaws.com' }, 'ecs-tasks.amazonaws.com'],
  ])('that lets in %j is for the workload %s', (who, workload) => {
    const action = 'Federated' in who ? { Action: 'sts:AssumeRoleWithWebIdentity' } : {};
    expect(findWorkload(trust(allow(who, action)))).toBe(workload);
  });
});
