/** Users and roles of the cases' account, as GetAccountAuthorizationDetails tells them. */
import { account, type Given } from './cases.ts';

type Inventory = Exclude<NonNullable<Given['iam']>, { unknown: unknown }>;

export const root = `arn:aws:iam::${account}:root`;
export const toRoleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;

export const document = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const allow = (Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});
export const deny = (Action: string | string[], more: object = {}) => ({
  ...allow(Action, more),
  Effect: 'Deny',
});

export const keyPolicy = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
export const named = (principals: string | string[], Action: string | string[], more: object = {}) =>
  allow(Action, { Sid: 'Named', Principal: { AWS: principals }, ...more });
export const delegation = allow('kms:*', { Sid: 'Root', Principal: { AWS: root } });

export const trustedBy = (principal: object) =>
  document({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' });

/** A role with one inline policy of the given statements; its name may begin with a path. */
export const role = (name: string, statements: object[], more: object = {}) => ({
  Arn: toRoleArn(name),
  RoleName: name.replace(/^.*\//, ''),
  RoleId: `AROA${name.toUpperCase()}`,
  AssumeRolePolicyDocument: trustedBy({ AWS: root }),
  RolePolicyList:
    statements.length > 0 ? [{ PolicyName: 'own', PolicyDocument: document(...statements) }] : [],
  ...more,
});

export const user = (name: string, statements: object[], more: object = {}) => ({
  Arn: `arn:aws:iam::${account}:user/${name}`,
  UserName: name,
  UserId: `AIDA${name.toUpperCase()}`,
  UserPolicyList:
    statements.length > 0 ? [{ PolicyName: 'own', PolicyDocument: document(...statements) }] : [],
  ...more,
});

export const inventory = (parts: Partial<Inventory>): Inventory => ({
  users: [],
  groups: [],
  roles: [],
  policies: [],
  ...parts,
});

/** Service or resource control policies, one document a level. */
export const levels = (...contents: string[]) => ({
  managementAccount: '999999999999',
  levels: contents.map((Content, index) => ({
    target: `level-${index}`,
    policies: [{ Id: `p-${index}`, Arn: `arn:aws:organizations::aws:policy/p-${index}`, Name: 'n', Content }],
  })),
});
