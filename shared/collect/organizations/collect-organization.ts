import {
  type Account,
  DescribeOrganizationCommand,
  type OrganizationsClient,
  paginateListAccounts,
} from '@aws-sdk/client-organizations';
import { type Fact, isKnown, toKnown, type Unknown } from '../../evidence/fact.ts';
import { collectFact, collectPages } from '../collect-fact.ts';

export interface OrganizationListing {
  id?: string;
  /** Why there is no id: it is asked for apart from the accounts. */
  noId?: Unknown;
  accounts: { id: string; isActive: boolean }[];
}

/** The organisation's id and accounts. Only its management account and delegated administrators may ask. */
export const collectOrganization = async (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
): Promise<Fact<OrganizationListing>> => {
  const accounts = await collectPages(
    'organizations:ListAccounts',
    paginateListAccounts({ client, pageSize: 20 }, {}, { abortSignal }),
    (page) =>
      (page.Accounts ?? []).flatMap((account) =>
        account.Id ? [{ id: account.Id, isActive: isActive(account) }] : [],
      ),
  );
  if (!isKnown(accounts)) return accounts;
  const described = await collectFact(() =>
    client.send(new DescribeOrganizationCommand({}), { abortSignal }),
  );
  const identity = isKnown(described) ? { id: described.value.Organization?.Id } : { noId: described };
  return toKnown({ ...identity, accounts: accounts.value }, accounts.missing);
};

// Status is retired since 2026-09-09 in favour of State; older endpoints still send only Status.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
const isActive = (account: Account): boolean => (account.State ?? account.Status) === 'ACTIVE';
