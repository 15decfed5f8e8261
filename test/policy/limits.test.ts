/** What is too much to search through says so. These take a second, so no mutant is judged by them. */
import { describe, expect, it } from 'vitest';
import { toNamedPowers } from '../../shared/policy/named-powers.ts';
import type { Policies } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import { findPower } from '../../shared/policy/power.ts';
import { findPrincipalWitness } from '../../shared/policy/principal-witness.ts';
import { callers } from './case-file.ts';
import { delegation, deny, keyAccountId, keyArn, open, toPolicy } from './policies.ts';

const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});
const times = <Item>(count: number, toItem: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => toItem(index));
/** Patterns of which a text can match any set at once, so that there are 2 to the power of `count` classes. */
const independent = (count: number) => times(count, (index) => `*<${index}>?*`);
/** Nobody can ask with it: a tag is there or not. */
const impossible = [true, false].map((isNull) => deny(when('Null', 'aws:PrincipalTag/z', String(isNull))));

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
const refuse = (more: object) => ({ ...allow(more), Effect: 'Deny' });
const toIdentity = (...statements: object[]): Policies['identity'] => ({
  policies: [
    {
      ref: 'own',
      policy: parseIdentityPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
    },
  ],
  boundary: null,
});
const seen: Policies = {
  keyPolicy: toPolicy(delegation),
  grants: [],
  serviceControl: [],
  resourceControl: [],
};

describe('toNamedPowers', () => {
  it('tells of each principal once why it could not be told', () => {
    const arn = `arn:aws:iam::${keyAccountId}:role/ops`;
    const keyPolicy = toPolicy([
      open({ Sid: 'Ops', Principal: { AWS: arn }, Action: 'kms:*' }),
      ...independent(24).map((text) => deny(when('StringNotLike', 'aws:RequestTag/a', text))),
      ...impossible,
    ]);
    expect(toNamedPowers(keyPolicy, keyArn, ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:DisableKey'])).toEqual({
      powers: new Map(),
      undecided: ['statement Ops: The values of aws:RequestTag/a are too many to try them all.'],
    });
  });
});

describe('a power', () => {
  it('is shown by nothing where a plain call was too much to search for', () => {
    const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };
    const parameters = [
      'DataKeyPairSpec',
      'EncryptionAlgorithm',
      'ExpirationModel',
      'MessageType',
      'PrimaryRegion',
      'ReplicaRegion',
      'ValidTo',
      'WrappingAlgorithm',
      'WrappingKeySpec',
      'RotationPeriodInDays',
      'ReEncryptOnSameKey',
      'BypassPolicyLockoutSafetyCheck',
    ];
    const denies = parameters.map((name) =>
      refuse({
        Condition: {
          StringEquals: { [`kms:${name}`]: ['a', 'b'] },
          StringEqualsIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
        },
      }),
    );
    const never = ['StringEquals', 'StringNotEquals'].map((operator) =>
      refuse({
        Condition: {
          [operator]: { 'aws:Referer': 'x' },
          StringEqualsIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
        },
      }),
    );
    const identity = {
      own: [
        allow(mfa),
        allow({ Resource: keyArn, Condition: { StringNotLike: { 'aws:UserAgent': 'x' } } }),
        ...denies,
        ...never,
      ],
    };
    expect(
      findPower(
        { principal: callers.role },
        ['kms:Decrypt'],
        { ...seen, identity: toIdentity(...identity.own) },
        { keyArn },
      ),
    ).toMatchObject({ power: 'conditional', witness: null, isShown: false });
  });
});

describe('findPrincipalWitness', () => {
  it('says so where the conditions combine in too many ways', () => {
    const keys = Array.from({ length: 16 }, (_, index) => `aws:RequestTag/k${index}`);
    const denies = keys.map((key) => deny({ Condition: { StringEquals: { [key]: ['a', 'b'] } } }));
    const impossible = deny({ Condition: { StringNotEquals: { 'custom:never': 'x' } } });
    const last = deny({ Condition: { StringEquals: { 'custom:never': 'x' } } });
    const policies = {
      keyPolicy: toPolicy([open(), ...denies, impossible, last]),
      identity: toIdentity(allow()),
    };
    expect(
      findPrincipalWitness({ principal: callers.role, actions: ['kms:Decrypt'], keyArn }, policies),
    ).toEqual({
      undecided: "The policies' conditions combine in more ways than a counted effort could try.",
    });
  });
});
