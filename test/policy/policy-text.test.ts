/** What policies' texts take in, how statements are called, and what is looked up in several policies at once. */
import { describe, expect, it } from 'vitest';
import { getConditionKeys, getDecidingKeys } from '../../shared/policy/condition-keys.ts';
import { toCost } from '../../shared/policy/effort.ts';
import { findForeignContexts } from '../../shared/policy/eks-context.ts';
import { toHealthCheck } from '../../shared/policy/eks-health-check.ts';
import { toOpeningSets } from '../../shared/policy/grant-operations.ts';
import { toKeyStoreQuestion } from '../../shared/policy/key-store.ts';
import { toNamedArns, toSessions } from '../../shared/policy/named-sessions.ts';
import { isSaidBy, toUnsaidKeys } from '../../shared/policy/operation-keys.ts';
import { toCurrentPolicies, toEveryStatement, toUnreadRefs } from '../../shared/policy/policies.ts';
import type { Policies } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import {
  fillVariables,
  type Lookup,
  toTextParts,
  toVariableKeys,
} from '../../shared/policy/policy-variables.ts';
import { toCanonicalText, toStatementRef } from '../../shared/policy/statement-id.ts';
import { isOpenToDeny, toUnseen } from '../../shared/policy/unseen.ts';
import { callers } from './case-file.ts';
import { delegation, keyAccountId, keyArn, open, outsideAccountId, toPolicy } from './policies.ts';

const toVariable = (inside: string) => ['$', `{${inside}}`].join('');
const user = toVariable('aws:username');

describe('a text with variables', () => {
  const text = (value: string) => ({ text: value, isLiteral: false });
  const variable = (key: string, fallback: string | null = null) => ({ variable: key, fallback });
  it.each<[text: string, parts: object[]]>([
    ['plain', [text('plain')]],
    [user, [variable('aws:username')]],
    [`a/${user}/b`, [text('a/'), variable('aws:username'), text('/b')]],
    [`${user}${user}`, [variable('aws:username'), variable('aws:username')]],
    [toVariable(' AWS:Username '), [variable('aws:username')]],
    [toVariable("aws:PrincipalTag/team, 'none'"), [variable('aws:principaltag/team', 'none')]],
    [toVariable("aws:PrincipalTag/team  ,'a, b'"), [variable('aws:principaltag/team', 'a, b')]],
    [toVariable("aws:PrincipalTag/team, ''"), [variable('aws:principaltag/team', '')]],
    [toVariable("x'y, 'z'!"), [variable("x'y, 'z'!")]],
    [`a${toVariable('*')}b`, [text('a'), { text: '*', isLiteral: true }, text('b')]],
    [toVariable('?'), [{ text: '?', isLiteral: true }]],
    [toVariable('$'), [{ text: '$', isLiteral: true }]],
    ['a${b', [text('a${b')]],
  ])('%s is %j', (given, parts) => {
    expect(toTextParts(given, '2012-10-17')).toEqual(parts);
    expect(toTextParts(given, '2008-10-17')).toEqual([text(given)]);
    const keys = parts.flatMap((part) => ('variable' in part ? [part.variable] : []));
    expect(toVariableKeys(given, '2012-10-17')).toEqual(keys);
  });

  const lookup: Lookup = (key) =>
    ({ 'aws:username': ['ann*'], many: ['a', 'b'], none: 'absent' as const, empty: [] })[key] ?? 'unknown';
  it.each<[text: string, filled: object[] | string]>([
    [`a*/${user}`, [text('a*/'), { text: 'ann*', isLiteral: true }]],
    [toVariable('many'), 'unresolved'],
    [toVariable('none'), 'unresolved'],
    [toVariable('empty'), 'unresolved'],
    [toVariable('other'), 'unknown'],
    [`${toVariable('other')}${toVariable('none')}`, 'unresolved'],
    [`${toVariable('other')}${user}`, 'unknown'],
    [toVariable("many, 'x'"), [{ text: 'x', isLiteral: true }]],
    [toVariable("none, 'x'"), [{ text: 'x', isLiteral: true }]],
    [toVariable("other, 'x'"), 'unknown'],
  ])('%s is filled to %j', (given, filled) => {
    expect(fillVariables(toTextParts(given, '2012-10-17'), lookup)).toEqual(filled);
  });
});

