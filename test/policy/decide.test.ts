import { describe, expect, it } from 'vitest';
import { type Decision, decide } from '../../shared/policy/decide.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import {
  delegation,
  deny,
  keyAccountId,
  keyArn,
  open,
  outsideAccountId,
  root,
  toPolicy,
} from './policies.ts';

const roleArn = `arn:aws:iam::${keyAccountId}:role/team/reader`;
const session: Principal = {
  kind: 'role-session',
  arn: `arn:aws:sts::${keyAccountId}:assumed-role/reader/one`,
  roleArn,
  accountId: keyAccountId,
};
const user: Principal = {
  kind: 'user',
  arn: `arn:aws:iam::${keyAccountId}:user/ops`,
  accountId: keyAccountId,
};
const rootUser: Principal = { kind: 'account-root', arn: root, accountId: keyAccountId };
const outsider: Principal = {
  kind: 'user',
  arn: `arn:aws:iam::${outsideAccountId}:user/x`,
  accountId: outsideAccountId,
};
const s3: Principal = { kind: 'service', service: 's3.amazonaws.com' };
const to = (AWS: unknown, more: object = {}) => open({ Principal: { AWS }, ...more });

describe('decide on principals', () => {
  it.each<[string, object | object[], Principal, Decision['effect'], boolean]>([
    ['a role named, asked by its session', to(roleArn), session, 'allowed', false],
    ['a session named', to(session.arn), session, 'allowed', false],
    ['another session named', to(`${session.arn}-two`), session, 'denied', false],
    ['a role without its path', to(`arn:aws:iam::${keyAccountId}:role/reader`), session, 'denied', false],
    ['a wildcard inside an ARN', to(`arn:aws:iam::${keyAccountId}:role/*`), session, 'denied', false],
    ['the root, asked by a user', delegation, user, 'undecided', true],
    ['the bare account id, asked by a user', to(keyAccountId), user, 'undecided', true],
    ['the root, asked by the root user', delegation, rootUser, 'allowed', false],
    ['the root and the user by name', [delegation, to(user.arn)], user, 'allowed', false],
    ['the root and a Deny', [delegation, deny({})], user, 'denied', false],
    ['an outside root', to(outsideAccountId), outsider, 'allowed', true],
    ['everybody, asked by an outsider', open(), outsider, 'allowed', true],
    ['everybody, asked by a service', open(), s3, 'allowed', false],
    ['everybody, asked unsigned', open(), { kind: 'anonymous' }, 'allowed', false],
    ['the service by name', open({ Principal: { Service: 's3.amazonaws.com' } }), s3, 'allowed', false],
    ['another service', open({ Principal: { Service: 'sns.amazonaws.com' } }), s3, 'denied', false],
    [
      'a provider',
      open({ Principal: { Federated: 'accounts.google.com' } }),
      { kind: 'federated', provider: 'accounts.google.com', accountId: null },
      'allowed',
      false,
    ],
    ['a canonical user', open({ Principal: { CanonicalUser: '79a59d' } }), user, 'denied', false],
    ['a deleted principal', to('AIDAEXAMPLEEXAMPLE12'), user, 'denied', false],
    [
      'NotPrincipal, not named',
      open({ Principal: undefined, NotPrincipal: { AWS: roleArn } }),
      user,
      'allowed',
      false,
    ],
    [
      'NotPrincipal, named',
      open({ Principal: undefined, NotPrincipal: { AWS: roleArn } }),
      session,
      'denied',
      false,
    ],
    [
      'a Deny with NotPrincipal that names only the root',
      [open(), { ...deny({}), Principal: undefined, NotPrincipal: { AWS: root } }],
      user,
      'denied',
      false,
    ],
    ['nobody at all', to(roleArn, { Action: 'kms:Encrypt' }), session, 'denied', false],
  ])('answers for %s', (_, statements, principal, effect, delegated) => {
    const request = { principal, action: 'kms:Decrypt', resource: keyArn, context: {}, isClosed: true };
    expect(decide(request, { keyPolicy: toPolicy(statements) })).toMatchObject({ effect, delegated });
  });

  it('names the statements that decide', () => {
    const keyPolicy = toPolicy([open({ Sid: 'Open' }), deny({ Sid: 'Shut' })]);
    const request = { principal: user, action: 'kms:Decrypt', resource: keyArn, context: {}, isClosed: true };
    expect(decide(request, { keyPolicy }).because).toEqual([
      { source: 'key-policy', ref: 'Shut', effect: 'deny', statement: 1, conditions: [] },
    ]);
  });
});

