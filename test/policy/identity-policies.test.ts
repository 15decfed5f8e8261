import { describe, expect, it } from 'vitest';
import { iamInventory, iamRole, iamUser } from '../../shared/evidence/iam.ts';
import {
  createIdentityReader,
  toResourceControl,
  toServiceControl,
} from '../../shared/policy/identity-policies.ts';
import type { NamedPolicy } from '../../shared/policy/policy.ts';
import { keyAccountId } from './policies.ts';

const iam = `arn:aws:iam::${keyAccountId}`;
const managedArn = `${iam}:policy/use`;
const document = JSON.stringify({ Statement: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' } });
const control = (Content: string) => ({
  Id: 'p-1',
  Arn: 'arn:aws:organizations::1:policy/p-1',
  Name: 'One',
  Content,
});
const toNames = (policies: NamedPolicy[]) => policies.map(({ ref, policy }) => [ref, policy !== null]);

const inventory = iamInventory.parse({
  users: [],
  roles: [],
  groups: [
    {
      Arn: `${iam}:group/readers`,
      GroupName: 'readers',
      GroupPolicyList: [{ PolicyName: 'read', PolicyDocument: document }],
      AttachedManagedPolicies: [{ PolicyArn: managedArn }],
    },
  ],
  policies: [{ Arn: managedArn, Document: document }],
});
const read = createIdentityReader(inventory);

describe('createIdentityReader', () => {
  it('gives a user its inline, managed and group policies, named by who carries them', () => {
    const user = iamUser.parse({
      Arn: `${iam}:user/ops`,
      UserName: 'ops',
      UserId: 'AIDAEXAMPLEEXAMPLE12',
      GroupList: ['readers', 'gone'],
      UserPolicyList: [{ PolicyName: 'own', PolicyDocument: document }],
    });
    const { policies, boundary } = read(user);
    expect(toNames(policies)).toEqual([
      ['user/ops/own', true],
      ['group/readers/read', true],
      [managedArn, true],
      ['group/gone', false],
    ]);
    expect(boundary).toBeNull();
  });

  it('gives a role its boundary, and what is not there or not understood as unread', () => {
    const role = iamRole.parse({
      Arn: `${iam}:role/team/reader`,
      RoleName: 'reader',
      RoleId: 'AROAEXAMPLEEXAMPLE12',
      AssumeRolePolicyDocument: '{}',
      RolePolicyList: [{ PolicyName: 'broken', PolicyDocument: 'not JSON' }],
      AttachedManagedPolicies: [{ PolicyArn: managedArn }, { PolicyArn: `${iam}:policy/gone` }],
      PermissionsBoundary: { PermissionsBoundaryArn: managedArn },
    });
    const { policies, boundary } = read(role);
    expect(toNames(policies)).toEqual([
      ['role/reader/broken', false],
      [managedArn, true],
      [`${iam}:policy/gone`, false],
    ]);
    expect(boundary?.policy).toBe(policies[1]?.policy);
  });
});

describe('toServiceControl and toResourceControl', () => {
  const levels = (content: string) => ({ levels: [{ target: 'r-1', policies: [control(content)] }] });
  const guard = (principal: object) =>
    JSON.stringify({ Statement: [{ Effect: 'Deny', ...principal, Action: '*', Resource: '*' }] });

  it('name each policy of each level', () => {
    expect(toServiceControl(levels(guard({})), keyAccountId).map(toNames)).toEqual([
      [['arn:aws:organizations::1:policy/p-1', true]],
    ]);
    expect(toResourceControl(levels(guard({ Principal: '*' })), keyAccountId).map(toNames)).toEqual([
      [['arn:aws:organizations::1:policy/p-1', true]],
    ]);
  });

  it('take a policy of the wrong kind for unread', () => {
    expect(toServiceControl(levels(guard({ Principal: '*' })), keyAccountId)[0]?.[0]?.policy).toBeNull();
    expect(toResourceControl(levels(guard({})), keyAccountId)[0]?.[0]?.policy).toBeNull();
  });

  it('bind nothing in the management account', () => {
    const control = { ...levels(guard({})), managementAccount: keyAccountId };
    expect(toServiceControl(control, keyAccountId)).toEqual([]);
  });
});