describe('a statement’s name for people', () => {
  it.each([
    [[{ Sid: 'A' }, { Sid: 'B' }], 0, 'A'],
    [[{ Sid: 'A' }, { Sid: 'A' }], 1, 'statement 2'],
    [[{}, {}], 0, 'statement 1'],
    [[{ Sid: 'A' }, {}], 1, 'statement 2'],
  ])('of %j, number %i, is %s', (sids, index, ref) => {
    const policy = toPolicy(sids.map((sid) => open(sid)));
    const statement = policy.statements[index];
    expect(statement && toStatementRef(policy, statement)).toBe(ref);
  });
});

describe('canonical text', () => {
  it.each([
    [{ b: 1, a: [2, 1] }, { a: [1, 2], b: 1 }, true],
    [[{ a: 1 }, { b: null }], [{ b: null }, { a: 1 }], true],
    [['a', 'b'], ['a,b'], false],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: null }, {}, false],
    [{ a: ['b'] }, { a: 'b' }, false],
    [[[], [1]], [[1]], false],
  ])('is the same for %j and %j: %s', (one, other, isSame) => {
    expect(toCanonicalText(one) === toCanonicalText(other)).toBe(isSame);
  });

  it('is JSON', () => {
    const value = { b: [true, 'x'], a: { c: null } };
    expect(JSON.parse(toCanonicalText(value))).toEqual({ a: { c: null }, b: ['x', true] });
  });
});

describe('several policies', () => {
  const toIdentity = (version: string, ...statements: object[]) =>
    parseIdentityPolicy(JSON.stringify({ Version: version, Statement: statements }));
  const statement = (Sid: string, more: object = {}) => ({
    Sid,
    Effect: 'Allow',
    Action: 'kms:*',
    Resource: '*',
    ...more,
  });
  const named = (ref: string, more: object = {}, version = '2012-10-17') => ({
    ref,
    policy: toIdentity(version, statement(ref, more)),
  });
  const unread = (ref: string) => ({ ref, policy: null });
  const policies: Policies = {
    keyPolicy: toPolicy(open({ Sid: 'key' })),
    identity: { policies: [named('own'), unread('lost')], boundary: named('bound') },
    serviceControl: [[named('root')], [named('account'), unread('gone')]],
    resourceControl: [[unread('rcp')], [named('resource')]],
  };

  it('have every statement of each', () => {
    expect(toEveryStatement(policies).map(({ sid }) => sid)).toEqual([
      'key',
      'own',
      'bound',
      'root',
      'account',
      'resource',
    ]);
    expect(toEveryStatement({ keyPolicy: policies.keyPolicy }).map(({ sid }) => sid)).toEqual(['key']);
    expect(toEveryStatement({ ...policies, identity: { policies: [], boundary: null } })).toHaveLength(4);
  });

  it('are named where they could not be read', () => {
    expect(toUnreadRefs(policies)).toEqual(['lost', 'gone', 'rcp']);
    expect(toUnreadRefs({ ...policies, identity: { policies: [], boundary: unread('b') } })).toEqual([
      'b',
      'gone',
      'rcp',
    ]);
    expect(toUnreadRefs({ keyPolicy: policies.keyPolicy })).toEqual([]);
  });

  it('are put into the language that has variables, where the older one has text', () => {
    const old = { Resource: [`arn:${user}`], Condition: { StringEquals: { k: [user, 'a'] } } };
    const spared = { ...old, Resource: undefined, NotResource: `arn:${user}` };
    const given: Policies = {
      keyPolicy: toPolicy([open(old), open(spared)], '2008-10-17'),
      identity: {
        policies: [named('own', old, '2008-10-17'), unread('lost')],
        boundary: named('bound', old, '2008-10-17'),
      },
      serviceControl: [[named('level', old, '2008-10-17'), named('new', old)]],
      resourceControl: [[named('rcp', old, '2008-10-17')]],
    };
    const current = toCurrentPolicies(given);
    const text = `${toVariable('$')}{aws:username}`;
    const [first, second] = current.keyPolicy.statements;
    expect(current.keyPolicy.version).toBe('2012-10-17');
    expect(first).toMatchObject({
      resources: [`arn:${text}`],
      notResources: null,
      conditions: [{ values: [text, 'a'] }],
    });
    expect(second).toMatchObject({ resources: null, notResources: [`arn:${text}`] });
    expect(toEveryStatement(current).flatMap(({ resources }) => resources ?? [])).toEqual(
      [text, text, text, text, user, text].map((one) => `arn:${one}`),
    );
    expect(toUnreadRefs(current)).toEqual(['lost']);
    // Each policy once, however many ask.
    expect(toCurrentPolicies(given).keyPolicy).toBe(current.keyPolicy);
    expect(toCurrentPolicies(policies).keyPolicy).toBe(policies.keyPolicy);
    expect(toCurrentPolicies({ keyPolicy: policies.keyPolicy })).toMatchObject({
      keyPolicy: policies.keyPolicy,
    });
    expect(
      toCurrentPolicies({ ...policies, identity: { policies: [], boundary: null } }).identity?.boundary,
    ).toBeNull();
  });
});