const yes = 'allowed';
const no = 'denied';
/** Operator, policy's values, the request's values (null: absent), answer. */
const operators: [string, unknown, string[] | null, string][] = [
  ['StringEquals', 'a', ['a'], yes],
  ['StringEquals', 'a', ['A'], no],
  ['StringEquals', 'a*', ['ab'], no],
  ['StringEquals', ['a', 'b'], ['b'], yes],
  ['StringEquals', 'a', null, no],
  ['stringequals', 'a', ['a'], yes],
  ['StringEquals', true, ['true'], yes],
  ['StringNotEquals', 'a', ['b'], yes],
  ['StringNotEquals', ['a', 'b'], ['b'], no],
  ['StringNotEquals', 'a', null, yes],
  ['StringEquals', [], ['a'], no],
  ['StringNotEquals', [], ['a'], yes],
  ['StringEqualsIfExists', [], null, yes],
  ['StringEqualsIgnoreCase', 'aB', ['Ab'], yes],
  ['StringNotEqualsIgnoreCase', 'aB', ['Ab'], no],
  ['StringLike', 'a*c?', ['abbcd'], yes],
  ['StringLike', 'a*c?', ['abbc'], no],
  ['StringLike', '*', [''], yes],
  ['StringLike', '*', null, no],
  ['StringNotLike', 'a*', ['b'], yes],
  ['StringNotLike', 'a*', ['ab'], no],
  ['StringNotLike', '*', null, yes],
  ['StringEqualsIfExists', 'a', null, yes],
  ['StringEqualsIfExists', 'a', ['b'], no],
  ['StringNotEqualsIfExists', 'a', null, yes],
  ['ForAnyValue:StringEquals', 'a', ['b', 'a'], yes],
  ['ForAnyValue:StringEquals', 'a', ['b'], no],
  ['ForAnyValue:StringEquals', 'a', null, no],
  ['ForAllValues:StringEquals', 'a', ['a'], yes],
  ['ForAllValues:StringEquals', 'a', ['a', 'b'], no],
  ['ForAllValues:StringEquals', 'a', null, yes],
  ['ForAnyValue:StringNotEquals', 'a', ['a', 'b'], yes],
  ['ForAnyValue:StringNotEquals', 'a', ['a'], no],
  ['ForAnyValue:StringNotEquals', 'a', null, no],
  ['ForAllValues:StringNotEquals', 'a', ['b', 'c'], yes],
  ['ForAllValues:StringNotEquals', 'a', ['a', 'b'], no],
  ['ForAnyValue:StringEqualsIfExists', 'a', null, yes],
  ['NumericEquals', '5', ['5.0'], yes],
  ['NumericEquals', 5, ['6'], no],
  ['NumericNotEquals', '5', ['6'], yes],
  ['NumericLessThan', '5', ['5'], no],
  ['NumericLessThanEquals', '5', ['5'], yes],
  ['NumericGreaterThan', '5', ['5'], no],
  ['NumericGreaterThanEquals', '5', ['5'], yes],
  ['NumericEquals', '5', ['five'], no],
  ['DateEquals', '2026-01-01T00:00:00Z', ['1767225600'], yes],
  ['DateNotEquals', '2026-01-01', ['2026-01-02'], yes],
  ['DateLessThan', '2026-01-01T00:00:00Z', ['2025-12-31T23:59:59Z'], yes],
  ['DateLessThanEquals', '2026-01-01', ['2026-01-01'], yes],
  ['DateGreaterThan', '2026-01-01T00:00:00+01:00', ['2025-12-31T23:30:00Z'], yes],
  ['DateGreaterThanEquals', '2026-01-01', ['2025-12-31'], no],
  ['Bool', 'true', ['True'], yes],
  ['Bool', true, ['false'], no],
  ['Bool', 'false', null, no],
  ['BoolIfExists', 'false', null, yes],
  ['BinaryEquals', 'QQ==', ['QQ=='], yes],
  ['BinaryEquals', 'QQ==', ['qq=='], no],
  ['IpAddress', '10.0.0.0/8', ['10.1.2.3'], yes],
  ['IpAddress', '10.0.0.0/8', ['11.1.2.3'], no],
  ['IpAddress', '10.1.2.3', ['10.1.2.3'], yes],
  ['IpAddress', '2001:db8::/32', ['2001:db8:1::1'], yes],
  ['IpAddress', '0.0.0.0/0', ['::1'], no],
  ['NotIpAddress', '10.0.0.0/8', ['11.1.2.3'], yes],
  ['NotIpAddress', '10.0.0.0/8', null, yes],
  ['ArnLike', 'arn:aws:sns:*:1:t*', ['arn:aws:sns:eu-west-1:1:topic'], yes],
  ['ArnLike', 'arn:*:topic', ['arn:aws:sns:eu:1:topic'], no],
  ['ArnEquals', 'arn:aws:sns:*:1:t', ['arn:aws:sns:eu:1:t'], yes],
  ['ArnLike', 'arn:aws:logs:*:1:*', ['arn:aws:logs:eu:1:log-group:x:y'], yes],
  ['ArnNotLike', 'arn:aws:sns:*:1:t', ['arn:aws:sns:eu:2:t'], yes],
  ['ArnNotEquals', 'arn:aws:sns:*:1:t', ['arn:aws:sns:eu:1:t'], no],
  ['Null', 'true', null, yes],
  ['Null', 'true', ['a'], no],
  ['Null', false, ['a'], yes],
  ['Null', 'false', null, no],
  ['StringEquals', '${aws:PrincipalTag/team}', ['blue'], yes],
  ['StringLike', '${aws:PrincipalTag/team}*', ['bluebell'], yes],
  ['StringLike', 'a${*}', ['a*'], yes],
  ['StringLike', 'a${*}', ['ab'], no],
  ['StringLike', '${?}${$}', ['?$'], yes],
  ['StringEquals', "${aws:PrincipalTag/none, 'dflt'}", ['dflt'], yes],
  ['StringEquals', '${aws:PrincipalTag/none}', [''], no],
];

