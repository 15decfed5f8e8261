import { describe, expect, it } from 'vitest';
import { matchPrincipal, type Principal, toAccountId } from '../../shared/policy/principal.ts';
import { keyAccountId, open, outsideAccountId, root, toPolicy } from './policies.ts';

const roleArn = `arn:aws:iam::${keyAccountId}:role/ops`;
const provider = `arn:aws:iam::${keyAccountId}:saml-provider/corp`;
const session = `arn:aws:sts::${keyAccountId}:assumed-role/ops/one`;
const callers = {
  session: { kind: 'role-session', arn: session, roleArn, accountId: keyAccountId },
  user: { kind: 'user', arn: `arn:aws:iam::${keyAccountId}:user/ann`, accountId: keyAccountId },
  root: { kind: 'account-root', arn: root, accountId: keyAccountId },
  service: { kind: 'service', service: 's3.amazonaws.com' },
  federated: { kind: 'federated', provider, accountId: keyAccountId },
  anonymous: { kind: 'anonymous' },
} satisfies Record<string, Principal>;

const match = (elements: object, caller: keyof typeof callers) =>
  toPolicy(open(elements)).statements.map((statement) => matchPrincipal(statement, callers[caller]));

describe('matchPrincipal', () => {
  it.each<[object | string, keyof typeof callers, 'itself' | 'account' | null]>([
    ['*', 'anonymous', 'itself'],
    [{ AWS: '*' }, 'service', 'itself'],
    [{ AWS: root }, 'anonymous', null],
    [{ AWS: session }, 'session', 'itself'],
    [{ AWS: roleArn }, 'session', 'itself'],
    [{ AWS: [root, roleArn] }, 'session', 'itself'],
    [{ AWS: root }, 'session', 'account'],
    [{ AWS: keyAccountId }, 'user', 'account'],
    [{ AWS: outsideAccountId }, 'user', null],
    [{ AWS: roleArn }, 'user', null],
    [{ AWS: root }, 'root', 'itself'],
    [{ Service: root }, 'root', null],
    [{ Service: '*' }, 'service', 'itself'],
    [{ Service: 's3.amazonaws.com' }, 'service', 'itself'],
    [{ Service: 'ec2.amazonaws.com' }, 'service', null],
    [{ Federated: 's3.amazonaws.com' }, 'service', null],
    [{ Federated: '*' }, 'federated', 'itself'],
    [{ Federated: provider }, 'federated', 'itself'],
    [{ Federated: `${provider}2` }, 'federated', null],
    [{ AWS: provider }, 'federated', null],
    [{ Service: '*' }, 'federated', null],
    [{ CanonicalUser: root }, 'root', null],
  ])('takes %j for %s as %s', (principal, caller, expected) => {
    expect(match({ Principal: principal }, caller)).toEqual([expected]);
  });

  it.each<[object, keyof typeof callers, 'itself' | null]>([
    [{ AWS: roleArn }, 'session', null],
    [{ AWS: root }, 'session', 'itself'],
    [{ AWS: root }, 'root', null],
    [{ Federated: provider }, 'federated', null],
    [{ Federated: provider }, 'user', 'itself'],
  ])('spares by NotPrincipal %j %s: %s', (principal, caller, expected) => {
    expect(match({ Principal: undefined, NotPrincipal: principal }, caller)).toEqual([expected]);
  });
});

describe('toAccountId', () => {
  it.each([
    [keyAccountId, keyAccountId],
    [root, keyAccountId],
    [`x${root}`, null],
    [`${keyAccountId}1`, null],
    [roleArn, null],
  ])('reads %s as %s', (value, id) => {
    expect(toAccountId(value)).toBe(id);
  });
});
