import {
  collectOrganization,
  type OrganizationListing,
} from '../collect/organizations/collect-organization.ts';
import { type Fact, isKnown, toKnown } from '../evidence/fact.ts';
import { type RunStart, runStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Aws } from '../runtime/aws.ts';
import { PreconditionError, TargetError } from '../runtime/errors.ts';
import { version } from '../runtime/version.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { openOrganizations } from './open-organizations.ts';

export interface AccountsToList {
  run: string;
  startedAt: string;
  /** Account numbers, every active one of the organisation, or only the caller's. */
  accounts: string[] | 'organization' | 'caller';
  regions: RunStart['regions'];
  clusters?: string;
  configuration?: string;
  checks?: string[];
  execution?: string;
  events?: RunStart['events'];
  kubernetes?: RunStart['kubernetes'];
  reads?: RunStart['reads'];
  settings: Settings;
}

/**
 * The first step of a run: which accounts are its targets, and which account numbers are the organisation's.
 * Puts accounts, org and settings. Throws TargetError where the organisation was asked for and can't be listed,
 * PreconditionError where the run is already another execution's.
 */
export const listAccounts = async (
  store: Store,
  aws: Aws,
  wanted: AccountsToList,
  signal: AbortSignal,
): Promise<RunStart> => {
  const {
    run,
    startedAt,
    regions,
    clusters,
    configuration,
    checks,
    events,
    kubernetes,
    reads,
    execution,
    settings,
  } = wanted;
  const configured = settings.organizationAccounts;
  const listing: Fact<OrganizationListing> =
    configured && wanted.accounts !== 'organization'
      ? toKnown({ id: settings.organizationId, accounts: configured.map((id) => ({ id, isActive: true })) })
      : await collectOrganization(openOrganizations(aws), signal);

  const getAccounts = (): string[] => {
    if (wanted.accounts === 'caller') return [aws.caller.account];
    if (wanted.accounts !== 'organization') return wanted.accounts;
    // A listing that broke off would leave accounts unscanned that nobody could name.
    if (isKnown(listing) && listing.missing.length === 0)
      return listing.value.accounts.filter((account) => account.isActive).map((account) => account.id);
    signal.throwIfAborted();
    const why = isKnown(listing) ? listing.missing[0]?.what : listing.detail;
    throw new TargetError('ORGANIZATION_UNREADABLE', `The organisation's accounts can't be listed: ${why}`, {
      hint: 'Only the management account and delegated administrators may list them; otherwise name accounts with --accounts.',
    });
  };

  const start: RunStart = {
    id: run,
    startedAt,
    version,
    partition: aws.caller.partition,
    caller: aws.caller.arn,
    accounts: [...new Set(getAccounts())].sort(),
    isOrganization: wanted.accounts === 'organization',
    regions,
    clusters,
    configuration,
    checks,
    events,
    kubernetes,
    reads,
    execution,
  };
  const organization = isKnown(listing)
    ? toKnown(
        {
          id: listing.value.id ?? settings.organizationId,
          noId: listing.value.noId,
          accounts: listing.value.accounts.map((account) => account.id),
        },
        listing.missing,
      )
    : listing;
  const claimed = await claimRun(store, start);
  const names = toRunNames(run);
  // A map over the homes must find one, or it has nothing to read.
  if (execution !== undefined) await writeObject(store, names.home(aws.caller.account), {});
  await writeObject(store, names.organization, { organization });
  await writeObject(store, names.settings, settings);
  return claimed;
};

/** Whoever puts the accounts first has the run; called again for the same execution, this gives what it put then. */
const claimRun = async (store: Store, start: RunStart): Promise<RunStart> => {
  const { accounts: name } = toRunNames(start.id);
  try {
    await writeObject(store, name, start, { ifNoneMatch: '*' });
    return start;
  } catch (error) {
    if (!(error instanceof PreconditionError) || start.execution === undefined) throw error;
    const first = await readObject(store, name, runStart);
    if (first?.execution !== start.execution) throw error;
    return first;
  }
};
