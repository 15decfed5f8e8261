import { describe, expect, it } from 'vitest';
import { toEveryCall, toParameters } from '../../shared/policy/open-answer.ts';
import { findPower } from '../../shared/policy/power.ts';
import { callers, policyCase, toPolicies } from './case-file.ts';
import { keyArn } from './policies.ts';

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
const deny = (more: object = {}) => ({ ...allow(more), Effect: 'Deny' });
const ask = (given: object, more: object = {}) => {
  const one = policyCase.parse({
    name: 'power',
    who: 'role',
    answer: 'allowed',
    keyPolicy: ['delegation'],
    grants: [],
    serviceControl: [],
    resourceControl: [],
    ...given,
  });
  return findPower({ principal: callers[one.who] }, one.actions, toPolicies(one), { keyArn, ...more });
};

describe('what shows a power', () => {
  it('is a plain call, for a yes', () => {
    expect(ask({ identity: { own: [allow()] } })).toMatchObject({
      power: 'yes',
      isShown: true,
      witness: { action: 'kms:Decrypt', principal: { kind: 'role-session' }, isClosed: true },
    });
  });

  it('is a plain call with what the caller may write into it', () => {
    const asks = { Condition: { StringEquals: { 'aws:UserAgent': 'ours' } } };
    expect(ask({ identity: { own: [allow(asks)] } })).toMatchObject({
      power: 'yes',
      isShown: true,
      witness: { context: { 'aws:UserAgent': ['ours'] } },
    });
  });

  it('is nothing where a plain call may be one, which nobody can say', () => {
    // Of a key of which two kinds of conditions ask, and of none.
    const unsure = { StringLike: { 'aws:UserAgent': 'a*' }, NumericEquals: { 'aws:UserAgent': '5' } };
    const withFactor = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const power = ask({
      identity: { own: [allow({ Condition: unsure }), allow({ Condition: withFactor })] },
    });
    expect(power).toEqual({ power: 'conditional', witness: null, isShown: false });
    const sure = ask({ identity: { own: [allow({ Condition: withFactor })] } });
    expect(sure).toMatchObject({ power: 'conditional', isShown: true });
  });

  it('is the first that is allowed of several actions', () => {
    const given = { actions: ['kms:ReEncryptFrom', 'kms:Decrypt'], identity: { own: [allow()] } };
    expect(ask(given).witness?.action).toBe('kms:Decrypt');
  });

  it('is a call under the encryption context for which it is allowed', () => {
    const asks = { Condition: { StringEquals: { 'kms:EncryptionContext:app': 'b' } } };
    const contexts = [{ app: 'a' }, { app: 'b' }];
    const { power, witness } = ask({ identity: { own: [allow(asks)] } }, { contexts });
    expect(power).toBe('yes');
    expect(witness?.context).toMatchObject({
      'kms:EncryptionContext:app': ['b'],
      'kms:EncryptionContextKeys': ['app'],
    });
    // Other operations carry none.
    const disable = allow({ Action: 'kms:DisableKey', ...asks });
    expect(ask({ actions: ['kms:DisableKey'], identity: { own: [disable] } }, { contexts }).power).not.toBe(
      'yes',
    );
  });

  it('is the request of a conditional one, by what was read', () => {
    const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };
    expect(ask({ identity: { own: [allow(mfa)] } })).toMatchObject({
      power: 'conditional',
      isShown: true,
      witness: { context: { 'aws:MultiFactorAuthPresent': ['true'] } },
    });
  });

  it('is nothing where only what was not read may give it', () => {
    expect(ask({ identity: { own: null } })).toEqual({ power: 'conditional', witness: null, isShown: false });
  });

  it('is a request that does not prove it, where what was not read may take it away', () => {
    expect(ask({ identity: { own: [allow()], lost: null } })).toMatchObject({
      power: 'conditional',
      isShown: false,
      witness: { action: 'kms:Decrypt' },
    });
  });

  it('is nothing for a no', () => {
    expect(ask({ identity: {} })).toEqual({ power: 'no', witness: null, isShown: false });
  });
});

describe('what is not known of the key', () => {
  const onTag = (value: string) => ({ Condition: { StringEquals: { 'aws:ResourceTag/team': value } } });
  const tag = ['$', '{aws:ResourceTag/team}'].join('');
  const absentVia = { Condition: { StringNotEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } };
  it.each<[says: string, statements: object[], more: object, power: string]>([
    ['binds what a Deny asks of it', [allow(absentVia), deny(onTag('a'))], {}, 'conditional'],
    [
      'binds nothing where it is known',
      [allow(absentVia), deny(onTag('a'))],
      { knownContext: { 'aws:ResourceTag/Team': ['b'] } },
      'yes',
    ],
    [
      'denies where it is known',
      [allow(absentVia), deny(onTag('a'))],
      { knownContext: { 'aws:ResourceTag/Team': ['a'] } },
      'no',
    ],
    [
      'binds nothing where it is known, whatever the caller writes',
      [allow({ Condition: { StringEquals: { 'aws:UserAgent': 'ours' } } }), deny(onTag('a'))],
      { knownContext: { 'aws:ResourceTag/Team': ['b'] } },
      'yes',
    ],
    [
      'binds nothing that is not about the action',
      [allow(absentVia), deny({ Action: 'kms:Encrypt', ...onTag('a') })],
      {},
      'yes',
    ],
    [
      'binds what a resource takes in of it',
      [allow(absentVia), deny({ Resource: `*${tag}*` })],
      {},
      'conditional',
    ],
    [
      'binds what is spared by a resource that takes it in',
      [allow(absentVia), deny({ Resource: undefined, NotResource: `*${tag}*` })],
      {},
      'conditional',
    ],
    [
      'binds a value that takes it in',
      [allow(absentVia), deny({ Condition: { StringEquals: { 'aws:PrincipalTag/team': tag } } })],
      {},
      'yes',
    ],
    [
      'binds nothing that a resource takes in otherwise',
      [allow(absentVia), deny({ Action: 'kms:Encrypt', Resource: `*${tag}*` })],
      {},
      'yes',
    ],
    ['binds an Allow that asks for it', [allow(onTag('a'))], {}, 'conditional'],
  ])('%s', (_, own, more, power) => {
    expect(ask({ identity: { own } }, more).power).toBe(power);
  });
});

describe('what every call says', () => {
  const every = {
    'aws:RequestedRegion': ['eu-west-1'],
    'aws:SecureTransport': ['true'],
    'aws:ResourceAccount': ['111122223333'],
  };
  it.each([
    [{}, every],
    [{ organizationId: 'o-a1b2c3d4e5' }, { ...every, 'aws:PrincipalOrgID': ['o-a1b2c3d4e5'] }],
    [{ organizationId: null }, { ...every, 'aws:PrincipalOrgID': [] }],
  ])('of a principal with %j: %j', (known, said) => {
    expect(toEveryCall({ principal: callers.role, ...known }, keyArn)).toEqual(said);
  });

  it('is of CreateGrant alone, that it is for nobody’s service and gives decryption', () => {
    expect(toParameters('KMS:CreateGrant')).toEqual({
      'kms:GrantIsForAWSResource': ['false'],
      'kms:GrantOperations': ['Decrypt'],
    });
    expect(toParameters('kms:RevokeGrant')).toEqual({});
  });
});
