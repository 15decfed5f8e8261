import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { isServiceLinked, toHolderIndex } from '../../shared/policy/holders.ts';
import { account, keyArn as caseKeyArn } from '../checks/cases.ts';
import { allow, deny, document, inventory, role, toRoleArn, user } from '../checks/iam-cases.ts';

const keyArn = caseKeyArn;
const otherKeyArn = keyArn.replace(/.$/, '0');
const managedArn = `arn:aws:iam::${account}:policy/managed`;
const managed = (...statements: object[]) => ({
  Arn: managedArn,
  PolicyName: 'managed',
  Document: document(...statements),
});
const bounded = (PermissionsBoundaryArn = managedArn) => ({
  PermissionsBoundary: { PermissionsBoundaryArn },
});
const attached = (PolicyArn = managedArn) => ({ AttachedManagedPolicies: [{ PolicyArn }] });
const index = (parts: object) => toHolderIndex(iamInventory.parse(inventory(parts)));
const toNames = (groups: ReturnType<typeof index>['groups'] = []) =>
  groups.map(({ holders }) => holders.map(({ arn }) => arn.replace(/.*\//, '')).join());
const decrypt = allow('kms:Decrypt');

describe('the index of an inventory', () => {
  it('is made once', () => {
    const given = iamInventory.parse(inventory({ roles: [role('a', [decrypt])] }));
    expect(toHolderIndex(given)).toBe(toHolderIndex(given));
  });

  it('finds each by its ARN without path, with what is known of it', () => {
    const { byName } = index({
      roles: [role('team/a', [decrypt], { Tags: [{ Key: 'Team', Value: 'x' }] })],
      users: [user('b', [])],
    });
    expect(byName.get(toRoleArn('a'))).toMatchObject({
      arn: toRoleArn('team/a'),
      fixed: {
        principal: { kind: 'role', arn: toRoleArn('team/a'), accountId: account },
        tags: { Team: 'x' },
        uniqueId: 'AROATEAM/A',
      },
      identity: { policies: [{ ref: 'role/a/own' }], boundary: null },
      entry: { RoleName: 'a' },
    });
    expect(byName.get(`arn:aws:iam::${account}:user/b`)).toMatchObject({
      fixed: { principal: { kind: 'user' }, uniqueId: 'AIDAB' },
    });
  });

  it.each<[says: string, parts: object, groups: string[]]>([
    ['the same policies under other names', { roles: [role('a', [decrypt]), role('b', [decrypt])] }, ['a,b']],
    [
      'the same by an inline and a managed policy',
      { roles: [role('a', [decrypt]), role('b', [], attached())], policies: [managed(decrypt)] },
      ['a,b'],
    ],
    [
      'the same in another order',
      {
        roles: [
          role('a', [decrypt, allow('kms:PutKeyPolicy')]),
          role('b', [allow('kms:PutKeyPolicy'), decrypt]),
        ],
      },
      ['a,b'],
    ],
    [
      'the same boundary in another order',
      {
        roles: [
          role('a', [decrypt], bounded('arn:aws:iam::1:policy/x')),
          role('b', [decrypt], bounded('arn:aws:iam::1:policy/y')),
        ],
        policies: [
          {
            Arn: 'arn:aws:iam::1:policy/x',
            Document: document(decrypt, deny('kms:Encrypt*'), allow('kms:PutKeyPolicy')),
          },
          { Arn: 'arn:aws:iam::1:policy/y', Document: document(allow('kms:PutKeyPolicy'), decrypt) },
        ],
      },
      ['a,b'],
    ],
    [
      'other resources',
      { roles: [role('a', [decrypt]), role('b', [allow('kms:Decrypt', { Resource: keyArn })])] },
      ['a', 'b'],
    ],
    [
      'a boundary',
      { roles: [role('a', [decrypt]), role('b', [decrypt], bounded())], policies: [managed(allow('*'))] },
      ['a', 'b'],
    ],
    [
      'a boundary that was not read',
      {
        roles: [role('a', [decrypt], bounded()), role('b', [decrypt], bounded('arn:aws:iam::1:policy/lost'))],
        policies: [managed(allow('s3:*'))],
      },
      ['a', 'b'],
    ],
    [
      'a policy that was not read',
      { roles: [role('a', [decrypt]), role('b', [decrypt], attached('arn:aws:iam::1:policy/lost'))] },
      ['a', 'b'],
    ],
    [
      'another policy that was not read',
      {
        roles: [
          role('a', [], attached('arn:aws:iam::1:policy/lost')),
          role('b', [], attached('arn:aws:iam::1:policy/gone')),
        ],
      },
      ['a', 'b'],
    ],
    ['being a user', { roles: [role('a', [decrypt])], users: [user('b', [decrypt])] }, ['b', 'a']],
    [
      'being a service’s own',
      { roles: [role('a', [decrypt]), role('aws-service-role/x.amazonaws.com/b', [decrypt])] },
      ['a', 'b'],
    ],
    [
      'being administrators',
      {
        roles: [
          role('a', [allow('kms:*')]),
          role('b', [allow(['kms:Decrypt', 'kms:*']), allow('s3:*')]),
          role('c', [allow('kms:*', { Resource: keyArn })]),
        ],
      },
      ['a,b', 'c'],
    ],
  ])('puts together those of whom nothing tells one from the other: %s', (_, parts, groups) => {
    expect(toNames(index(parts).groups)).toEqual(groups);
  });

  it.each<[says: string, statements: object[], any: string[], own: string[], allowed: string[] | 'none']>([
    ['nothing of keys', [allow('s3:*')], [], [], 'none'],
    ['a Deny alone', [deny('kms:*')], [], [], 'none'],
    ['every key', [decrypt], ['a'], [], ['kms:Decrypt']],
    ['keys by a pattern', [allow('kms:Decrypt', { Resource: 'arn:aws:kms:*' })], ['a'], [], ['kms:Decrypt']],
    [
      'keys by a single wildcard',
      [allow('kms:Decrypt', { Resource: keyArn.replace(/.$/, '?') })],
      ['a'],
      [],
      ['kms:Decrypt'],
    ],
    [
      'keys by a tag',
      [allow('kms:Decrypt', { Resource: ['$', '{aws:PrincipalTag/key}'].join('') })],
      ['a'],
      [],
      ['kms:Decrypt'],
    ],
    [
      'all keys but one',
      [allow('kms:Decrypt', { Resource: undefined, NotResource: otherKeyArn })],
      ['a'],
      [],
      ['kms:Decrypt'],
    ],
    ['this key by name', [allow('kms:Decrypt', { Resource: keyArn })], [], ['a'], ['kms:Decrypt']],
    [
      'this key by name, twice',
      [allow('kms:Decrypt', { Resource: [keyArn, keyArn] })],
      [],
      ['a'],
      ['kms:Decrypt'],
    ],
    ['another key by name', [allow('kms:Decrypt', { Resource: otherKeyArn })], [], [], ['kms:Decrypt']],
    [
      'this key by name, and others by a pattern',
      [allow('kms:Decrypt', { Resource: [keyArn, 'arn:*'] })],
      ['a'],
      [],
      ['kms:Decrypt'],
    ],
    [
      'this key by name, and no key by a pattern',
      [allow('kms:Decrypt', { Resource: keyArn }), deny('kms:*', { Resource: '*' })],
      [],
      ['a'],
      ['kms:Decrypt'],
    ],
    [
      'this key by name, and other things by a pattern',
      [allow('kms:Decrypt', { Resource: keyArn }), allow('s3:*')],
      [],
      ['a'],
      ['kms:Decrypt'],
    ],
  ])('knows whose policies allow something of %s', (_, statements, any, own, allowed) => {
    const { anyKey, byKey, groups } = index({ roles: [role('a', statements)] });
    expect({ any: toNames(anyKey), own: toNames(byKey.get(keyArn)) }).toEqual({ any, own });
    expect([...(groups[0]?.allowed ?? [])]).toEqual(allowed === 'none' ? [] : allowed);
  });

  it('takes a policy that was not read for one that may allow anything on any key', () => {
    const { anyKey, groups } = index({
      roles: [
        role('a', [allow('kms:Decrypt', { Resource: keyArn })], attached('arn:aws:iam::1:policy/lost')),
      ],
    });
    expect(toNames(anyKey)).toEqual(['a']);
    expect(groups[0]?.allowed).toContain('kms:PutKeyPolicy');
  });

  it('knows what a boundary looks at, too', () => {
    const onTag = { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } };
    const { groups } = index({
      roles: [role('a', [decrypt], bounded())],
      policies: [managed(allow('kms:*', onTag))],
    });
    expect(groups[0]).toMatchObject({ sort: 'role', distinction: { tagKeys: ['aws:principaltag/team'] } });
    expect(groups[0]?.contextKeys).toEqual(new Set(['aws:principaltag/team']));
  });
});

describe('isServiceLinked', () => {
  const arn = toRoleArn('aws-service-role/x.amazonaws.com/AWSServiceRoleForX');
  it.each([
    [{ kind: 'role' as const, arn, accountId: account }, true],
    [{ kind: 'role' as const, arn: toRoleArn('x'), accountId: account }, false],
    [
      {
        kind: 'user' as const,
        arn: `arn:aws:iam::${account}:user/x:role/aws-service-role/x`,
        accountId: account,
      },
      false,
    ],
  ])('%j: %s', (principal, answer) => {
    expect(isServiceLinked({ principal })).toBe(answer);
  });
});
