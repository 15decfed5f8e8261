/** Who is answered for by whom: what tells two keys, two principals or two questions apart. */
import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { createAnswers } from '../../shared/policy/alike.ts';
import { decide } from '../../shared/policy/decide.ts';
import type { AccountPrincipals, KeyQuestion } from '../../shared/policy/holding.ts';
import { findHoldings, isForAll } from '../../shared/policy/key-holders.ts';
import { parseIdentityPolicy, parsePolicy } from '../../shared/policy/policy-document.ts';
import { keyStoreActions, powerActions } from '../../shared/policy/powers.ts';
import { allow, deny, document } from '../checks/iam-cases.ts';
import { delegation, keyAccountId, keyArn, outsideAccountId, root } from './policies.ts';

const otherKeyArn = keyArn.replace(/[^/]*$/, '99999999-8888-4777-8666-555555555555');
const toArn = (name: string) => `arn:aws:iam::${keyAccountId}:role/${name}`;
const toRole = (name: string, statements: object[], more: object = {}) => ({
  Arn: toArn(name),
  RoleName: name.replace(/.*\//, ''),
  RoleId: `AROA${name}`,
  AssumeRolePolicyDocument: '{}',
  RolePolicyList: [{ PolicyName: 'own', PolicyDocument: document(...statements) }],
  ...more,
});
const toAccount = (roles: object[], more: Partial<AccountPrincipals> & { policies?: object[] } = {}) => {
  const { policies = [], ...rest } = more;
  const inventory = iamInventory.parse({ users: [], groups: [], roles, policies });
  return { account: keyAccountId, inventory, isPartial: false, serviceControl: [], ...rest };
};
const toKeyPolicy = (...statements: object[]) => parsePolicy(document(...statements));
const where = (operator: string, key: string, value: string) => ({
  Condition: { [operator]: { [key]: value } },
});
const toControl = (...statements: object[]) => [
  [{ ref: 'control', policy: parseIdentityPolicy(document(allow('*'), ...statements)) }],
];

const find = (account: AccountPrincipals, given: Partial<KeyQuestion> = {}) =>
  findHoldings(
    {
      keyArn,
      keyPolicy: toKeyPolicy(delegation),
      grants: [],
      resourceControl: [],
      accounts: [account],
      ...given,
    },
    powerActions,
  );
type Asked = Omit<Partial<KeyQuestion>, 'accounts'> & Partial<AccountPrincipals>;
const ask = (account: AccountPrincipals, given: Asked = {}, name = 'reader') => {
  const { organizationId, serviceControl, ...more } = given;
  const own = organizationId === undefined ? {} : { organizationId };
  const holdings = find({ ...account, ...own, ...(serviceControl ? { serviceControl } : {}) }, more);
  return holdings.find(({ principal }) => principal === toArn(name))?.powers.decrypt?.power ?? 'no';
};

const onContext = where('StringEquals', 'kms:EncryptionContext:app', 'a');
const onTag = where('StringEquals', 'aws:ResourceTag/team', 'a');
const whoeverIsThere = { ...delegation, Principal: '*' };

describe('two keys, of which one was asked about first', () => {
  it.each<[differ: string, statements: object[], first: Asked, second: Asked, answers: [string, string]]>([
    ['by nothing', [allow('kms:Decrypt')], {}, { keyArn: otherKeyArn }, ['yes', 'yes']],
    [
      'by being named in what the principal may',
      [{ ...allow('kms:Decrypt'), Resource: keyArn }],
      {},
      { keyArn: otherKeyArn },
      ['yes', 'no'],
    ],
    [
      'by a pattern in what the principal may',
      [{ ...allow('kms:Decrypt'), Resource: `arn:aws:kms:*:*:key/1*` }],
      {},
      { keyArn: otherKeyArn },
      ['yes', 'no'],
    ],
    [
      'by being spared in what the principal may not',
      [allow('kms:Decrypt'), { Effect: 'Deny', Action: 'kms:*', NotResource: keyArn }],
      {},
      { keyArn: otherKeyArn },
      ['yes', 'no'],
    ],
    [
      'by a variable in what the principal may',
      [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' }],
      { knownContext: { 'aws:PrincipalTag/key': ['1234abcd-12ab-34cd-56ef-1234567890ab'] } },
      {
        keyArn: otherKeyArn,
        knownContext: { 'aws:PrincipalTag/key': ['1234abcd-12ab-34cd-56ef-1234567890ab'] },
      },
      ['yes', 'no'],
    ],
    [
      'by their Region',
      [allow('kms:Decrypt', where('StringEquals', 'aws:RequestedRegion', 'eu-west-1'))],
      {},
      { keyArn: keyArn.replace('eu-west-1', 'us-east-1') },
      ['yes', 'no'],
    ],
    [
      'by the encryption contexts they seal under',
      [allow('kms:Decrypt', onContext)],
      { contexts: [{ app: 'a' }] },
      { contexts: [{ app: 'b' }] },
      ['yes', 'conditional'],
    ],
    [
      'by contexts that the key policy asks for',
      [allow('kms:Decrypt')],
      { contexts: [{ app: 'a' }], keyPolicy: toKeyPolicy({ ...delegation, ...onContext }) },
      { contexts: [{ app: 'b' }], keyPolicy: toKeyPolicy({ ...delegation, ...onContext }) },
      ['yes', 'conditional'],
    ],
    [
      'by what is known of them',
      [allow('kms:Decrypt', onTag)],
      { knownContext: { 'AWS:ResourceTag/team': ['a'] } },
      { knownContext: { 'AWS:ResourceTag/team': ['b'] } },
      ['yes', 'no'],
    ],
    [
      'by a key policy that names nobody',
      [allow('kms:Decrypt')],
      {},
      { keyPolicy: toKeyPolicy({ ...delegation, Principal: { AWS: toArn('somebody') } }) },
      ['yes', 'no'],
    ],
    [
      'by whom the key policy delegates to',
      [allow('kms:Decrypt')],
      {},
      { keyPolicy: toKeyPolicy({ ...delegation, Principal: { AWS: outsideAccountId } }) },
      ['yes', 'no'],
    ],
    [
      'by letting in everybody and not those whom IAM lets',
      [allow('sns:Publish')],
      { keyPolicy: toKeyPolicy(whoeverIsThere) },
      {
        keyPolicy: toKeyPolicy(
          { ...whoeverIsThere, Principal: { AWS: root } },
          deny('kms:*', { Principal: '*', ...onTag }),
        ),
      },
      ['yes', 'no'],
    ],
    [
      'by a Deny for everybody but somebody',
      [allow('kms:Decrypt')],
      { keyPolicy: toKeyPolicy(delegation, deny('kms:Decrypt', { Principal: { AWS: toArn('somebody') } })) },
      {
        keyPolicy: toKeyPolicy(delegation, deny('kms:Decrypt', { NotPrincipal: { AWS: toArn('somebody') } })),
      },
      ['yes', 'no'],
    ],
    [
      'by a grant to the whole account',
      [allow('kms:Decrypt')],
      { keyPolicy: toKeyPolicy({ ...delegation, Action: 'kms:Encrypt' }) },
      {
        keyPolicy: toKeyPolicy({ ...delegation, Action: 'kms:Encrypt' }),
        grants: [{ GrantId: 'g', GranteePrincipal: root, Operations: ['Decrypt'] }],
      },
      ['no', 'yes'],
    ],
    [
      'by a grant to the principal',
      [allow('kms:Decrypt')],
      { keyPolicy: toKeyPolicy({ ...delegation, Action: 'kms:Encrypt' }) },
      {
        keyPolicy: toKeyPolicy({ ...delegation, Action: 'kms:Encrypt' }),
        grants: [{ GrantId: 'g', GranteePrincipal: toArn('reader'), Operations: ['Decrypt'] }],
      },
      ['no', 'yes'],
    ],
    [
      'by the organisation that is known',
      [allow('kms:Decrypt', where('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'))],
      { organizationId: 'o-a1b2c3d4e5' },
      { organizationId: null },
      ['yes', 'no'],
    ],
    [
      'by service control policies',
      [allow('kms:Decrypt')],
      { serviceControl: toControl() },
      { serviceControl: toControl(deny('kms:Decrypt')) },
      ['yes', 'no'],
    ],
    [
      'by resource control policies',
      [allow('kms:Decrypt')],
      { resourceControl: [] },
      {
        resourceControl: [[{ ref: 'perimeter', policy: toKeyPolicy(deny('kms:*', { Principal: '*' })) }]],
      },
      ['yes', 'no'],
    ],
  ])('differ %s', (_, statements, first, second, answers) => {
    const account = toAccount([toRole('reader', statements)]);
    expect([ask(account, first), ask(account, second)]).toEqual(answers);
    const turned = toAccount([toRole('reader', statements)]);
    expect([ask(turned, second), ask(turned, first)]).toEqual(answers.toReversed());
  });
});

describe('principals of one account', () => {
  it('stand sorted by name, those who may nothing left out', () => {
    const account = toAccount([
      toRole('b', [allow('kms:Decrypt')]),
      toRole('c', [allow('sns:Publish')]),
      toRole('a', [allow('kms:DisableKey')]),
    ]);
    expect(find(account).map(({ principal, powers }) => [principal, powers])).toEqual([
      [toArn('a'), { destroy: { power: 'yes', isShown: true } }],
      [toArn('b'), { decrypt: { power: 'yes', isShown: true } }],
    ]);
  });

  it('are shown requests in their own name, by their own policies', () => {
    const account = toAccount([
      toRole('first', [allow('kms:Decrypt')], { Tags: [{ Key: 'team', Value: 'a' }] }),
      toRole('team/second', [allow('kms:Decrypt')], { Tags: [{ Key: 'team', Value: 'b' }] }),
    ]);
    for (const key of [keyArn, otherKeyArn])
      for (const { principal, show } of find(account, { keyArn: key, contexts: [{ app: 'a' }] })) {
        const name = principal.replace(/.*\//, '');
        const held = show('decrypt');
        expect(held?.power).toBe('yes');
        expect(held?.witness).toMatchObject({
          resource: key,
          principal: {
            kind: 'role-session',
            arn: `arn:aws:sts::${keyAccountId}:assumed-role/${name}/any-session`,
            roleArn: principal,
          },
          context: { 'aws:PrincipalArn': [principal], 'kms:EncryptionContext:app': ['a'] },
        });
        expect(held?.witness && decide(held.witness, held.policies).because).toMatchObject([
          { source: 'key-policy' },
          { source: 'identity-policy', ref: `role/${name}/own#statement 1` },
        ]);
        expect(show('destroy')).toBeNull();
      }
  });

  it.each<[apart: string, statement: object, one: object, other: object]>([
    [
      'tags',
      where('StringEquals', 'aws:PrincipalTag/team', 'a'),
      { Tags: [{ Key: 'TEAM', Value: 'a' }] },
      {},
    ],
    ['names', where('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/on*'), {}, {}],
    ['boundaries', {}, {}, { PermissionsBoundary: { PermissionsBoundaryArn: 'boundary' } }],
    [
      'policies',
      {},
      {},
      { RolePolicyList: [{ PolicyName: 'own', PolicyDocument: document(allow('sns:*')) }] },
    ],
    [
      'a variable',
      where('StringLike', 'aws:PrincipalTag/team', '${aws:PrincipalTag/own}'),
      {
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: 'own', Value: 'a' },
        ],
      },
      {
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: 'own', Value: 'b' },
        ],
      },
    ],
  ])('are told apart by %s', (_, condition, one, other) => {
    const roles = [
      toRole('one', [allow('kms:Decrypt', condition)], one),
      toRole('other', [allow('kms:Decrypt', condition)], other),
    ];
    const policies = [{ Arn: 'boundary', Document: document(allow('sns:*')) }];
    for (const both of [roles, roles.toReversed()]) {
      const account = toAccount(both, { policies });
      for (const key of [keyArn, otherKeyArn]) {
        expect(ask(account, { keyArn: key }, 'one')).toBe('yes');
        expect(ask(account, { keyArn: key }, 'other')).not.toBe('yes');
      }
    }
  });

  it('are administrators by what they may themselves, whoever may as much', () => {
    const every = Object.values(powerActions).flat();
    const all = [...every, 'kms:RetireGrant', ...keyStoreActions];
    const roles = [toRole('administrator', [allow('kms:*')]), toRole('powerful', [allow(all)])];
    for (const both of [roles, roles.toReversed()])
      expect(find(toAccount(both)).map(({ group }) => group)).toEqual(['administrators', null]);
  });

  it('of whom what is named by the key policy is asked alone', () => {
    const keyPolicy = toKeyPolicy(
      delegation,
      allow('kms:DisableKey', { Principal: { AWS: [toArn('named'), 'AROAEXAMPLEEXAMPLE12', '*nobody*'] } }),
    );
    const account = toAccount([
      toRole('team/named', [allow('kms:Decrypt')]),
      toRole('other', [allow('kms:Decrypt')]),
    ]);
    const powers = find(account, { keyPolicy }).map(({ principal, powers }) => [
      principal,
      Object.keys(powers),
    ]);
    // The policy names a role without a path, and there is only one with it.
    expect(powers).toEqual([
      [toArn('other'), ['decrypt']],
      [toArn('team/named'), ['decrypt']],
    ]);
    const exact = toKeyPolicy(
      delegation,
      allow('kms:DisableKey', { Principal: { AWS: toArn('team/named') } }),
    );
    expect(find(account, { keyPolicy: exact }).map((one) => Object.keys(one.powers))).toEqual([
      ['decrypt'],
      ['decrypt', 'destroy'],
    ]);
  });

  it('of another account may only what KMS takes from there', () => {
    const account = toAccount([
      toRole('reader', [allow('kms:*')]),
      toRole('own', [{ ...allow('kms:*'), Resource: keyArn }]),
    ]);
    const foreign = keyArn.replace(keyAccountId, outsideAccountId);
    const [{ powers, group } = { powers: {}, group: undefined }, ...others] = find(account, {
      keyArn: foreign,
    });
    expect(Object.keys(powers)).toEqual(['decrypt', 'administer', 'destroy']);
    expect([group, others]).toEqual(['administrators', []]);
  });
});

