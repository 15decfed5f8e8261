import { describe, expect, it } from 'vitest';
import {
  splitHolders,
  toBoth,
  toContextKeys,
  toDistinction,
  toDistinctionMark,
} from '../../shared/policy/distinction.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import { allow, document, role } from '../checks/iam-cases.ts';

const parse = (...statements: object[]) => parseIdentityPolicy(document(...statements)).statements;
const on = (key: string, value = 'a', operator = 'StringEquals') =>
  parse(allow('kms:Decrypt', { Condition: { [operator]: { [key]: value } } }));
const toHolder = (name: string, tags: Record<string, string> = {}) => {
  const entry = { ...role(name, []), RolePolicyList: [], AttachedManagedPolicies: [], Tags: [] };
  return {
    arn: entry.Arn,
    fixed: { principal: { kind: 'role' as const, arn: entry.Arn, accountId: '111122223333' }, tags },
    identity: { policies: [], boundary: null },
    entry,
  };
};
const holders = [
  toHolder('one', { Team: 'a' }),
  toHolder('two', { team: 'a', other: 'x' }),
  toHolder('three', { team: 'b' }),
  toHolder('path/one-more'),
];
const split = (statements: ReturnType<typeof parse>) =>
  splitHolders(holders, toDistinction(statements)).map((part) =>
    part.holders.map(({ entry }) => ('RoleName' in entry ? entry.RoleName : '')),
  );
const all = [['one', 'two', 'three', 'one-more']];
const each = [['one'], ['two'], ['three'], ['one-more']];

describe('holders of the same policies', () => {
  it.each<[by: string, statements: ReturnType<typeof parse>, parts: string[][]]>([
    ['nothing', parse(allow('kms:Decrypt')), all],
    ['a key that says nothing of them', on('aws:SourceIp', '10.0.0.0/8', 'IpAddress'), all],
    ['a tag, in any case', on('aws:PrincipalTag/Team'), [['one', 'two'], ['three'], ['one-more']]],
    [
      'a tag that a value refers to',
      on('aws:ResourceTag/team', '${aws:PrincipalTag/team}'),
      [['one', 'two'], ['three'], ['one-more']],
    ],
    [
      'a tag that a resource refers to',
      parse({ ...allow('kms:*'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/team}' }),
      [['one', 'two'], ['three'], ['one-more']],
    ],
    [
      'a tag that a spared resource refers to',
      parse({ Effect: 'Deny', Action: 'kms:*', NotResource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/team}' }),
      [['one', 'two'], ['three'], ['one-more']],
    ],
    [
      'a condition on their ARN',
      on('aws:PrincipalArn', 'arn:aws:iam::*:role/*one*', 'ArnLike'),
      [
        ['one', 'one-more'],
        ['two', 'three'],
      ],
    ],
    [
      'an ARN that is filled in',
      on('aws:PrincipalArn', 'arn:aws:iam::*:role/${aws:PrincipalTag/a}', 'ArnLike'),
      each,
    ],
    ['their name', on('aws:username'), each],
    ['their id', on('aws:userid'), each],
    ['a value that is their name', on('aws:ResourceTag/owner', '${aws:username}'), each],
    ['a value that is their id', on('aws:ResourceTag/owner', '${aws:userid}'), each],
    ['a value that is their ARN', on('aws:ResourceTag/owner', '${aws:PrincipalArn}'), each],
  ])('are told apart by %s', (_, statements, parts) => {
    expect(split(statements)).toEqual(parts);
  });

  it('bear marks that are one where they cannot be told apart, and tell what by', () => {
    const marks = (statements: ReturnType<typeof parse>) =>
      splitHolders(holders, toDistinction(statements)).map(({ mark }) => mark);
    expect(marks(parse(allow('kms:Decrypt')))).toEqual(['']);
    expect(marks(on('aws:username'))).toEqual(holders.map(({ arn }) => arn));
    const byTag = [...marks(on('aws:PrincipalTag/team')), ...marks(on('aws:PrincipalTag/other'))];
    expect(new Set(byTag).size).toBe(5);
    const toArn = (value: string) => marks(on('aws:PrincipalArn', value, 'ArnLike'));
    expect(toArn('arn:aws:iam::*:role/o*')).not.toEqual(toArn('arn:aws:iam::*:role/on*'));
  });
});

describe('two distinctions', () => {
  const team = toDistinction(on('aws:PrincipalTag/team'));
  const arn = toDistinction(on('aws:PrincipalArn', 'arn:aws:iam::*:role/a', 'ArnLike'));
  const name = toDistinction(on('aws:username'));

  it('tell apart what either does', () => {
    expect(toBoth(toDistinction(on('aws:PrincipalTag/x')), toBoth(team, team)).tagKeys).toEqual([
      'aws:principaltag/team',
      'aws:principaltag/x',
    ]);
    expect(toBoth(team, arn)).toEqual({ ...team, arnConditions: arn.arnConditions });
    for (const both of [toBoth(team, name), toBoth(name, arn)])
      expect(both).toEqual({ arnConditions: [], tagKeys: [], isPersonal: true });
  });

  it('have one mark where they are one', () => {
    const marks = [team, arn, name, toBoth(team, arn), toDistinction([])].map(toDistinctionMark);
    expect(new Set(marks).size).toBe(5);
    expect(toDistinctionMark(toDistinction(on('aws:PrincipalTag/Team')))).toBe(marks[0]);
  });
});

it('lists the condition keys of conditions, values and resources', () => {
  const statements = [
    ...on('aws:ResourceTag/a', '${aws:PrincipalTag/b}'),
    ...parse({ ...allow('kms:*'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/c}' }),
  ];
  expect([...toContextKeys(statements)].sort()).toEqual([
    'aws:principaltag/b',
    'aws:principaltag/c',
    'aws:resourcetag/a',
  ]);
});
