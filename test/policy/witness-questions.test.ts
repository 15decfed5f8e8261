/** What is asked beside who may: which actions, by which statement, with what known, and how much it may cost. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import { findWitness, type Question } from '../../shared/policy/witness.ts';
import { deny, keyAccountId, keyArn, open, organizationId, toPolicy } from './policies.ts';

const keyId = keyArn.split('/')[1] ?? '';
const ops = `arn:aws:iam::${keyAccountId}:role/ops`;
const variable = (name: string) => ['$', `{${name}}`].join('');
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});
/** Of a tag that no text can be. */
const never = (tag = 'aws:PrincipalTag/never') => ({
  Condition: { StringLike: { [tag]: 'a*' }, StringNotLike: { [tag]: '?*' } },
});
/** Of a tag of which two kinds of conditions ask. */
const unsure = (tag = 'aws:PrincipalTag/unsure') => ({
  Condition: { StringLike: { [tag]: 'a*' }, NumericEquals: { [tag]: '5' } },
});
const find = (statements: object[], question: Partial<Question> = {}) => {
  const keyPolicy = toPolicy(statements);
  const asked: Question = { actions: ['kms:Decrypt'], zone: { kind: 'anyone' }, keyArn, ...question };
  const result = findWitness(asked, { keyPolicy });
  if ('found' in result) expect(decide(result.found, { keyPolicy }).effect).toBe('allowed');
  return result;
};
const answer = (...asked: Parameters<typeof find>) => {
  const result = find(...asked);
  if ('undecided' in result) return result.undecided;
  return 'none' in result && result.none ? 'none' : 'found';
};
const tooMany = (keys: string) => `The values of ${keys} are too many to try them all.`;
const givenUp = 'The search was given up: the conditions of the policy combine in too many ways.';

