import { type Account, type OrganizationsClient, paginateListAccounts } from '@aws-sdk/client-organizations';
import { type Fact, isKnown, toKnown, type Unknown } from '../../evidence/fact.ts';
import { collectFact, collectPages } from '../collect-fact.ts';
import { describeOrganization } from './describe-organization.ts';

export interface OrganizationListing {
  id?: string;
  /** Why there is no id: it is asked for apart from the accounts. */
  noId?: Unknown;
  accounts: { id: string; isActive: boolean }[];
}

/**
 * The organisation's id, which every member may ask for, and its accounts, which only the management account and
 * delegated administrators may list: where that is refused the accounts are what is missing.
 */
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
  const described = await collectFact(() => describeOrganization(client, abortSignal));
  if (!isKnown(accounts) && !isKnown(described)) return accounts;
  const identity = isKnown(described) ? { id: described.value?.Id } : { noId: described };
  return isKnown(accounts)
    ? toKnown({ ...identity, accounts: accounts.value }, accounts.missing)
    : toKnown({ ...identity, accounts: [] }, [{ what: accounts.detail, reason: accounts.unknown }]);
};

// Status is retired since 2026-09-09 in favour of State; older endpoints still send only Status.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
const isActive = (account: Account): boolean => (account.State ?? account.Status) === 'ACTIVE';
