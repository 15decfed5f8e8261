import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import type { Policies } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import { PolicyError } from '../../shared/policy/policy-error.ts';
import { findPrincipalWitness, type PrincipalQuestion } from '../../shared/policy/principal-witness.ts';
import { callers } from './case-file.ts';
import { delegation, deny, keyArn, open, toPolicy } from './policies.ts';

const ask = (question: Partial<PrincipalQuestion>, policies: Policies) =>
  findPrincipalWitness({ principal: callers.role, actions: ['kms:Decrypt'], keyArn, ...question }, policies);
const toIdentity = (...statements: object[]): Policies['identity'] => ({
  policies: [
    {
      ref: 'role/reader/inline',
      policy: parseIdentityPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
    },
  ],
  boundary: null,
});
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
const keyPolicy = toPolicy(delegation);

describe('findPrincipalWitness', () => {
  it('finds a closed request with what the policies ask for and nothing else', () => {
    const identity = toIdentity(
      allow({
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          StringLike: { 'kms:EncryptionContext:App': 'a*' },
        },
      }),
    );
    const result = ask({}, { keyPolicy, identity });
    expect(result).toMatchObject({
      found: {
        action: 'kms:Decrypt',
        isClosed: true,
        context: {
          'aws:MultiFactorAuthPresent': ['true'],
          'kms:EncryptionContext:App': [expect.stringMatching(/^a/)],
          'aws:PrincipalArn': [callers.role.arn],
        },
      },
    });
    expect('found' in result && Object.keys(result.found.context)).not.toContain('aws:SourceIp');
  });

  it('chooses a tag that another statement takes in before the tag that it is compared with', () => {
    const tag = 'kms:EncryptionContext:x';
    const identity = toIdentity(
      allow(),
      { ...allow(), Effect: 'Deny', Condition: { StringEquals: { [tag]: 'a' } } },
      {
        ...allow(),
        Effect: 'Deny',
        Condition: { StringNotLike: { [tag]: ['x', '$', '{aws:RequestTag/y}'].join('') } },
      },
    );
    expect(ask({}, { keyPolicy, identity })).toHaveProperty('found');
  });

  it('writes the session that a grant is for, and the context that it asks for, as they are spelt', () => {
    const grants = [
      {
        GrantId: 'g1',
        GranteePrincipal: callers.session.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { 'aws:EKS:context': 'c-1' } },
      },
    ];
    const policies = { keyPolicy: toPolicy(open({ Action: 'kms:Encrypt' })), grants };
    const result = ask({}, policies);
    expect(result).toMatchObject({
      found: {
        principal: { arn: callers.session.arn },
        context: { 'kms:EncryptionContext:aws:EKS:context': ['c-1'] },
      },
    });
    expect('found' in result && decide(result.found, policies).effect).toBe('allowed');
  });

  it('gives up a grant whose context what is known contradicts', () => {
    const grants = [
      {
        GrantId: 'g1',
        GranteePrincipal: callers.role.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { app: 'a' } },
      },
    ];
    const policies = { keyPolicy: toPolicy(open({ Action: 'kms:Encrypt' })), grants };
    expect(ask({ knownContext: { 'kms:EncryptionContext:app': ['b'] } }, policies)).toEqual({ none: true });
    expect(ask({ knownContext: { 'kms:EncryptionContext:app': ['a'] } }, policies)).toHaveProperty('found');
  });

  it('chooses the session name that a condition asks for', () => {
    const statement = open({ Condition: { StringLike: { 'aws:userid': 'AROAEXAMPLEEXAMPLE12:night-?*' } } });
    const result = ask(
      { uniqueId: 'AROAEXAMPLEEXAMPLE12' },
      { keyPolicy: toPolicy(statement), identity: toIdentity(allow({ Action: 'kms:Encrypt' })) },
    );
    expect(result).toMatchObject({
      found: { principal: { arn: expect.stringMatching(/:assumed-role\/reader\/night-.+$/) } },
    });
  });

  it('says of which keys it could not try all values', () => {
    const both = (key: string) => [
      { StringLike: { [key]: 'a*' }, NumericEquals: { [key]: '5' } },
      { StringLike: { [key]: 'b*' }, NumericEquals: { [key]: '6' } },
    ];
    const statements = [...both('aws:RequestTag/Second'), ...both('aws:RequestTag/First')].map((Condition) =>
      allow({ Condition }),
    );
    expect(ask({}, { keyPolicy, identity: toIdentity(...statements) })).toEqual({
      undecided: 'The values of aws:RequestTag/First, aws:RequestTag/Second are too many to try them all.',
    });
  });

  it('proves that there is none where nothing is about the action', () => {
    expect(ask({}, { keyPolicy, identity: toIdentity(allow({ Action: 'kms:Encrypt' })) })).toEqual({
      none: true,
    });
  });

  it('leaves out of the request what is known to be absent, and tells what is known as it is spelt', () => {
    const identity = toIdentity(
      allow({ Condition: { Null: { 'kms:ViaService': 'true', 'aws:resourcetag/team': 'false' } } }),
    );
    const knownContext = { 'kms:ViaService': [], 'aws:ResourceTag/Team': ['a'] };
    const result = ask({ knownContext }, { keyPolicy, identity });
    const context = 'found' in result ? result.found.context : {};
    expect(Object.keys(context)).not.toContain('kms:ViaService');
    expect(context).toMatchObject({ 'aws:ResourceTag/Team': ['a'] });
    expect(ask({ knownContext: { 'kms:ViaService': ['s3'] } }, { keyPolicy, identity })).toEqual({
      none: true,
    });
  });

  it.each([
    ['o-a1b2c3d4e5', undefined, ['o-a1b2c3d4e5']],
    [null, undefined, undefined],
    [undefined, undefined, undefined],
    ['o-a1b2c3d4e5', 'o-a1b2c3d4e5', ['o-a1b2c3d4e5']],
    [undefined, 'o-zzzzzzzzzz', ['o-zzzzzzzzzz']],
  ])(
    'tells of a principal in organisation %s, asked for %s, that it is in %j',
    (organizationId, asked, told) => {
      const condition =
        asked === undefined ? {} : { Condition: { StringEquals: { 'aws:PrincipalOrgID': asked } } };
      const result = ask({ organizationId }, { keyPolicy, identity: toIdentity(allow(condition)) });
      expect('found' in result && result.found.context['aws:PrincipalOrgID']).toEqual(told);
    },
  );

  it('sends nothing but the context that a grant asks for, whatever is denied with more', () => {
    const grants = [
      {
        GrantId: 'g1',
        GranteePrincipal: callers.user.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { App: 'a' } },
      },
    ];
    const keyPolicy = toPolicy([
      deny({ Condition: { StringLike: { 'kms:EncryptionContext:other': '*' } } }),
      deny({ Condition: { 'ForAnyValue:StringNotEquals': { 'kms:EncryptionContextKeys': 'App' } } }),
      deny({ Condition: { Null: { 'kms:EncryptionContextKeys': 'true' } } }),
    ]);
    const result = ask(
      { principal: callers.user },
      { keyPolicy, grants, identity: toIdentity(allow({ Action: 's3:*' })) },
    );
    const context = 'found' in result ? result.found.context : {};
    expect(context).toMatchObject({
      'kms:EncryptionContext:App': ['a'],
      'kms:EncryptionContextKeys': ['App'],
    });
    expect(Object.keys(context)).not.toContain('kms:EncryptionContext:other');
  });

  it('is bound to the context that a grant asks for, and to nothing else', () => {
    const grant = { GrantId: 'g1', GranteePrincipal: callers.user.arn, Operations: ['Decrypt'] };
    const whole = [{ ...grant, Constraints: { EncryptionContextEquals: { App: 'a' } } }];
    const must = (...keys: string[]) =>
      toPolicy(keys.map((key) => deny({ Condition: { Null: { [key]: 'true' } } })));
    const identity = toIdentity(allow({ Action: 's3:*' }));
    const find = (key: string, grants: Policies['grants']) =>
      ask({ principal: callers.user }, { keyPolicy: must(key), grants, identity });
    expect(find('kms:EncryptionContext:other', whole)).toEqual({ none: true });
    expect(find('aws:UserAgent', whole)).toHaveProperty('found.context.aws:UserAgent', ['any-value']);
    const part = [{ ...grant, Constraints: { EncryptionContextEquals: {} } }];
    expect(find('kms:EncryptionContext:other', part)).toHaveProperty('found');
    expect(find('kms:EncryptionContextKeys', part)).toHaveProperty(
      'found.context.kms:EncryptionContextKeys',
      ['any-value'],
    );
  });

  const never = {
    StringLike: { 'aws:RequestTag/never': 'a*' },
    StringNotLike: { 'aws:RequestTag/never': '?*' },
  };

  it('knows in whose organisation the key is', () => {
    const condition = {
      StringNotEquals: { 'aws:ResourceOrgID': 'o-a1b2c3d4e5' },
      Null: { 'aws:ResourceOrgID': 'false' },
    };
    const policies = { keyPolicy, identity: toIdentity(allow({ Condition: condition })) };
    expect(ask({ organizationId: 'o-a1b2c3d4e5' }, policies)).toEqual({ none: true });
    expect(ask({}, policies)).toHaveProperty('found');
  });

  it('is undecided where patterns tell too many organisations apart, unless it is known of which one is', () => {
    const letters = [...'abcdefghij'];
    const patterns = letters.flatMap((one) => letters.map((other) => `o-*${one}*${other}*${one}*`));
    const others = Array.from({ length: 400 }, () => deny({ Action: 'kms:Sign' }));
    const many = deny({ Action: 'kms:Sign', Condition: { StringLike: { 'aws:PrincipalOrgID': patterns } } });
    const policies = {
      keyPolicy: toPolicy([delegation, ...others, many]),
      identity: toIdentity(allow({ Condition: never })),
    };
    expect(ask({}, policies)).toEqual({
      undecided: 'The values of aws:PrincipalOrgID are too many to try them all.',
    });
    expect(ask({ organizationId: null }, policies)).toEqual({ none: true });
  });

  it('is given up where conditions combine in too many ways', () => {
    const tags = Array.from({ length: 20 }, (_, index) => `aws:RequestTag/${index}`);
    const denies = tags.map((tag) => allow({ Effect: 'Deny', Condition: { StringLike: { [tag]: 'a' } } }));
    // A tag is there or it is not.
    const impossible = ['true', 'false'].map((isNull) =>
      allow({ Effect: 'Deny', Condition: { Null: { 'aws:RequestTag/z': isNull } } }),
    );
    const given = { keyPolicy, identity: toIdentity(allow(), ...denies, ...impossible) };
    expect(ask({}, given)).toEqual({
      undecided: `The policies' conditions combine in more ways than a counted effort could try.`,
    });
  });

  it.each([
    ['a user', callers.user, 'AIDA?*', { arn: callers.user.arn, userId: expect.stringMatching(/^AIDA.+/) }],
    [
      'a session under a name with colons',
      callers.role,
      'AROA*:a:?*',
      { arn: expect.stringMatching(/\/reader\/a:.+$/), userId: expect.stringMatching(/^AROA.*:a:.+/) },
    ],
  ])('gives to %s the id that a condition asks for', (_, principal, id, expected) => {
    const identity = toIdentity(allow({ Condition: { StringLike: { 'aws:userid': id } } }));
    const result = ask({ principal }, { keyPolicy, identity });
    expect('found' in result && result.found.principal).toMatchObject(expected);
  });

  it('leaves a session as it is named where its id says no name', () => {
    const identity = toIdentity(allow({ Condition: { StringEquals: { 'aws:userid': 'AROAX' } } }));
    const result = ask({ principal: callers.session }, { keyPolicy, identity });
    expect('found' in result && result.found.principal).toMatchObject({
      arn: callers.session.arn,
      userId: 'AROAX',
    });
  });

  it('needs a Principal element nowhere in IAM, and takes none', () => {
    expect(() => toIdentity({ ...allow(), Principal: '*' })).toThrow(PolicyError);
    expect(() => toIdentity({ ...allow(), NotPrincipal: '*' })).toThrow(PolicyError);
  });
});
