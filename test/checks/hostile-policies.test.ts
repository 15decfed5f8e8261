/** Policies that nobody would write by hand: each is named where it leaves an answer open, and none stops a check. */
import { describe, expect, it } from 'vitest';
import { keyDecryptersAreExpected } from '../../shared/checks/key-decrypters-are-expected.ts';
import { keyDestroyersAreExpected } from '../../shared/checks/key-destroyers-are-expected.ts';
import { keyPolicyKeepsAnAdministrator } from '../../shared/checks/key-policy-keeps-an-administrator.ts';
import { account, type Given, judge, keyArn } from './cases.ts';
import {
  allow,
  delegation,
  deny,
  document,
  inventory,
  keyPolicy,
  levels,
  named,
  role,
  toRoleArn,
  user,
} from './iam-cases.ts';

const checks = [keyDecryptersAreExpected, keyDestroyersAreExpected, keyPolicyKeepsAnAdministrator];
const decrypters = (given: Given) => judge(keyDecryptersAreExpected, given);
const times = <Item>(count: number, toItem: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => toItem(index));
const own = (text: string) => ({ RolePolicyList: [{ PolicyName: 'own', PolicyDocument: text }] });
const reader = role('reader', [allow('kms:Decrypt')]);
const toDocument = (more: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [allow('kms:*')], ...more });

describe('a key policy that is not understood', () => {
  it.each<[fault: string, policy: object, says: string]>([
    [
      'an unknown version',
      { ...keyPolicy(delegation), Version: '2030-01-01' },
      'The policy has an unknown Version.',
    ],
    [
      'an unknown operator',
      keyPolicy(
        delegation,
        named(toRoleArn('reader'), 'kms:*', { Condition: { StringResembles: { a: 'b' } } }),
      ),
      'Statement 2 has an unknown condition operator.',
    ],
    ['a statement that is a number', keyPolicy(7 as never), 'Statement 1 is not an object.'],
    ['more text than KMS stores', keyPolicy(...times(3_000, () => delegation)), 'The policy is longer than'],
  ])('is named and unknown to every check: %s', (_, policy, says) => {
    for (const check of checks) {
      const verdicts = judge(check, { policy, iam: inventory({ roles: [reader] }) });
      expect(verdicts.map(({ status }) => status)).toEqual(['unknown']);
      expect(verdicts[0]?.message).toContain(says);
    }
  });
});

describe('an IAM policy that is not understood', () => {
  it.each<[fault: string, text: string]>([
    ['an unknown version', toDocument({ Version: '2030-01-01' })],
    ['an unknown operator', document(allow('kms:*', { Condition: { StringResembles: { a: 'b' } } }))],
    ['an unknown element', toDocument({ Statements: [] })],
    ['no JSON', '{"Statement"'],
    ['nothing', ''],
    ['absurd depth', '['.repeat(60_000)],
    ['absurd length', document(...times(4_000, () => allow('kms:Decrypt')))],
  ])('is named with its principal and unknown, and hides nobody else: %s', (_, text) => {
    const iam = inventory({ roles: [reader, role('odd', [], own(text))] });
    const verdicts = decrypters({ iam });
    expect(verdicts.map(({ status, subject }) => [status, subject])).toEqual([
      ['fail', toRoleArn('reader')],
      ['unknown', null],
    ]);
    expect(verdicts[1]?.message).toContain(`${toRoleArn('odd')} by role/odd/own`);
    expect(judge(keyDestroyersAreExpected, { iam })[0]?.message).toContain(
      `${toRoleArn('odd')} by role/odd/own`,
    );
  });

  it('is named where it is a boundary or a service control policy', () => {
    const bound = role('reader', [allow('kms:Decrypt')], {
      PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::aws:policy/Gone' },
    });
    const [limited] = decrypters({ iam: inventory({ roles: [bound] }) });
    expect(limited).toMatchObject({ status: 'unknown' });
    expect(limited?.message).toContain('by arn:aws:iam::aws:policy/Gone');
    const [controlled] = decrypters({ iam: inventory({ roles: [reader] }), serviceControl: levels('{') });
    expect(controlled).toMatchObject({ status: 'unknown' });
    expect(controlled?.message).toContain('by arn:aws:organizations::aws:policy/p-0');
  });

  it('hides no administrator that there is, and makes none', () => {
    const policy = keyPolicy(named(toRoleArn('odd'), 'kms:*'));
    const odd = role('odd', [], {
      PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::aws:policy/Gone' },
    });
    const [verdict] = judge(keyPolicyKeepsAnAdministrator, { policy, iam: inventory({ roles: [odd] }) });
    expect(verdict).toMatchObject({ status: 'unknown', message: expect.stringContaining(toRoleArn('odd')) });
  });
});