describe('a question', () => {
  const both = ['kms:Decrypt', 'kms:Encrypt'];
  it.each<[says: string, statements: object[], question: Partial<Question>, told: string]>([
    ['of no action', [open({ Action: 'kms:*' })], { actions: [] }, 'none'],
    ['of the second of two actions', [open({ Action: 'kms:Encrypt' })], { actions: both }, 'found'],
    [
      'of two actions that two statements are about',
      [open(never()), open({ Action: 'kms:Encrypt' })],
      { actions: both },
      'found',
    ],
    ['of two statements, of which the second lets in', [open(never()), open()], {}, 'found'],
    ['by a statement', [open(), open(never())], { statement: 0 }, 'found'],
    ['by a statement that lets nobody in', [open(), open(never())], { statement: 1 }, 'none'],
    ['by a Deny', [open(), deny({})], { statement: 1 }, 'none'],
    [
      'of an action that never says what is asked',
      [open(when('Bool', 'kms:GrantIsForAWSResource', 'true'))],
      {},
      'none',
    ],
    [
      'of actions of which the second may say what is asked',
      [open({ Action: 'kms:*', ...when('Bool', 'kms:GrantIsForAWSResource', 'true') })],
      { actions: ['kms:Decrypt', 'kms:CreateGrant'] },
      'found',
    ],
    [
      'of an action that must not say what it never says',
      [open(when('Null', 'kms:GranteePrincipal', 'true'))],
      {},
      'found',
    ],
    [
      'of what is known',
      [open(when('ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/a'))],
      { knownContext: { 'KMS:ResourceAliases': ['alias/a', 'alias/b'] } },
      'found',
    ],
    [
      'of what is known to be another',
      [open(when('ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/a'))],
      { knownContext: { 'kms:ResourceAliases': ['alias/b'] } },
      'none',
    ],
    [
      'of what is known to be absent',
      [open(when('Null', 'kms:ResourceAliases', 'true'))],
      { knownContext: { 'kms:ResourceAliases': [] } },
      'found',
    ],
    [
      'of what must be there and is known to be absent',
      [open(when('Null', 'kms:ResourceAliases', 'false'))],
      { knownContext: { 'kms:ResourceAliases': [] } },
      'none',
    ],
    [
      'of another organisation than the own, which the key is in',
      [
        open({
          Condition: {
            StringNotEquals: { 'aws:ResourceOrgID': organizationId },
            Null: { 'aws:ResourceOrgID': 'false' },
          },
        }),
      ],
      { zone: { kind: 'anyone', organizationId } },
      'none',
    ],
    [
      'of a key that a tag names',
      [open({ Resource: `arn:aws:kms:*:*:key/${variable('aws:PrincipalTag/key')}` })],
      {},
      'found',
    ],
    [
      'of a key that a tag must not name, but does in a Deny of others',
      [
        open(),
        deny({
          Resource: undefined,
          NotResource: `arn:aws:kms:*:*:key/${variable('aws:PrincipalTag/key')}`,
        }),
      ],
      {},
      'found',
    ],
    [
      'of a key that a tag names and may not',
      [
        open({ Resource: `arn:aws:kms:*:*:key/${variable('aws:PrincipalTag/key')}` }),
        deny(when('StringLike', 'aws:PrincipalTag/key', `${keyId.slice(0, 4)}*`)),
      ],
      {},
      'none',
    ],
    [
      'of a key that two tags name together',
      [
        open({
          Resource: `arn:aws:kms:*:*:key/${variable('aws:PrincipalTag/a')}${variable('aws:PrincipalTag/b')}`,
        }),
      ],
      {},
      tooMany('aws:principaltag/a'),
    ],
    ['of values of two kinds', [open(unsure())], {}, tooMany('aws:PrincipalTag/unsure')],
    [
      'of values of two kinds of two keys, named as they are spelt',
      [open(unsure('aws:PrincipalTag/b')), open(unsure('AWS:PrincipalTag/a'))],
      {},
      tooMany('AWS:PrincipalTag/a, aws:PrincipalTag/b'),
    ],
    [
      'of values of two kinds of another key than one that excludes itself',
      [
        open({
          Condition: {
            StringLike: { 'aws:PrincipalTag/a': 'a*' },
            NumericLessThan: { 'aws:PrincipalTag/b': '5' },
            NumericGreaterThan: { 'aws:PrincipalTag/b': '6' },
          },
        }),
      ],
      {},
      'none',
    ],
    [
      'of a text that begins with another, which nothing tells',
      [
        open({
          Condition: {
            StringLike: { 'aws:PrincipalTag/x': `${variable('aws:PrincipalTag/own')}*` },
            StringNotLike: { 'aws:PrincipalTag/x': '?*' },
          },
        }),
      ],
      {},
      tooMany('aws:principaltag/own'),
    ],
    [
      'of a text that begins with one of a few',
      [
        open({
          Condition: {
            StringLike: { 'aws:PrincipalTag/x': `${variable('aws:PrincipalAccount')}*` },
            StringNotLike: { 'aws:PrincipalTag/x': '9*' },
          },
        }),
      ],
      {},
      'none',
    ],
    [
      'of a tag that two Denies ask about, the second by another tag',
      [
        open(),
        deny(when('StringEquals', 'aws:PrincipalTag/x', 'a')),
        deny(when('StringNotLikeIfExists', 'aws:PrincipalTag/x', `x${variable('aws:PrincipalTag/y')}`)),
        deny(when('Null', 'aws:PrincipalTag/x', 'true')),
      ],
      {},
      'found',
    ],
    [
      'of two tags that take in each other',
      [
        open(when('StringEquals', 'aws:PrincipalTag/x', variable('aws:PrincipalTag/y'))),
        deny(when('StringNotLike', 'aws:PrincipalTag/y', `${variable('aws:PrincipalTag/x')}?`)),
      ],
      {},
      tooMany('aws:PrincipalTag/y'),
    ],
  ])('%s is answered', (_, statements, question, told) => {
    expect(answer(statements, question)).toBe(told);
  });

  it('of several actions is answered by the first of those that are alike', () => {
    expect(find([open({ Action: 'kms:*' })], { actions: both })).toHaveProperty(
      'found.action',
      'kms:Decrypt',
    );
  });
});

