import { expect, it } from 'vitest';
import { parseTrustPolicy } from '../../shared/policy/policy-document.ts';
import { type Entry, isLetIn } from '../../shared/policy/trust-decision.ts';

const roleArn = 'arn:aws:iam::111122223333:role/a';
const allow = (more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: 'sts:AssumeRole',
  ...more,
});
const ask = (statements: object[], entry: Partial<Entry> = {}) =>
  isLetIn(parseTrustPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })), {
    principal: { kind: 'service', service: 'pods.eks.amazonaws.com' },
    action: 'sts:AssumeRole',
    roleArn,
    context: { 'aws:RequestTag/team': ['shop'] },
    isAbsent: (key) => key.startsWith('aws:requesttag/'),
    ...entry,
  });
const under = (condition: object) => allow({ Condition: condition });

it.each<[string, object[], ReturnType<typeof ask>]>([
  ['a statement that names it', [allow()], true],
  ['a statement that names another', [allow({ Principal: { Service: 'ec2.amazonaws.com' } })], false],
  ['a statement for another call', [allow({ Action: 'sts:TagSession' })], false],
  [
    'a condition that holds, its key in any case',
    [under({ StringEquals: { 'aws:requestTag/TEAM': 'shop' } })],
    true,
  ],
  ['a condition that does not', [under({ StringEquals: { 'aws:RequestTag/team': 'else' } })], false],
  [
    'a condition on what is surely absent',
    [under({ StringEquals: { 'aws:RequestTag/stage': 'prod' } })],
    false,
  ],
  [
    'a condition on what nobody can see',
    [under({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    'unknown',
  ],
  ['a denial', [allow(), { ...allow(), Effect: 'Deny' }], false],
  [
    'a denial that nobody can see',
    [allow(), { ...under({ Bool: { 'aws:ViaAWSService': 'true' } }), Effect: 'Deny' }],
    'unknown',
  ],
  ['nothing', [allow({ Principal: { AWS: roleArn } })], false],
])('A role is entered by %s: %#', (_, statements, truth) => {
  expect(ask(statements)).toBe(truth);
});

it('The account of a role lets it in, and a role by name', () => {
  const principal = {
    kind: 'role',
    arn: 'arn:aws:iam::444455556666:role/b',
    accountId: '444455556666',
  } as const;
  for (const name of [principal.arn, 'arn:aws:iam::444455556666:root'])
    expect(ask([allow({ Principal: { AWS: name } })], { principal })).toBe(true);
  expect(ask([allow({ Principal: { AWS: 'arn:aws:iam::777788889999:root' } })], { principal })).toBe(false);
});