describe('principals of another account than the key’s', () => {
  const foreign = keyArn.replace(keyAccountId, outsideAccountId);
  it.each<[says: string, actions: string[], powers: string[]]>([
    ['the policy', ['kms:PutKeyPolicy'], []],
    ['deletion', ['kms:ScheduleKeyDeletion', 'kms:DisableKey'], []],
    ['decryption', ['kms:Decrypt', 'kms:PutKeyPolicy'], ['decrypt']],
    ['grants', ['kms:CreateGrant'], ['administer']],
  ])('may with %s only what KMS takes from there', (_, actions, powers) => {
    const account = toAccount([toRole('reader', [allow(actions)]), toRole('named', [allow(actions)])]);
    const everybody = toKeyPolicy({ ...delegation, Principal: '*' });
    const named = toKeyPolicy(delegation, allow('kms:*', { Principal: { AWS: toArn('named') } }));
    for (const keyPolicy of [toKeyPolicy(delegation), everybody, named])
      for (const holding of find(account, { keyArn: foreign, keyPolicy }))
        expect(Object.keys(holding.powers)).toEqual(powers);
    expect(find(account, { keyArn: foreign })).toHaveLength(powers.length === 0 ? 0 : 2);
  });
});

describe('holders of one kind', () => {
  it('are services’ own roles, whatever they may', () => {
    const account = toAccount([
      toRole('aws-service-role/x.amazonaws.com/X', [allow('kms:*')]),
      toRole('x', [allow('kms:*')]),
    ]);
    expect(find(account).map(({ group }) => group)).toEqual(['aws-services', 'administrators']);
  });

  it('are let in by key policies for whoever there is', () => {
    const account = toAccount([toRole('poor', [allow('sns:*')])]);
    const openly = allow('kms:Decrypt', { Principal: '*' });
    expect(find(account, { keyPolicy: toKeyPolicy(openly) }).map(({ principal }) => principal)).toEqual([
      toArn('poor'),
    ]);
    const beside = toKeyPolicy(delegation, openly);
    expect(find(account, { keyPolicy: beside }).map(({ principal }) => principal)).toEqual([toArn('poor')]);
    const denied = toKeyPolicy({ ...openly, Effect: 'Deny' }, delegation);
    expect(find(account, { keyPolicy: denied })).toEqual([]);
  });

  it('are users and roles, each shown as what it is', () => {
    const inventory = iamInventory.parse({
      users: [
        {
          Arn: `arn:aws:iam::${keyAccountId}:user/team/ann`,
          UserName: 'ann',
          UserId: 'AIDAANN',
          UserPolicyList: [{ PolicyName: 'own', PolicyDocument: document(allow('kms:Decrypt')) }],
        },
        {
          Arn: `arn:aws:iam::${keyAccountId}:user/bob`,
          UserName: 'bob',
          UserId: 'AIDABOB',
          UserPolicyList: [{ PolicyName: 'own', PolicyDocument: document(allow('kms:Decrypt')) }],
        },
      ],
      groups: [],
      roles: [toRole('reader', [allow('kms:Decrypt')])],
      policies: [],
    });
    const shown = find({ account: keyAccountId, inventory, isPartial: false, serviceControl: [] }).map(
      ({ kind, show }) => [kind, show('decrypt')?.witness?.principal],
    );
    expect(shown).toMatchObject([
      ['role', { kind: 'role-session', roleArn: toArn('reader') }],
      ['user', { kind: 'user', arn: `arn:aws:iam::${keyAccountId}:user/bob` }],
      ['user', { kind: 'user', arn: `arn:aws:iam::${keyAccountId}:user/team/ann` }],
    ]);
  });

  it.each<[who: object, effect: string, answer: boolean]>([
    [{ Principal: '*' }, 'Allow', true],
    [{ Principal: { AWS: [root, '*'] } }, 'Allow', true],
    [{ NotPrincipal: { AWS: root } }, 'Allow', true],
    [{ Principal: { AWS: root } }, 'Allow', false],
    [{ Principal: '*' }, 'Deny', false],
  ])('%j, %s, is for whoever there is: %s', (who, Effect, answer) => {
    const [statement] = toKeyPolicy({ ...allow('kms:*'), ...who, Effect }).statements;
    expect(statement && isForAll(statement)).toBe(answer);
  });
});