describe('policies of absurd size', () => {
  it('are weighed: a key policy of 32 KB', () => {
    const statements = times(125, (index) =>
      named(toRoleArn(`nobody-${index}`), ['kms:Decrypt', 'kms:Encrypt'], {
        Sid: `S${index}`,
        Condition: {
          StringEquals: { 'aws:PrincipalTag/team': `team-${index}` },
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        },
      }),
    );
    const policy = keyPolicy(
      delegation,
      ...statements,
      named(toRoleArn('late'), 'kms:Decrypt', { Sid: 'Late' }),
    );
    expect(JSON.stringify(policy).length).toBeGreaterThan(30_000);
    const roles = [role('late', []), role('nobody-7', [])];
    expect(decrypters({ policy, iam: inventory({ roles }) })).toMatchObject([
      {
        status: 'fail',
        subject: toRoleArn('late'),
        evidence: { by: ['key-policy Late'], others: { conditional: { count: 1 } } },
      },
    ]);
  });

  it('are weighed: 10,000 statements of one account, of which one is about the key', () => {
    const toKey = (index: number) =>
      keyArn.replace(/[^/]*$/, `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
    const toStatements = (first: number, effect: 'Allow' | 'Deny') =>
      times(100, (index) => ({ ...allow('kms:Decrypt'), Effect: effect, Resource: toKey(first + index) }));
    const policies = times(99, (index) => ({
      Arn: `arn:aws:iam::${account}:policy/p-${index}`,
      Document: document(...toStatements(index * 100, index % 3 === 0 ? 'Deny' : 'Allow')),
    }));
    const attached = { AttachedManagedPolicies: policies.map(({ Arn: PolicyArn }) => ({ PolicyArn })) };
    const roles = [
      role('all', [{ ...allow('kms:Decrypt'), Resource: keyArn }], attached),
      role('others', [{ ...allow('kms:Decrypt'), Resource: toKey(1) }], attached),
      role(
        'asking',
        [
          allow('kms:Decrypt', {
            Resource: keyArn,
            Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
          }),
        ],
        attached,
      ),
    ];
    expect(decrypters({ iam: inventory({ roles, policies }) })).toMatchObject([
      {
        status: 'fail',
        subject: toRoleArn('all'),
        evidence: { others: { conditional: { principals: [toRoleArn('asking')] } } },
      },
    ]);
  });

  it('are named where they are too much to weigh', () => {
    const odd = (count: number) =>
      times(count, (index) =>
        deny('kms:Decrypt', { Condition: { StringNotLike: { 'aws:PrincipalTag/a': `*<${index}>?*` } } }),
      );
    const impossible = ['true', 'false'].map((isNull) =>
      deny('kms:Decrypt', { Condition: { Null: { 'aws:PrincipalTag/z': isNull } } }),
    );
    const roles = [role('odd', [allow('kms:Decrypt'), ...odd(24), ...impossible])];
    const [verdict] = decrypters({ iam: inventory({ roles }) });
    expect(verdict).toMatchObject({ status: 'unknown', message: expect.stringContaining(toRoleArn('odd')) });
  });
});

describe('names that nobody would give', () => {
  it('are principals like any other', () => {
    const names = [
      '__proto__',
      'constructor',
      'toString',
      'assumed-role',
      'root',
      'any-session',
      'A'.repeat(64),
    ];
    const roles = names.map((name) =>
      role(name, [allow('kms:Decrypt')], { Tags: [{ Key: '__proto__', Value: 'x' }] }),
    );
    const iam = inventory({
      roles,
      users: [user('hasOwnProperty', [], { GroupList: ['loop', '__proto__', 'loop'] })],
      groups: [
        {
          GroupName: 'loop',
          Arn: `arn:aws:iam::${account}:group/loop`,
          GroupPolicyList: [{ PolicyName: 'loop', PolicyDocument: document(allow('kms:Decrypt')) }],
        },
        { GroupName: '__proto__', Arn: `arn:aws:iam::${account}:group/__proto__` },
      ],
    });
    const subjects = decrypters({ iam }).map(({ subject }) => subject);
    expect(subjects.toSorted()).toEqual(
      [...names.map(toRoleArn), `arn:aws:iam::${account}:user/hasOwnProperty`].toSorted(),
    );
  });

  it('are nobody where a principal was deleted, and are called so', () => {
    const policy = keyPolicy(named(['AROAEXAMPLEEXAMPLE12', 'AIDAEXAMPLEEXAMPLE12'], 'kms:*'));
    const iam = inventory({ roles: [role('reader', [allow('*')])] });
    expect(decrypters({ policy, iam })).toMatchObject([{ status: 'pass' }]);
    expect(judge(keyDestroyersAreExpected, { policy, iam })).toMatchObject([{ status: 'pass' }]);
    const [locked] = judge(keyPolicyKeepsAnAdministrator, { policy, iam });
    expect(locked?.message).toContain(
      'AROAEXAMPLEEXAMPLE12 (a deleted principal), AIDAEXAMPLEEXAMPLE12 (a deleted principal)',
    );
  });
});
