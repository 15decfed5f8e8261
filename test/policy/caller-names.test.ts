import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { deny, keyArn, open, outsideAccountId, toPolicy } from './policies.ts';

const ask = (statements: object | object[], zone: Zone = { kind: 'anyone' }) => {
  const keyPolicy = toPolicy(statements);
  const result = findWitness({ actions: ['kms:Decrypt'], zone, keyArn }, { keyPolicy });
  if ('found' in result) expect(decide(result.found, { keyPolicy }).effect).toBe('allowed');
  return result;
};
const users = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } };
const federated = (name: string) => ({ 'aws:PrincipalArn': `*:federated-user/${name}` });

describe('a user who chooses its own name', () => {
  it.each([
    [
      'a name and any ARN',
      open({ Condition: { ...users, StringLike: { 'aws:username': 'admin*' } } }),
      'user/admin',
    ],
    [
      'any ARN and a name',
      open({ Condition: { StringLike: { 'aws:username': 'admin*' }, ...users } }),
      'user/admin',
    ],
    [
      'a name and a path',
      open({
        Condition: {
          StringEquals: { 'aws:username': 'admin' },
          ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/dev/*' },
        },
      }),
      'user/dev/admin',
    ],
    [
      'a name that the ARN and the name narrow',
      open({ Condition: { StringLike: { 'aws:username': 'a*', 'aws:PrincipalArn': '*:user/*z' } } }),
      'user/az',
    ],
    [
      'a name that a Deny of other ARNs leaves',
      [
        open({ Condition: { StringLike: { 'aws:username': 'a*' } } }),
        deny({ Condition: { StringNotLike: { 'aws:PrincipalArn': '*:user/ab*' } } }),
      ],
      'user/ab',
    ],
    [
      'the id and the ARN of a federated user',
      open({ Condition: { StringLike: { ...federated('a*'), 'aws:userid': '*b' } } }),
      'federated-user/ab',
    ],
  ])('is found by %s', (_, statements, end) => {
    expect(ask(statements)).toHaveProperty(
      'found.principal.arn',
      expect.stringMatching(new RegExp(`:${end}`)),
    );
  });

  it('has one name: an id and an ARN of two do not meet', () => {
    const both = (id: string) =>
      ask(open({ Condition: { StringLike: { ...federated('a'), 'aws:userid': id } } }));
    expect(both('*:b')).toEqual({ none: true });
    expect(both('*:a')).toHaveProperty('found');
  });

  it('is undecided where a path might have made the difference', () => {
    const shape = { 'aws:username': 'a*', 'aws:PrincipalArn': '*:user/dev/b*' };
    const noDeeper = deny({ Condition: { StringLike: { 'aws:PrincipalArn': '*:user/dev/*/*' } } });
    expect(ask([open({ Condition: { StringLike: shape } }), noDeeper])).toEqual({
      undecided: 'The values of aws:username are too many to try them all.',
    });
  });
});

describe('a federated user whom the policy names', () => {
  const named = { AWS: `arn:aws:sts::${outsideAccountId}:federated-user/ann` };
  const outside: Zone = { kind: 'outside', classifyAccount: () => 'outside' };
  it.each([
    ['ann', 'found'],
    ['bob', 'none'],
  ])('has the id of its name: %s is %s', (name, answer) => {
    const condition = { StringEquals: { 'aws:userid': `${outsideAccountId}:${name}` } };
    expect(ask(open({ Principal: named, Condition: condition }), outside)).toHaveProperty(answer);
  });
});
