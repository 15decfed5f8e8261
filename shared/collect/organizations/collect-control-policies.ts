/** Service and resource control policies on the paths of accounts, each place and each policy read once a run. */
import {
  AWSOrganizationsNotInUseException,
  DescribePolicyCommand,
  type OrganizationsClient,
  type PolicyType,
  paginateListRoots,
} from '@aws-sdk/client-organizations';
import { type Fact, isKnown, type MissingPart, toKnown, toUnknown } from '../../evidence/fact.ts';
import type { ControlPolicies } from '../../evidence/iam.ts';
import { askOnce } from '../ask-once.ts';
import { collectFact, collectPages } from '../collect-fact.ts';
import { createPathAsker } from './account-paths.ts';
import { type AskAttached, createAttachmentAsker } from './attached-policies.ts';
import { describeOrganization } from './describe-organization.ts';

export interface AccountControlPolicies {
  serviceControl: Fact<ControlPolicies>;
  resourceControl: Fact<ControlPolicies>;
}

export type ReadControlPolicies = (account: string, isCaller: boolean) => Promise<AccountControlPolicies>;

interface Organization {
  managementAccount: string;
  root: string;
  /** The types of policies that are switched on. */
  types: PolicyType[];
}

interface OrganizationReaders {
  managementAccount: string;
  askPath: (account: string) => Promise<Fact<string[]>>;
  /** None where the organisation does not use the type. */
  askServiceControl: AskAttached | undefined;
  askResourceControl: AskAttached | undefined;
}

/**
 * Takes all accounts that will be asked about, by which it chooses the way of fewest requests; gives a function that
 * reads the control policies of one, `isCaller` where it is the caller's own. Only the management account and those
 * that it lets may ask.
 */
export const createControlPolicyReader = (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
  accounts: readonly string[],
): ReadControlPolicies => {
  const getReaders = askOnce(async (): Promise<Fact<OrganizationReaders | 'none'>> => {
    const organization = await collectOrganizationRoot(client, abortSignal);
    if (!isKnown(organization)) return organization;
    if (organization.value === 'none') return toKnown('none');
    const { managementAccount, root, types } = organization.value;
    const askContent = toContentAsker(client, abortSignal);
    const toAsker = (type: PolicyType): AskAttached | undefined =>
      types.includes(type)
        ? createAttachmentAsker(client, type, accounts, askContent, abortSignal)
        : undefined;
    return toKnown({
      managementAccount,
      askPath: createPathAsker(client, root, accounts, abortSignal),
      askServiceControl: toAsker('SERVICE_CONTROL_POLICY'),
      askResourceControl: toAsker('RESOURCE_CONTROL_POLICY'),
    });
  });
  return async (account, isCaller) => {
    const both = (fact: Fact<ControlPolicies>) => ({ serviceControl: fact, resourceControl: fact });
    const readers = await getReaders('');
    if (!isKnown(readers)) return both(readers);
    if (readers.value === 'none') {
      const isOutside = `the caller is in no organisation, and can't tell that of ${account}`;
      return both(isCaller ? toKnown({ levels: [] }) : toUnknown('unsupported', isOutside));
    }
    const { managementAccount, askPath, askServiceControl, askResourceControl } = readers.value;
    const path = await askPath(account);
    if (!isKnown(path)) return both(path);
    const read = (ask: AskAttached | undefined) =>
      ask ? joinLevels(path.value, ask, managementAccount) : toKnown({ managementAccount, levels: [] });
    const [serviceControl, resourceControl] = await Promise.all([
      read(askServiceControl),
      read(askResourceControl),
    ]);
    return { serviceControl, resourceControl };
  };
};

/** The organisation that the caller's account is in. */
const collectOrganizationRoot = async (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
): Promise<Fact<Organization | 'none'>> => {
  const managementAccount = await collectFact(async () => {
    try {
      const organization = await describeOrganization(client, abortSignal);
      if (!organization?.MasterAccountId)
        throw new Error('organizations:DescribeOrganization gave no account');
      return organization.MasterAccountId;
    } catch (error) {
      if (error instanceof AWSOrganizationsNotInUseException) return 'none';
      throw error;
    }
  });
  if (!isKnown(managementAccount)) return managementAccount;
  if (managementAccount.value === 'none') return toKnown('none');
  const roots = await collectPages(
    'organizations:ListRoots',
    paginateListRoots({ client }, {}, { abortSignal }),
    ({ Roots = [] }) => Roots,
  );
  if (!isKnown(roots)) return roots;
  const [{ Id: root, PolicyTypes = [] } = {}] = roots.value;
  if (root === undefined) return toUnknown('failed', 'organizations:ListRoots gave no root');
  const types = PolicyTypes.flatMap(({ Type, Status }) => (Type && Status === 'ENABLED' ? [Type] : []));
  return toKnown({ managementAccount: managementAccount.value, root, types });
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

const joinLevels = async (
  path: string[],
  getLevel: AskAttached,
  managementAccount: string,
): Promise<Fact<ControlPolicies>> => {
  const levels: ControlPolicies['levels'] = [];
  const missing = new Map<string, MissingPart>();
  for (const target of path) {
    const policies = await getLevel(target);
    if (!isKnown(policies)) return policies;
    levels.push({ target, policies: policies.value });
    for (const part of policies.missing) missing.set(part.what, part);
  }
  return toKnown({ managementAccount, levels }, [...missing.values()]);
};