describe('the condition keys of a policy', () => {
  it('are those of conditions and of what texts take in, each once', () => {
    const policy = toPolicy([
      open({
        Resource: `arn:${user}`,
        Condition: { StringEquals: { 'B:b': toVariable('aws:PrincipalTag/x') }, Bool: { 'a:a': 'true' } },
      }),
      open({
        Resource: undefined,
        NotResource: `arn:${toVariable('c:c')}`,
        Condition: { Bool: { 'a:a': 'true' } },
      }),
      { ...open({ Condition: { Bool: { 'd:d': 'true' } } }), Effect: 'Deny' },
    ]);
    expect(getConditionKeys(policy)).toEqual([
      'a:a',
      'aws:principaltag/x',
      'aws:username',
      'b:b',
      'c:c',
      'd:d',
    ]);
    const [first] = policy.statements;
    expect(first && getDecidingKeys(policy, first)).toEqual([
      'a:a',
      'aws:principaltag/x',
      'aws:username',
      'b:b',
      'd:d',
    ]);
  });
});

describe('the cost of statements', () => {
  it.each([
    [{}, 1],
    [{ Condition: { StringEquals: { a: ['x', 'y'] } } }, 3],
    [{ Condition: { NumericEquals: { a: ['1', '2'] } } }, 17],
    [{ Condition: { DateLessThan: { a: '2026-01-01' }, StringLike: { a: 'x' } } }, 10],
    [{ Condition: { IpAddress: { a: '10.0.0.1' } } }, 9],
    [{ Condition: { NotIpAddress: { a: '10.0.0.1' } } }, 9],
  ])('of %j is %i', (more, cost) => {
    const { statements } = toPolicy(open(more));
    expect(toCost(statements)).toBe(cost);
    expect(toCost([...statements, ...statements])).toBe(2 * cost);
  });
});

describe('keys that only some operations say', () => {
  it.each([
    ['kms:CreateGrant', 'kms:grantoperations', true],
    ['KMS:CREATEGRANT', 'kms:grantconstrainttype', true],
    ['kms:CreateGrant', 'kms:granteeprincipal', true],
    ['kms:CreateGrant', 'kms:retiringprincipal', true],
    ['kms:RevokeGrant', 'kms:grantisforawsresource', true],
    ['kms:ListGrants', 'kms:grantisforawsresource', true],
    ['kms:RevokeGrant', 'kms:grantconstrainttype', false],
    ['kms:RevokeGrant', 'kms:retiringprincipal', false],
    ['kms:ListGrants', 'kms:granteeprincipal', false],
    ['kms:Decrypt', 'kms:grantisforawsresource', false],
    ['kms:Decrypt', 'kms:schedulekeydeletionpendingwindowindays', false],
    ['kms:ScheduleKeyDeletion', 'kms:schedulekeydeletionpendingwindowindays', true],
    ['kms:Decrypt', 'kms:viaservice', true],
  ])('%s says %s: %s', (action, key, answer) => {
    expect(isSaidBy(action, key)).toBe(answer);
  });

  it('tell actions apart that meet the same statements', () => {
    const { statements } = toPolicy(
      ['kms:RetiringPrincipal', 'kms:GrantOperations', 'kms:RetiringPrincipal', 'kms:ViaService'].map((key) =>
        open({ Condition: { StringLike: { [key]: '*' } } }),
      ),
    );
    expect(toUnsaidKeys('kms:Decrypt', statements)).toBe('kms:grantoperations,kms:retiringprincipal');
    expect(toUnsaidKeys('kms:CreateGrant', statements)).toBe('');
  });
});