describe('decide on conditions', () => {
  const ask = (condition: object, context: Record<string, string[]>, isClosed = true, version?: string) =>
    decide(
      { principal: user, action: 'kms:Decrypt', resource: keyArn, context, isClosed },
      { keyPolicy: toPolicy(open({ Condition: condition }), version) },
    ).effect;

  it.each(operators)('reads %s %j against %j as %s', (operator, values, given, effect) => {
    const context = { 'aws:principaltag/TEAM': ['blue'], ...(given === null ? {} : { 'CUSTOM:key': given }) };
    expect(ask({ [operator]: { 'custom:Key': values } }, context)).toBe(effect);
  });

  it('takes an unlisted key of an open request as unknown, whatever the operator', () => {
    for (const operator of [
      'StringEquals',
      'StringNotEquals',
      'StringEqualsIfExists',
      'ForAllValues:StringEquals',
    ]) {
      expect(ask({ [operator]: { 'custom:Key': 'a' } }, {}, false)).toBe('undecided');
    }
  });

  it('lets what is known decide over what is not', () => {
    const condition = { StringEquals: { 'custom:Key': 'a', 'other:Key': 'b' } };
    expect(ask(condition, { 'other:Key': ['c'] }, false)).toBe('denied');
  });

  it('reads variables as plain text in the older language', () => {
    expect(
      ask(
        { StringEquals: { 'custom:Key': '${aws:username}' } },
        { 'custom:Key': ['ops'] },
        true,
        '2008-10-17',
      ),
    ).toBe('denied');
    expect(ask({ StringEquals: { 'custom:Key': '${aws:username}' } }, { 'custom:Key': ['ops'] })).toBe(
      'allowed',
    );
  });
});
