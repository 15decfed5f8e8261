/** Whom a policy lets in by values that it takes from the request: a wrong "none" here is a door that nobody sees. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { deny, keyArn, open, outsideAccountId, toPolicy } from './policies.ts';

const variable = (name: string) => ['$', `{${name}}`].join('');
const tag = (name: string) => `aws:PrincipalTag/${name}`;
const x = variable(tag('x'));
const y = variable(tag('y'));
const z = variable(tag('z'));
type Block = Record<string, Record<string, string | string[]>>;
const allow = (...blocks: Block[]) => open({ Condition: Object.assign({}, ...blocks) });
const unless = (Condition: Block) => deny({ Condition });
const given = (...names: string[]) =>
  unless({ Null: Object.fromEntries(names.map((name) => [tag(name), 'true'])) });

const ask = (statements: object[], zone: Zone = { kind: 'anyone' }) => {
  const keyPolicy = toPolicy(statements);
  const result = findWitness({ actions: ['kms:Decrypt'], zone, keyArn }, { keyPolicy });
  if ('found' in result) expect(decide(result.found, { keyPolicy }).effect).toBe('allowed');
  return 'undecided' in result
    ? result.undecided.replace(/^The values of | are too many.*$/g, '')
    : Object.keys(result)[0];
};

const theirs = `arn:aws:iam::${outsideAccountId}:role/MyRole`;
const principal: Zone = { kind: 'principal', arn: theirs };

describe('a value that is taken from another key', () => {
  it.each<[says: string, statements: object[], told: string, zone?: Zone]>([
    ['is a truth value where a Bool asks', [allow({ Bool: { 'aws:MultiFactorAuthPresent': x } })], 'found'],
    [
      'is what a third key must be',
      [allow({ StringEquals: { [tag('y')]: x, [tag('z')]: y }, StringLike: { [tag('z')]: 'b*' } })],
      'found',
    ],
    [
      'is what a third key must be, with text around it',
      [
        allow({
          StringEquals: { [tag('y')]: `a${x}`, [tag('z')]: `${y}c` },
          StringLike: { [tag('z')]: 'ab*dc' },
        }),
      ],
      'found',
    ],
    [
      'is part of the key’s name by way of another',
      [open({ Resource: `arn:aws:kms:*:*:key/${y}`, Condition: { StringEquals: { [tag('y')]: x } } })],
      'found',
    ],
    [
      'is not known to be none where two texts with variables must be one',
      [allow({ StringEquals: { [tag('y')]: x }, StringLike: { [tag('y')]: `b${z}` } })],
      'aws:principaltag/x',
    ],
    [
      'is not known to be none where it must be the same around two texts',
      [allow({ StringEquals: { [tag('y')]: `a${x}` }, StringLike: { [tag('y')]: `${x}a` } })],
      'aws:principaltag/x',
    ],
    [
      'is not known to be no address',
      [allow({ StringEquals: { 'aws:SourceIp': x } })],
      'aws:SourceIp, aws:principaltag/x',
    ],
    [
      'is not known to be no number',
      [allow({ StringEquals: { [tag('y')]: x }, NumericLessThan: { [tag('y')]: '5' } })],
      'aws:PrincipalTag/y, aws:principaltag/x',
    ],
    [
      'is an address that another tag is',
      [
        allow({ StringEquals: { [tag('y')]: [variable('aws:SourceIp')] } }),
        unless({ StringNotLike: { [tag('y')]: '8.8.*' } }),
      ],
      'aws:sourceip',
    ],
    [
      'is a name, in upper case and lower',
      [allow({ StringEquals: { 'aws:PrincipalArn': x } })],
      'found',
      principal,
    ],
    [
      'is a name, whatever the case',
      [allow({ StringEqualsIgnoreCase: { 'aws:PrincipalArn': `ARN:aws:iam::${x}` } })],
      'found',
      principal,
    ],
    [
      'is the beginning of a name',
      [allow({ StringLike: { 'aws:PrincipalArn': `*/${x}ole` }, StringNotLike: { [tag('x')]: 'any*' } })],
      'found',
      principal,
    ],
    ['is no part of a name', [allow({ StringLike: { 'aws:PrincipalArn': `*/${x}x` } })], 'none', principal],
    [
      'does not matter where the key that it is compared with may be anything',
      [
        allow({ StringLike: { [tag('y')]: `a${x}*${z}` } }),
        unless({ StringLike: { [tag('other')]: '*' } }),
        given('other'),
      ],
      'none',
    ],
    [
      'is true or false, where it is about the request',
      [
        open(),
        unless({ Bool: { 'aws:MultiFactorAuthPresent': ['true', 'false'] } }),
        unless({ Null: { 'aws:MultiFactorAuthPresent': 'true' } }),
      ],
      'none',
    ],
    [
      'is neither true nor false',
      [open(), unless({ Bool: { [tag('x')]: ['true', 'false'] } }), given('x')],
      'found',
    ],
    [
      'is neither where truth alone is asked of it',
      [
        allow({ StringEquals: { [tag('y')]: x }, StringLike: { [tag('y')]: 'b*' } }),
        unless({ Bool: { [tag('x')]: 'true' } }),
        given('x'),
      ],
      'found',
    ],
    [
      'is not known to be none where a name is asked about twice',
      [
        allow({
          StringEquals: {
            'aws:PrincipalArn': `arn:aws:sts::${variable('aws:PrincipalAccount')}:federated-user/${x}`,
          },
          StringLike: { 'aws:userid': '*:b*' },
        }),
      ],
      'aws:principaltag/x',
    ],
    [
      'is none of two',
      [
        open(),
        unless({ Null: { 'aws:TagKeys': 'true' } }),
        unless({ StringEquals: { 'aws:RequestedRegion': variable('aws:TagKeys') } }),
        unless({ StringNotEquals: { 'aws:RequestedRegion': variable("aws:TagKeys, 'eu-west-1'") } }),
      ],
      'found',
    ],
  ])('%s', (_, statements, told, zone) => {
    expect(ask(statements, zone)).toBe(told);
  });
});

describe('a stranger', () => {
  it.each<[says: string, condition: Block]>([
    ['has an account that ends as it must', { StringLike: { 'aws:PrincipalArn': '*1:role/ab' } }],
    ['has an account with any number in it', { StringLike: { 'aws:PrincipalArn': '*:12*34:role/*' } }],
    ['has a root user whose id begins as it must', { StringLike: { 'aws:userid': '12*' } }],
    ['has endpoints in an account that begins as it must', { StringLike: { 'aws:VpceAccount': '12*' } }],
    ['has a VPC whose id begins as it must', { StringLike: { 'aws:SourceVpc': 'vpc-0a*' } }],
    ['has endpoints whose ids begin as they must', { StringLike: { 'aws:SourceVpce': 'vpce-0a*' } }],
  ])('%s', (_, condition) => {
    expect(ask([allow(condition)])).toBe('found');
  });
});