describe('the sessions of a role that policies name', () => {
  const own = (name: string, account = keyAccountId, role = 'reader') =>
    `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
  it('are asked beside the role, each once', () => {
    const asked = { principal: callers.role, tags: { a: 'b' } };
    const arns = [
      own('one'),
      own('one'),
      own('x', outsideAccountId),
      own('x', keyAccountId, 'reader2'),
      callers.role.arn,
      own('two').replace(':sts:', ':iam:'),
    ];
    expect(toSessions(asked, arns)).toEqual([
      asked,
      {
        ...asked,
        principal: {
          kind: 'role-session',
          arn: own('one'),
          roleArn: callers.role.arn,
          accountId: keyAccountId,
        },
      },
    ]);
  });

  it('are none of anybody else', () => {
    const asked = { principal: callers.user };
    expect(toSessions(asked, [own('one')])).toEqual([asked]);
  });

  it('are named in the key policy and by grants', () => {
    const keyPolicy = toPolicy([
      open({ Principal: { AWS: [own('a'), own('b')] } }),
      open({ Principal: undefined, NotPrincipal: { AWS: own('n') } }),
    ]);
    const grants = [
      { GrantId: 'g', GranteePrincipal: own('c'), RetiringPrincipal: own('d') },
      { GrantId: 'h' },
    ];
    expect(toNamedArns({ keyPolicy, grants })).toEqual([own('a'), own('b'), own('c'), own('d'), '', '']);
    expect(toNamedArns({ keyPolicy })).toEqual([own('a'), own('b')]);
  });
});

describe('EKS and its keys', () => {
  const on = (condition: object, more: object = {}) => open({ Sid: 'S', Condition: condition, ...more });
  const [name, arn] = ['kms:EncryptionContext:aws:eks:cluster-name', 'kms:EncryptionContext:aws:eks:arn'];
  it.each<[condition: object, isForeign: boolean]>([
    [{ StringEquals: { [name]: 'shop' } }, true],
    [{ StringLike: { [arn]: '*' } }, true],
    [{ StringEquals: { 'kms:EncryptionContext:aws:eks:context': 'x' } }, false],
    [{ StringEqualsIfExists: { [name]: 'shop' } }, false],
    [{ StringNotEquals: { [name]: 'shop' } }, false],
    [{ 'ForAllValues:StringEquals': { [name]: 'shop' } }, false],
    [{ 'ForAnyValue:StringEquals': { [name]: 'shop' } }, true],
    [{ Null: { [name]: 'false' } }, true],
    [{ Null: { [name]: 'FALSE' } }, true],
    [{ Null: { [name]: 'true' } }, false],
    [{ Null: { [name]: ['true', 'false'] } }, false],
    [{ Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { [name]: 'shop' } }, true],
  ])('a statement that asks for %j never matches: %s', (condition, isForeign) => {
    const keyPolicy = toPolicy(on(condition));
    expect(findForeignContexts({ keyPolicy })).toEqual(isForeign ? ['key-policy S'] : []);
  });

  it('names statements of IAM by their policy, and no Deny', () => {
    const condition = { Condition: { StringEquals: { [arn]: 'x' } } };
    const own = parseIdentityPolicy(
      JSON.stringify({
        Statement: [
          { Effect: 'Allow', Action: 'kms:*', Resource: '*', ...condition },
          { Effect: 'Deny', Action: 'kms:*', Resource: '*', ...condition },
        ],
      }),
    );
    const identity = {
      policies: [
        { ref: 'role/a/own', policy: own },
        { ref: 'lost', policy: null },
      ],
      boundary: null,
    };
    expect(findForeignContexts({ keyPolicy: toPolicy(delegation), identity })).toEqual([
      'identity-policy role/a/own#statement 1',
    ]);
  });

  it('are looked at in the role’s name, without an encryption context', () => {
    const role = `arn:aws-cn:iam::${keyAccountId}:role/team/shop`;
    const keyPolicy = toPolicy(
      open({ Condition: { StringEquals: { [name]: 'x', 'aws:PrincipalTag/a': 'b' } } }),
    );
    const asked = { role, tags: [{ Key: 'Team', Value: 'a' }], organizationId: 'o-a1b2c3d4e5' };
    expect(toHealthCheck(asked, 'kms:DescribeKey', keyArn, { keyPolicy })).toEqual({
      principal: {
        kind: 'role-session',
        arn: `arn:aws-cn:sts::${keyAccountId}:assumed-role/shop/health-check-session`,
        roleArn: role,
        accountId: keyAccountId,
      },
      action: 'kms:DescribeKey',
      resource: keyArn,
      context: {
        [name.toLowerCase()]: [],
        'aws:PrincipalTag/Team': ['a'],
        'aws:PrincipalOrgID': ['o-a1b2c3d4e5'],
        'aws:RequestedRegion': ['eu-west-1'],
        'aws:SecureTransport': ['true'],
      },
      isClosed: false,
    });
    const { context } = toHealthCheck({ role }, 'kms:DescribeKey', keyArn, {
      keyPolicy: toPolicy(delegation),
    });
    expect(context).toEqual({ 'aws:RequestedRegion': ['eu-west-1'], 'aws:SecureTransport': ['true'] });
  });
});

describe('the question who may take a key store away', () => {
  it('is asked of the IAM of the key’s account alone', () => {
    const inventory = { users: [], groups: [], roles: [], policies: [] };
    const accounts = [keyAccountId, outsideAccountId].map((account) => ({
      account,
      inventory,
      isPartial: false,
    }));
    const question = toKeyStoreQuestion({
      keyArn: keyArn.replace('arn:aws:', 'arn:aws-cn:'),
      keyPolicy: toPolicy(open()),
      accounts,
    });
    expect(question).toMatchObject({
      keyArn: `*:aws-cn:*:eu-west-1:${keyAccountId}:*`,
      grants: [],
      resourceControl: [],
    });
    expect(question.accounts.map(({ account }) => account)).toEqual([keyAccountId]);
    expect(question.keyPolicy.statements).toMatchObject([
      {
        effect: 'Allow',
        principals: [{ type: 'AWS', value: `arn:aws-cn:iam::${keyAccountId}:root` }],
        actions: ['kms:*'],
        resources: ['*'],
      },
    ]);
    expect(question.keyPolicy.version).toBe('2012-10-17');
  });
});

describe('the sets of operations to create a grant with', () => {
  const on = (block: object) => toPolicy(open({ Condition: block })).statements;
  const key = 'kms:GrantOperations';
  it.each<[says: string, block: object, sets: string[][]]>([
    ['nothing', { StringEquals: { 'kms:GranteePrincipal': 'x' } }, [['Decrypt']]],
    ['that there are any', { Null: { [key]: 'false' } }, [['Decrypt']]],
    [
      'one',
      { 'ForAnyValue:StringEquals': { [key]: 'Encrypt' } },
      [['Decrypt'], ['Decrypt', 'Encrypt'], ['Decrypt', 'GenerateDataKey']],
    ],
    [
      'one that opens',
      { 'ForAllValues:StringEquals': { [key]: 'ReEncryptFrom' } },
      [['Decrypt'], ['Decrypt', 'Encrypt'], ['ReEncryptFrom'], ['ReEncryptFrom', 'Encrypt']],
    ],
  ])('are enough where policies ask for %s', (_, block, sets) => {
    expect(toOpeningSets(on(block))).toEqual(sets);
  });

  it.each([
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'ReEncryptTo',
    'CreateGrant',
    'RetireGrant',
    'DescribeKey',
  ])('have %s where a policy asks for it', (operation) => {
    expect(toOpeningSets(on({ 'ForAnyValue:StringEquals': { [key]: operation } }))).toContainEqual([
      'Decrypt',
      operation,
    ]);
  });

  it('have as many others as there are conditions, the fewest first', () => {
    const block = {
      'ForAnyValue:StringEquals': { [key]: ['Encrypt', 'DescribeKey'] },
      'ForAnyValue:StringLike': { [key]: ['DescribeKey', 'RetireGrant'] },
    };
    const sets = toOpeningSets(on(block));
    expect(sets).toContainEqual(['Decrypt', 'Encrypt', 'RetireGrant']);
    expect(sets.map(({ length }) => length)).toEqual([1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
  });
});

describe('what of a decision was not seen', () => {
  const layer = (source: 'identity-policy' | 'boundary' | 'service-control-policy', ...unread: string[]) => ({
    source,
    refs: [],
    allows: [],
    unread,
  });
  const seen = {
    denies: [],
    direct: [],
    byRole: [],
    delegating: [],
    grants: [],
    identity: null,
    boundary: null,
    serviceControl: null,
    unreadResourceControl: [],
    unseen: { grants: false, resourceControl: false },
  };
  const ask = (more: object, effect: 'allowed' | 'denied' | 'undecided', action = 'kms:Decrypt') =>
    toUnseen({ ...seen, ...more }, { action }, effect).map(
      ({ source, ref, could }) => `${source} ${ref} ${could}`,
    );
  const lost = {
    identity: layer('identity-policy', 'a'),
    boundary: layer('boundary', 'b'),
    serviceControl: [layer('service-control-policy', 'c'), layer('service-control-policy')],
    unreadResourceControl: ['d'],
  };
  it.each<[more: object, allowed: string[], undecided: string[], denied: string[]]>([
    [{}, [], [], []],
    [
      lost,
      [
        'identity-policy a deny',
        'boundary b deny',
        'service-control-policy c deny',
        'resource-control-policy d deny',
      ],
      [
        'identity-policy a allow',
        'boundary b allow',
        'service-control-policy c deny',
        'resource-control-policy d deny',
      ],
      [],
    ],
    [
      { identity: undefined, serviceControl: undefined },
      ['identity-policy null deny', 'service-control-policy null deny'],
      ['identity-policy null allow', 'service-control-policy null deny'],
      [],
    ],
    [
      { unseen: { grants: true, resourceControl: true } },
      ['resource-control-policy null deny'],
      ['resource-control-policy null deny', 'grant null allow'],
      ['grant null allow'],
    ],
  ])('is, of %j', (more, allowed, undecided, denied) => {
    expect([ask(more, 'allowed'), ask(more, 'undecided'), ask(more, 'denied')]).toEqual([
      allowed,
      undecided,
      denied,
    ]);
  });

  it('is no grant where none could give the action', () => {
    const unread = { unseen: { grants: true, resourceControl: false } };
    const given = [
      'Decrypt',
      'encrypt',
      'GenerateDataKey',
      'GenerateDataKeyPair',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateDataKeyPairWithoutPlaintext',
      'ReEncryptFrom',
      'ReEncryptTo',
      'RetireGrant',
      'DescribeKey',
    ];
    for (const action of given) expect(ask(unread, 'denied', `kms:${action}`)).toEqual(['grant null allow']);
    for (const action of ['kms:PutKeyPolicy', 'x:kms:Decrypt', 'kms:DecryptMore', 'kms:ReEncrypt'])
      expect(ask(unread, 'denied', action)).toEqual([]);
  });
});

describe('what was not seen', () => {
  const one = (could: 'allow' | 'deny', ref: string | null) => ({
    source: 'identity-policy' as const,
    ref,
    could,
  });
  it.each([
    [[], false],
    [[one('deny', 'a')], true],
    [[one('allow', 'a')], false],
    [[one('deny', null)], false],
    [[one('deny', null), one('allow', 'b'), one('deny', 'a')], true],
  ])('%j may take an Allow back: %s', (notSeen, answer) => {
    expect(isOpenToDeny(notSeen)).toBe(answer);
  });
});
