/** IAM: an account's inventory, its alias and its roles. */
import {
  GetAccountAuthorizationDetails$,
  type GetAccountAuthorizationDetailsRequest,
  type GetAccountAuthorizationDetailsResponse,
  GetRole$,
  type GetRoleRequest,
  type GetRoleResponse,
  ListAccountAliases$,
  type ListAccountAliasesResponse,
  type RoleDetail,
} from '@aws-sdk/client-iam';
import { AwsError } from '../aws-error.ts';
import type { SandboxAccount, SandboxRole } from '../fleets/fleet.ts';
import { toHash } from '../fleets/names.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { awsQuery } from '../wire/aws-query.ts';

const createdAt = new Date('2024-01-15T09:00:00Z');

const toTrustPolicy = ({ trustedAccounts, externalId }: SandboxRole): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: trustedAccounts.map((id) => `arn:aws:iam::${id}:root`) },
        Action: 'sts:AssumeRole',
        ...(externalId === undefined
          ? {}
          : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
      },
    ],
  });

const documentMembers = ['AssumeRolePolicyDocument', 'PolicyDocument', 'Document'];

// IAM sends policy documents URL-encoded as RFC 3986 has it: more than encodeURIComponent does.
const toEncoded = (document: string): string =>
  encodeURIComponent(document).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** An answer with its documents encoded, wherever they stand in it. */
const encodeDocuments = <Answer>(answer: Answer): Answer =>
  JSON.parse(JSON.stringify(answer), (name, value) => {
    if (typeof value === 'string' && documentMembers.includes(name)) return toEncoded(value);
    return name === 'CreateDate' ? new Date(value) : value;
  });

const toRoleDetail = (role: SandboxRole, account: SandboxAccount): RoleDetail => ({
  Path: '/',
  RoleName: role.name,
  RoleId: `AROA${toHash(`${account.id} ${role.name}`).slice(0, 16).toUpperCase()}`,
  Arn: `arn:aws:iam::${account.id}:role/${role.name}`,
  CreateDate: createdAt,
  AssumeRolePolicyDocument: toTrustPolicy(role),
  AttachedManagedPolicies: [],
  RolePolicyList: [],
  InstanceProfileList: [],
});

const listRoles = (account: SandboxAccount | undefined): RoleDetail[] =>
  account === undefined
    ? []
    : [...account.roles.map((role) => toRoleDetail(role, account)), ...(account.iam?.roles ?? [])];

const getAccountAuthorizationDetails = (
  input: GetAccountAuthorizationDetailsRequest,
  { caller, world }: Call,
): GetAccountAuthorizationDetailsResponse => {
  const refuse = () => new AwsError('ValidationError', 'MaxItems or Marker is not valid.');
  const account = world.accounts.get(caller.account);
  const asked = new Set<string>(
    input.Filter ?? ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy'],
  );
  const users = (account?.iam?.users ?? []).map((user) => ({ kind: 'User' as const, user }));
  const groups = (account?.iam?.groups ?? []).map((group) => ({ kind: 'Group' as const, group }));
  const roles = listRoles(account).map((role) => ({ kind: 'Role' as const, role }));
  const policies = (account?.iam?.policies ?? []).map((policy) => ({
    kind:
      policy.Arn?.includes('::aws:') === true
        ? ('AWSManagedPolicy' as const)
        : ('LocalManagedPolicy' as const),
    policy,
  }));
  const all = [...users, ...groups, ...roles, ...policies].filter(({ kind }) => asked.has(kind));
  const page = toPage(all, toPageSize(input.MaxItems, 100, 1000, refuse), input.Marker, refuse);
  return encodeDocuments({
    UserDetailList: page.items.flatMap((item) => (item.kind === 'User' ? [item.user] : [])),
    GroupDetailList: page.items.flatMap((item) => (item.kind === 'Group' ? [item.group] : [])),
    RoleDetailList: page.items.flatMap((item) => (item.kind === 'Role' ? [item.role] : [])),
    Policies: page.items.flatMap((item) => ('policy' in item ? [item.policy] : [])),
    IsTruncated: page.next !== undefined,
    Marker: page.next,
  });
};

const getRole = ({ RoleName }: GetRoleRequest, { caller, world }: Call): GetRoleResponse => {
  const role = listRoles(world.accounts.get(caller.account)).find(
    (candidate) => candidate.RoleName === RoleName,
  );
  if (role === undefined)
    throw new AwsError('NoSuchEntity', `The role with name ${RoleName} cannot be found.`);
  const { Path, RoleId, Arn, CreateDate, AssumeRolePolicyDocument } = role;
  return encodeDocuments({ Role: { Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument } });
};

const listAccountAliases = (_: object, { caller, world }: Call): ListAccountAliasesResponse => {
  const alias = world.accounts.get(caller.account)?.alias;
  return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
};

export const iam: Service = {
  name: 'iam',
  namespace: 'com.amazonaws.iam',
  protocol: awsQuery('https://iam.amazonaws.com/doc/2010-05-08/'),
  isGlobal: true,
  codes: { serverError: { code: 'ServiceFailure', status: 500 } },
  operations: [
    { schema: GetAccountAuthorizationDetails$, answer: getAccountAuthorizationDetails },
    { schema: GetRole$, answer: getRole },
    { schema: ListAccountAliases$, answer: listAccountAliases },
  ],
};
