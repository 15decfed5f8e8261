/** An account's IAM in one paged read, each page narrowed as it arrives to what an answer about a key can need. */
import {
  type GetAccountAuthorizationDetailsResponse,
  type IAMClient,
  type ManagedPolicyDetail,
  type PolicyDetail,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam';
import type { z } from 'zod';
import { type Fact, isKnown, type MissingPart, toKnown } from '../../evidence/fact.ts';
import {
  type IamInventory,
  type InlinePolicy,
  iamGroup,
  iamRole,
  iamUser,
  managedPolicy,
} from '../../evidence/iam.ts';
import { collectPages, toUnknownFact } from '../collect-fact.ts';
import { canConcernKms, decodeDocument } from './policy-text.ts';

// At most 1,000 are given a page; policies come with all their versions, and a page is in memory three times over: as
// XML, parsed, and narrowed. 5,000 roles and 800 policies of five versions each then stay within 75 MB.
const itemsPerPage = 200;

/** What one page adds. An entry that is not of the documented shape is missing by name, its neighbours are not. */
interface Part extends IamInventory {
  missing: MissingPart[];
}

/** The principals of an account with the policies that can say something about KMS; see `iamInventory`. */
export const collectInventory = async (
  client: IAMClient,
  abortSignal: AbortSignal,
): Promise<Fact<IamInventory>> => {
  const parts = await collectPages(
    'iam:GetAccountAuthorizationDetails',
    paginateGetAccountAuthorizationDetails(
      { client, pageSize: itemsPerPage },
      { Filter: ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] },
      { abortSignal },
    ),
    (page) => [toPart(page)],
  );
  if (!isKnown(parts)) return parts;
  const all = <Item extends { Arn: string }>(pick: (part: Part) => Item[]): Item[] =>
    parts.value.flatMap(pick).sort((a, b) => (a.Arn < b.Arn ? -1 : 1));
  const inventory = {
    users: all(({ users }) => users),
    groups: all(({ groups }) => groups),
    roles: all(({ roles }) => roles),
    policies: all(({ policies }) => policies),
  };
  const missing = parts.value.flatMap((part) => part.missing);
  return toKnown(dropWhatIsNeutral(inventory), [...parts.missing, ...missing]);
};

const toPart = (page: GetAccountAuthorizationDetailsResponse): Part => {
  const missing: MissingPart[] = [];
  const parseAll = <Shape extends z.ZodType>(shape: Shape, raw: { Arn?: string }[]): z.output<Shape>[] =>
    raw.flatMap((entry) => {
      const parsed = shape.safeParse(entry);
      if (parsed.success) return [parsed.data];
      const { detail, unknown } = toUnknownFact(parsed.error);
      missing.push({ what: `${entry.Arn ?? 'an entry without an ARN'}: ${detail}`, reason: unknown });
      return [];
    });
  const users = (page.UserDetailList ?? []).map((user) => ({
    ...user,
    UserPolicyList: toInlinePolicies(user.UserPolicyList),
  }));
  const groups = (page.GroupDetailList ?? []).map((group) => ({
    ...group,
    GroupPolicyList: toInlinePolicies(group.GroupPolicyList),
  }));
  const roles = (page.RoleDetailList ?? []).map((role) => ({
    ...role,
    AssumeRolePolicyDocument: decodeDocument(role.AssumeRolePolicyDocument ?? ''),
    RolePolicyList: toInlinePolicies(role.RolePolicyList),
  }));
  return {
    users: parseAll(iamUser, users),
    groups: parseAll(iamGroup, groups),
    roles: parseAll(iamRole, roles),
    policies: parseAll(managedPolicy, (page.Policies ?? []).map(toDefaultVersion)),
    missing,
  };
};

const toInlinePolicies = (policies: PolicyDetail[] = []): InlinePolicy[] =>
  policies
    .map(({ PolicyName = '', PolicyDocument = '' }) => ({
      PolicyName,
      PolicyDocument: decodeDocument(PolicyDocument),
    }))
    .filter(({ PolicyDocument }) => canConcernKms(PolicyDocument));

const toDefaultVersion = ({ Arn, DefaultVersionId, PolicyVersionList = [] }: ManagedPolicyDetail) => {
  const version = PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion);
  const Document = version?.Document === undefined ? undefined : decodeDocument(version.Document);
  return { Arn, DefaultVersionId, Document };
};

/**
 * Leaves out managed policies that nobody carries, and those that can't concern KMS together with their attachments.
 * An attachment that stays without its policy is one whose document was not given.
 */
const dropWhatIsNeutral = ({ users, groups, roles, policies }: IamInventory): IamInventory => {
  const boundaries = new Set(
    [...users, ...roles].flatMap(
      ({ PermissionsBoundary }) => PermissionsBoundary?.PermissionsBoundaryArn ?? [],
    ),
  );
  const attached = new Set(
    [...users, ...groups, ...roles].flatMap((holder) =>
      holder.AttachedManagedPolicies.map(({ PolicyArn }) => PolicyArn),
    ),
  );
  const neutral = new Set(policies.filter(({ Document }) => !canConcernKms(Document)).map(({ Arn }) => Arn));
  const detach = <Holder extends IamInventory['groups' | 'users' | 'roles'][number]>(
    holder: Holder,
  ): Holder => ({
    ...holder,
    AttachedManagedPolicies: holder.AttachedManagedPolicies.filter(
      ({ PolicyArn }) => !neutral.has(PolicyArn),
    ),
  });
  return {
    users: users.map(detach),
    groups: groups.map(detach),
    roles: roles.map(detach),
    policies: policies.filter(({ Arn }) => boundaries.has(Arn) || (attached.has(Arn) && !neutral.has(Arn))),
  };
};