describe('answers that are remembered', () => {
  it('are kept while there is room, each of its own kind', () => {
    const { settle } = createAnswers();
    settle('one', () => yes);
    settle('other', () => ({ power: 'no', isShown: false }));
    expect(settle('one', () => ({ power: 'no', isShown: false }))).toEqual(yes);
    expect(settle('other', () => yes)).toEqual({ power: 'no', isShown: false });
  });

  const yes = { power: 'yes', isShown: true } as const;
  it.each<[answer: { power: 'yes' | 'conditional' | 'no'; isShown: boolean }, times: number]>([
    [yes, 1],
    [{ power: 'conditional', isShown: true }, 1],
    [{ power: 'no', isShown: false }, 1],
    // It may have been too much to search through, and less for the next who asks.
    [{ power: 'conditional', isShown: false }, 2],
  ])('are those that are proven: %j is asked for %i times', (answer, times) => {
    const { settle } = createAnswers();
    let asked = 0;
    const toAnswer = () => {
      asked += 1;
      return answer;
    };
    const told = [settle('kind', toAnswer), settle('kind', toAnswer)];
    expect(told).toEqual(Array(2).fill(answer));
    expect(asked).toBe(times);
  });

  it('are so many and no more, and a number never stands for another text', () => {
    const { settle, toNumber } = createAnswers(2);
    const first = toNumber('one');
    expect([toNumber('two'), toNumber('one')]).toEqual([first + 1, first]);
    settle('kind', () => yes);
    expect([toNumber('three'), toNumber('one')]).toEqual([first + 2, first + 3]);
    settle('other', () => yes);
    expect(settle('kind', () => ({ power: 'no', isShown: false })).power).toBe('no');
  });
});
