/** Service and resource control policies on the paths of accounts, each target and each policy read once a run. */
import {
  AWSOrganizationsNotInUseException,
  DescribeOrganizationCommand,
  DescribePolicyCommand,
  ListParentsCommand,
  type OrganizationsClient,
  type PolicyType,
  paginateListPoliciesForTarget,
} from '@aws-sdk/client-organizations';
import { type Fact, isKnown, type MissingPart, toKnown, toUnknown } from '../../evidence/fact.ts';
import type { ControlPolicies, ControlPolicy } from '../../evidence/iam.ts';
import { askOnce } from '../ask-once.ts';
import { collectFact, collectPages } from '../collect-fact.ts';

export interface AccountControlPolicies {
  serviceControl: Fact<ControlPolicies>;
  resourceControl: Fact<ControlPolicies>;
}

export type ReadControlPolicies = (account: string, isCaller: boolean) => Promise<AccountControlPolicies>;

type AskOrganization = (subject: string) => Promise<Fact<{ managementAccount?: string }>>;
type AskPath = (target: string) => Promise<Fact<string[]>>;
type AskPolicies = (target: string) => Promise<Fact<ControlPolicy[]>>;

/**
 * Gives a function that reads the control policies of an account; `isCaller` where it is the caller's own. Only the
 * management account and those that it lets may ask.
 */
export const createControlPolicyReader = (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
): ReadControlPolicies => {
  const getOrganization = toOrganizationAsker(client, abortSignal);
  const getPath = toPathAsker(client, abortSignal);
  const getContent = toContentAsker(client, abortSignal);
  const getServiceControl = toLevelAsker(client, abortSignal, 'SERVICE_CONTROL_POLICY', getContent);
  const getResourceControl = toLevelAsker(client, abortSignal, 'RESOURCE_CONTROL_POLICY', getContent);
  return async (account, isCaller) => {
    const both = (fact: Fact<ControlPolicies>) => ({ serviceControl: fact, resourceControl: fact });
    const organization = await getOrganization('');
    if (!isKnown(organization)) return both(organization);
    const { managementAccount } = organization.value;
    if (managementAccount === undefined) {
      const isOutside = `the caller is in no organisation, and can't tell that of ${account}`;
      return both(isCaller ? toKnown({ levels: [] }) : toUnknown('unsupported', isOutside));
    }
    const path = await getPath(account);
    if (!isKnown(path)) return both(path);
    return {
      serviceControl: await joinLevels(path.value, getServiceControl, managementAccount),
      resourceControl: await joinLevels(path.value, getResourceControl, managementAccount),
    };
  };
};

/** Who the management account is; none where the caller's account is in no organisation. */
const toOrganizationAsker = (client: OrganizationsClient, abortSignal: AbortSignal): AskOrganization =>
  askOnce(() =>
    collectFact(async () => {
      try {
        const { Organization } = await client.send(new DescribeOrganizationCommand({}), { abortSignal });
        if (!Organization?.MasterAccountId)
          throw new Error('organizations:DescribeOrganization gave no account');
        return { managementAccount: Organization.MasterAccountId };
      } catch (error) {
        if (error instanceof AWSOrganizationsNotInUseException) return {};
        throw error;
      }
    }),
  );

/** The path of an account or unit: the root first, itself last. */
const toPathAsker = (client: OrganizationsClient, abortSignal: AbortSignal): AskPath => {
  const getParent = askOnce((child) =>
    collectFact(async () => {
      const { Parents } = await client.send(new ListParentsCommand({ ChildId: child }), { abortSignal });
      const parent = Parents?.[0];
      if (!parent?.Id || parent.Id === child)
        throw new Error(`organizations:ListParents gave no parent of ${child}`);
      return { id: parent.Id, isRoot: parent.Type === 'ROOT' };
    }),
  );
  const getPath: AskPath = askOnce(async (target) => {
    const parent = await getParent(target);
    if (!isKnown(parent)) return parent;
    const above = parent.value.isRoot ? toKnown([parent.value.id]) : await getPath(parent.value.id);
    return isKnown(above) ? toKnown([...above.value, target]) : above;
  });
  return getPath;
};

const toContentAsker = (client: OrganizationsClient, abortSignal: AbortSignal) =>
  askOnce((policyId) =>
    collectFact(async (): Promise<string> => {
      const command = new DescribePolicyCommand({ PolicyId: policyId });
      const { Policy } = await client.send(command, { abortSignal });
      if (Policy?.Content === undefined)
        throw new Error(`organizations:DescribePolicy gave no content of ${policyId}`);
      return Policy.Content;
    }),
  );

/** The policies of one type that are attached to a root, unit or account itself, sorted by id. */
const toLevelAsker = (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
  type: PolicyType,
  getContent: (policyId: string) => Promise<Fact<string>>,
): AskPolicies =>
  askOnce(async (target) => {
    const attached = await collectPages(
      `organizations:ListPoliciesForTarget of ${target}`,
      paginateListPoliciesForTarget({ client }, { TargetId: target, Filter: type }, { abortSignal }),
      ({ Policies }) => (Policies ?? []).map(({ Id = '', Arn = '', Name = '' }) => ({ Id, Arn, Name })),
    );
    if (!isKnown(attached)) return attached;
    const missing: MissingPart[] = [...attached.missing];
    const policies: ControlPolicy[] = [];
    for (const policy of attached.value.toSorted(byId)) {
      const content = await getContent(policy.Id);
      if (isKnown(content)) {
        policies.push({ ...policy, Content: content.value });
        continue;
      }
      policies.push(policy);
      const what = `control policy ${policy.Id} of ${target}: ${content.detail}`;
      missing.push({ what, reason: content.unknown });
    }
    return toKnown(policies, missing);
  });

const byId = (a: ControlPolicy, b: ControlPolicy) => (a.Id < b.Id ? -1 : 1);

const joinLevels = async (
  path: string[],
  getLevel: AskPolicies,
  managementAccount: string,
): Promise<Fact<ControlPolicies>> => {
  const levels: ControlPolicies['levels'] = [];
  const missing: MissingPart[] = [];
  for (const target of path) {
    const policies = await getLevel(target);
    if (!isKnown(policies)) return policies;
    levels.push({ target, policies: policies.value });
    missing.push(...policies.missing);
  }
  // Where a type is in use, each level holds at least the policy that allows everything: none anywhere means that it
  // is off. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_attach.html
  const isOff = missing.length === 0 && levels.every(({ policies }) => policies.length === 0);
  return toKnown({ managementAccount, levels: isOff ? [] : levels }, missing);
};