describe('the request that answers', () => {
  const accountId = '999999999999';
  const identity = {
    'aws:PrincipalArn': [`arn:aws:iam::${accountId}:role/any-role`],
    'aws:PrincipalAccount': [accountId],
    'aws:PrincipalType': ['AssumedRole'],
    'aws:PrincipalIsAWSService': ['false'],
    'kms:CallerAccount': [accountId],
  };
  // Every caller has a value for it, which is in the request where the answer hangs on it.
  const key = 'aws:RequestedRegion';
  it.each<[says: string, statements: object[], more: object, known?: Question['knownContext']]>([
    ['who calls alone', [open()], {}],
    [
      'what is asked for, as it is spelt',
      [open(when('StringEquals', 'AWS:principalTAG/A', 'b'))],
      {
        'AWS:principalTAG/A': ['b'],
      },
    ],
    [
      'what is known and asked for',
      [open(when('StringLike', 'aws:ResourceTag/Team', 'a*'))],
      { 'aws:ResourceTag/Team': ['ab'] },
      { 'aws:resourcetag/team': ['ab'] },
    ],
    ['nothing of what is known to be absent', [open()], {}, { 'aws:ResourceTag/Team': [] }],
    [
      'nothing of a resource beside one that is all',
      [open({ Resource: ['*', `arn:aws:kms:*:*:key/${variable(key)}`] })],
      {},
    ],
    [
      'nothing of what a Deny asks that does not apply',
      [
        open(),
        deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' }, StringEquals: { [key]: 'b' } } }),
      ],
      { 'aws:SecureTransport': ['true'] },
    ],
    [
      'the organisation that its paths are of',
      [open(when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*'))],
      {
        'aws:PrincipalOrgID': ['o-9999999999'],
        'aws:PrincipalOrgPaths': ['o-9999999999/r-any/ou-any/'],
      },
    ],
    [
      'the organisation once, as it is spelt',
      [open(when('StringLike', 'AWS:principalORGid', 'o-*'))],
      { 'AWS:principalORGid': ['o-9999999999'] },
    ],
    [
      'who calls once, however it is spelt',
      [open(when('ArnLike', 'AWS:principalARN', 'arn:aws:iam::*:role/any-role'))],
      {},
    ],
  ])('holds %s', (_, statements, more, knownContext) => {
    const result = find(statements, { knownContext });
    expect(result).toHaveProperty('found.context', { ...identity, ...more });
  });
});

describe('what a question may cost', () => {
  const regions = Array.from({ length: 1_500 }, (_, index) => `r-${index}`).with(-1, 'eu-west-1');
  /** Costs some thousands. */
  const heavy = when('StringEquals', 'aws:RequestedRegion', regions);
  const times = (count: number, statement: object) => Array.from({ length: count }, () => statement);
  const names = Array.from({ length: 2_000 }, (_, index) => `${ops}-${index}`);
  const toEverybody = (count: number) => open({ Principal: { AWS: Array(count).fill('*') } });
  const principal: Question['zone'] = { kind: 'principal', arn: ops };
  it.each<[says: string, statements: object[], question: Partial<Question>, told: string]>([
    ['enough for a long condition', [open(heavy)], {}, 'found'],
    [
      'its part of what all Allows have',
      [open(heavy), ...times(1_000, open({ Action: 'kms:Sign' }))],
      { statement: 0 },
      givenUp,
    ],
    [
      'no less beside many Denies',
      [open(heavy), ...times(1_000, deny({ Action: 'kms:Sign' }))],
      { statement: 0 },
      'found',
    ],
    ['enough for many Allows of some principals', times(1_000, toEverybody(3)), {}, 'found'],
    ['no more than its part for many Allows of more principals', times(1_000, toEverybody(5)), {}, givenUp],
    [
      'no less beside many names',
      [open(heavy), open({ Principal: { AWS: names } })],
      { statement: 0 },
      'found',
    ],
    [
      'of one principal its part of what all have that are named',
      [open({ Principal: { AWS: ops }, ...heavy }), open({ Principal: { AWS: names } })],
      { statement: 0, zone: principal },
      givenUp,
    ],
    [
      'of one principal its part of what all have that conditions name',
      [open({ Principal: { AWS: ops }, ...heavy }), open(when('ArnEquals', 'aws:PrincipalArn', names))],
      { statement: 0, zone: principal },
      givenUp,
    ],
    [
      'of one principal no less beside many Allows of another',
      [
        open({ Principal: { AWS: ops }, ...heavy }),
        ...times(300, open({ Principal: { AWS: `${ops}-0` }, Action: 'kms:Sign' })),
      ],
      { statement: 0, zone: principal },
      'found',
    ],
    [
      'of one principal no less for the values of other keys',
      [open({ Principal: { AWS: ops }, ...heavy })],
      { zone: principal },
      'found',
    ],
  ])('is %s', (_, statements, question, told) => {
    expect(answer(statements, question)).toBe(told);
  });
});

describe('a question about a policy that tells too many accounts apart', () => {
  const digits = [...'0123456789'];
  const accounts = digits.flatMap((one) => digits.map((other) => `*${one}*${other}*${one}*`));
  const many = [
    // A policy of many statements has little for each, and is given up soon.
    ...Array.from({ length: 400 }, () => deny({ Action: 'kms:Sign' })),
    deny(when('StringLike', 'aws:PrincipalAccount', accounts)),
  ];
  const partial =
    'The accounts, organisations and networks that its patterns tell apart are too many to try them all.';
  it.each<[says: string, statements: object[], question: Partial<Question>, told: string]>([
    ['is undecided', [open(never())], {}, partial],
    ['is decided by what is found', [open(), ...many.slice(0, 1)], {}, 'found'],
    [
      'is decided where the statement names others',
      [open({ Principal: { AWS: ops } })],
      { statement: 0 },
      'none',
    ],
    [
      'is decided where that statement is not the first',
      [open(), open({ Principal: { AWS: ops } })],
      { statement: 1 },
      'none',
    ],
    [
      'is undecided where another statement than that asked about names others',
      [open({ Principal: { AWS: ops } }), open(never())],
      { statement: 1 },
      partial,
    ],
    ['is decided where no statement is about the action', [open({ Action: 'kms:Sign' })], {}, 'none'],
    ['is decided where the statement is a Deny', [deny({ Action: 'kms:Decrypt' })], { statement: 0 }, 'none'],
  ])('%s', (_, statements, question, told) => {
    expect(answer([...statements, ...many], question)).toBe(told);
  });
});
