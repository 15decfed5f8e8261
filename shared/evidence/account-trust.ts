/** Whose account is it: "outside" means outside the organisation and `trustedAccounts`. */
import { type Fact, isKnown, toUnknown, type Unknown } from './fact.ts';
import type { Organization } from './organization.ts';
import type { Settings } from './settings.ts';

/** Where an account stands; unknown, with the reason, for a foreign number that no account list settles. */
export type AccountZone = 'inside' | 'outside' | Unknown;

interface AccountKnowledge {
  /** The account that is judged for: the cluster's. */
  ownAccount: string;
  /** What Organizations said; a list that is known in part can tell a member, never a stranger. */
  organization: Fact<Organization> | undefined;
  settings: Pick<Settings, 'organizationAccounts' | 'trustedAccounts'>;
}

/** Takes a 12-digit account number and what is known of accounts, gives the zone it lies in. */
export const classifyAccount = (
  account: string,
  { ownAccount, organization, settings }: AccountKnowledge,
): AccountZone => {
  if (account === ownAccount || settings.trustedAccounts.includes(account)) return 'inside';
  if (settings.organizationAccounts?.includes(account)) return 'inside';
  if (organization && isKnown(organization) && organization.value.accounts.includes(account)) return 'inside';

  // A list given in the configuration is the owner's word and counts as whole.
  if (settings.organizationAccounts) return 'outside';
  const unsettled = `whether account ${account} belongs to the organisation is not known`;
  if (!organization) return toUnknown('failed', `${unsettled}: its accounts were not collected`);
  if (!isKnown(organization)) return toUnknown(organization.unknown, `${unsettled}: ${organization.detail}`);
  const gap = organization.missing[0];
  return gap ? toUnknown(gap.reason, `${unsettled}: ${gap.what}`) : 'outside';
};
