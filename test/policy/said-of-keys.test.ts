import { describe, expect, it } from 'vitest';
import type { NamedPolicy } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import {
  selectPowers,
  toLines,
  toLinesAbout,
  toSaidOfKey,
  toSaidOfKeys,
} from '../../shared/policy/said-of-keys.ts';
import { allow, deny } from '../checks/iam-cases.ts';
import { keyArn } from './policies.ts';

const otherKeyArn = keyArn.replace(/.$/, '0');
const toVariable = (key: string) => ['$', `{${key}}`].join('');
const own = keyArn.replace(/[^/]*$/, toVariable('aws:PrincipalTag/key'));
const parse = (statements: object[], Version = '2012-10-17') =>
  parseIdentityPolicy(JSON.stringify({ Version, Statement: statements }));
const name = (...statements: object[]): NamedPolicy => ({ ref: 'own', policy: parse(statements) });
const unread = (ref: string): NamedPolicy => ({ ref, policy: null });
const say = (policies: NamedPolicy[], boundary: NamedPolicy | null = null, key = keyArn) =>
  toSaidOfKey(toSaidOfKeys({ policies, boundary }), key);
const on = (Resource: string | string[]) => allow('kms:Decrypt', { Resource });
const where = (value: string) => ({ Condition: { StringEquals: { 'aws:PrincipalTag/a': value } } });

describe('the statements about powers over keys', () => {
  it('are those with any action of a power, found once', () => {
    const policy = parse([allow('s3:*'), allow('kms:Decrypt'), allow('kms:ListKeys'), deny('kms:Put*')]);
    expect(selectPowers(policy).map(({ index }) => index)).toEqual([1, 3]);
    expect(selectPowers(policy)).toBe(selectPowers(policy));
    expect(toLines(policy)).toBe(toLines(policy));
  });
});

describe('what is said of a key', () => {
  it.each<[says: string, one: NamedPolicy[], other: NamedPolicy[], isSame: boolean]>([
    ['names of policies', [name(on('*'))], [{ ...name(on('*')), ref: 'other' }], true],
    ['Sids', [name(on('*'))], [name({ ...on('*'), Sid: 'A' })], true],
    ['actions that are no power', [name(on('*'))], [name(allow(['kms:Decrypt', 's3:GetObject']))], true],
    ['other actions', [name(on('*'))], [name(allow('kms:ReEncryptFrom'))], false],
    ['effects', [name(on('*'))], [name(deny('kms:Decrypt'))], false],
    ['conditions', [name(allow('kms:Decrypt', where('a')))], [name(allow('kms:Decrypt', where('b')))], false],
    [
      'the case of a condition key',
      [name(allow('kms:Decrypt', { Condition: { Bool: { 'AWS:viaAWSService': 'true' } } }))],
      [name(allow('kms:Decrypt', { Condition: { Bool: { 'aws:ViaAWSService': 'true' } } }))],
      true,
    ],
    [
      'the order of statements',
      [name(on('*'), allow('kms:PutKeyPolicy'))],
      [name(allow('kms:PutKeyPolicy'), on('*'))],
      true,
    ],
    [
      'the order of statements by key',
      [name(on(keyArn), allow('kms:PutKeyPolicy', { Resource: keyArn }))],
      [name(allow('kms:PutKeyPolicy', { Resource: keyArn }), on(keyArn))],
      true,
    ],
    ['how often it is said', [name(on('*'))], [name(on('*'), on('*'))], true],
    ['how often it is said of the key', [name(on([keyArn, keyArn]))], [name(on(keyArn))], true],
    ['what is said of other keys by name', [name(on(keyArn))], [name(on([keyArn, otherKeyArn]))], true],
    [
      'what is said of other keys by a pattern',
      [name(on(keyArn))],
      [name(on(keyArn), allow('kms:*', { Resource: 'arn:aws:kms:us-*' }))],
      true,
    ],
    ['what is said of this key by a pattern', [name(on(keyArn))], [name(on('arn:aws:kms:eu-*'))], true],
    [
      'what is said of this key beside others by a pattern',
      [name(on(keyArn))],
      [name(on(['arn:aws:s3:::x', 'arn:aws:kms:eu-*']))],
      true,
    ],
    [
      'what is said of all but other keys',
      [name(on(keyArn))],
      [name(allow('kms:Decrypt', { Resource: undefined, NotResource: otherKeyArn }))],
      true,
    ],
    [
      'what is said of all but this key',
      [name(on(keyArn))],
      [name(allow('kms:Decrypt', { Resource: undefined, NotResource: keyArn }))],
      false,
    ],
    ['what hangs on who asks', [name(on(keyArn))], [name(on(own))], false],
    ['a policy that was not read', [name(on('*'))], [name(on('*')), unread('a')], false],
    ['which policy was not read', [unread('a')], [unread('b')], false],
    [
      'the language, where nothing is taken in',
      [name(on('*'))],
      [{ ref: 'own', policy: parse([on('*')], '2008-10-17') }],
      true,
    ],
    [
      'the language of conditions that take something in',
      [name(allow('kms:Decrypt', where(toVariable('aws:username'))))],
      [
        {
          ref: 'own',
          policy: parse([allow('kms:Decrypt', where(toVariable('aws:username')))], '2008-10-17'),
        },
      ],
      false,
    ],
    [
      'the language of resources that take something in',
      [name(on(own))],
      [{ ref: 'own', policy: parse([on(own)], '2008-10-17') }],
      false,
    ],
  ])('differs by %s: %#', (_, one, other, isSame) => {
    expect(say(one) === say(other)).toBe(isSame);
  });

  it('tells a boundary from a policy, and one that was not read from none', () => {
    const [policy, boundary] = [name(on('*')), name(allow('kms:*'))];
    const said = [
      say([policy]),
      say([policy], boundary),
      say([policy], unread('b')),
      say([policy, boundary]),
      say([], policy),
      say([policy], policy),
    ];
    expect(new Set(said)).toHaveLength(6);
    expect(say([policy], name(on(keyArn)))).not.toBe(say([policy, name(on(keyArn))], null));
  });

  it('is told apart by key where a text hangs on who asks', () => {
    expect(say([name(on(own))])).not.toBe(say([name(on(own))], null, otherKeyArn));
    expect(say([name(on('*'))])).toBe(say([name(on('*'))], null, otherKeyArn));
    expect(say([name(on(keyArn))])).not.toBe(say([name(on(keyArn))], null, otherKeyArn));
  });

  it('is told on lines of its own, so that two sayings are never one', () => {
    expect(say([name(on('*'), allow('kms:PutKeyPolicy'))]).split('\n')).toHaveLength(3);
  });

  it('sorts what each document says of it', () => {
    const statements = [allow('kms:PutKeyPolicy'), on(otherKeyArn), on('*')];
    const lines = toLinesAbout(parse(statements), keyArn);
    expect(lines).toHaveLength(2);
    expect(lines).toEqual(toLinesAbout(parse(statements.toReversed()), keyArn));
  });
});
