/** What IAM and Organizations say of one account's principals and policies: their own shapes, narrowed. */
import { z } from 'zod';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

/** IAM sends documents URL-encoded; here they are the policy's plain text, understood or not. */
const inlinePolicy = z.object({ PolicyName: z.string(), PolicyDocument: z.string() });
export type InlinePolicy = z.infer<typeof inlinePolicy>;

const attachedPolicy = z.object({ PolicyName: z.string().optional(), PolicyArn: z.string() });
const permissionsBoundary = z.object({ PermissionsBoundaryArn: z.string() });
const tag = z.object({ Key: z.string(), Value: z.string() });

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html */
export const iamUser = z.object({
  Arn: z.string(),
  UserName: z.string(),
  UserId: z.string(),
  /** Names, not ARNs. */
  GroupList: z.array(z.string()).default([]),
  UserPolicyList: z.array(inlinePolicy).default([]),
  AttachedManagedPolicies: z.array(attachedPolicy).default([]),
  PermissionsBoundary: permissionsBoundary.optional(),
  Tags: z.array(tag).default([]),
});
export type IamUser = z.infer<typeof iamUser>;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GroupDetail.html */
export const iamGroup = z.object({
  Arn: z.string(),
  GroupName: z.string(),
  GroupPolicyList: z.array(inlinePolicy).default([]),
  AttachedManagedPolicies: z.array(attachedPolicy).default([]),
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html */
export const iamRole = z.object({
  Arn: z.string(),
  RoleName: z.string(),
  RoleId: z.string(),
  /** The trust policy: who may become the role. */
  AssumeRolePolicyDocument: z.string(),
  RolePolicyList: z.array(inlinePolicy).default([]),
  AttachedManagedPolicies: z.array(attachedPolicy).default([]),
  PermissionsBoundary: permissionsBoundary.optional(),
  Tags: z.array(tag).default([]),
});
export type IamRole = z.infer<typeof iamRole>;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html, its default version alone. */
export const managedPolicy = z.object({
  Arn: z.string(),
  DefaultVersionId: z.string().optional(),
  Document: z.string(),
});

/**
 * An account's principals, sorted by ARN, with the policies that can say something about KMS. A policy whose every
 * statement is about other services is left out, and so is its attachment: no answer about a key depends on it. As a
 * boundary it is kept, since there it withholds everything that it does not name.
 */
export const iamInventory = z.object({
  users: z.array(iamUser),
  groups: z.array(iamGroup),
  roles: z.array(iamRole),
  policies: z.array(managedPolicy),
});
export type IamInventory = z.infer<typeof iamInventory>;

/** https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html */
const controlPolicy = z.object({
  Id: z.string(),
  Arn: z.string(),
  Name: z.string(),
  /** Absent where it is attached and could not be read. */
  Content: z.string().optional(),
});
export type ControlPolicy = z.infer<typeof controlPolicy>;

/** The control policies of one type on an account's path. */
export const controlPolicies = z.object({
  /** Control policies do not bind this account, though they can be attached to it. */
  managementAccount: z.string().optional(),
  /** The root, each unit, the account; none where there is no organisation, or it does not use this type. */
  levels: z.array(z.object({ target: z.string(), policies: z.array(controlPolicy) })),
});
export type ControlPolicies = z.infer<typeof controlPolicies>;

/** `runs/RUN/iam/ACCOUNT`. The inventory is absent where no check of the run reads that account's. */
export const iamEvidence = z.object({
  account: z.string(),
  collectedAt: timestamp,
  inventory: factOf(iamInventory).optional(),
  serviceControl: factOf(controlPolicies),
  resourceControl: factOf(controlPolicies),
});
export type IamEvidence = z.infer<typeof iamEvidence>;
