/** IAM documents and the details around them, as IAM would tell them but for the encoding. */
import type { ManagedPolicyDetail, PolicyDetail, RoleDetail } from '@aws-sdk/client-iam';
import { toHash } from '../names.ts';

export type IamStatement = {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: object;
  Action?: string | string[];
  NotAction?: string[];
  Resource?: string | string[];
  Condition?: object;
};

const createdAt = new Date('2024-01-15T09:00:00Z');

export const toDocument = (...statements: IamStatement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const allow = (Action: string | string[], Resource: string | string[] = '*'): IamStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

/** A unique id that is always the same for the same name: AROA… for a role, AIDA… for a user. */
export const toUniqueId = (prefix: string, name: string): string =>
  `${prefix}${toHash(name).slice(0, 17).toUpperCase()}`;

export const inline = (name: string, ...statements: IamStatement[]): PolicyDetail => ({
  PolicyName: name,
  PolicyDocument: toDocument(...statements),
});

/** A managed policy of AWS's (`aws`) or of an account's own, with one version. */
export const managed = (
  owner: string,
  name: string,
  version: string,
  ...statements: IamStatement[]
): ManagedPolicyDetail & { Arn: string } => ({
  PolicyName: name.replace(/^.*\//, ''),
  PolicyId: toUniqueId('ANPA', `${owner} ${name}`),
  Arn: `arn:aws:iam::${owner}:policy/${name}`,
  Path: name.includes('/') ? `/${name.replace(/[^/]*$/, '')}` : '/',
  DefaultVersionId: version,
  IsAttachable: true,
  CreateDate: createdAt,
  PolicyVersionList: [
    {
      VersionId: version,
      IsDefaultVersion: true,
      Document: toDocument(...statements),
      CreateDate: createdAt,
    },
  ],
});

export const attach = (...policies: { Arn: string }[]) =>
  policies.map(({ Arn }) => ({ PolicyArn: Arn, PolicyName: Arn.replace(/^.*\//, '') }));

/** A role of an account; `name` may begin with a path. */
export const role = (
  account: string,
  name: string,
  trust: IamStatement,
  more: Partial<RoleDetail> = {},
): RoleDetail => ({
  Path: name.includes('/') ? `/${name.replace(/[^/]*$/, '')}` : '/',
  RoleName: name.replace(/^.*\//, ''),
  RoleId: toUniqueId('AROA', `${account} ${name}`),
  Arn: `arn:aws:iam::${account}:role/${name}`,
  CreateDate: createdAt,
  AssumeRolePolicyDocument: toDocument(trust),
  AttachedManagedPolicies: [],
  RolePolicyList: [],
  InstanceProfileList: [],
  ...more,
});

export const trustService = (service: string, ...more: string[]): IamStatement => ({
  Effect: 'Allow',
  Principal: { Service: `${service}.amazonaws.com` },
  Action: ['sts:AssumeRole', ...more],
});

export const trustAws = (principal: string): IamStatement => ({
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: 'sts:AssumeRole',
});
