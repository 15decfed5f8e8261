import { type AccountClient, paginateListRegions } from '@aws-sdk/client-account';
import type { Fact } from '../../evidence/fact.ts';
import { collectPages } from '../collect-fact.ts';

/** The names of the Regions that an account has enabled, sorted. */
export const collectEnabledRegions = async (
  client: AccountClient,
  abortSignal: AbortSignal,
): Promise<Fact<string[]>> =>
  collectPages(
    'account:ListRegions',
    paginateListRegions(
      { client, pageSize: 50 },
      { RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'] },
      { abortSignal },
    ),
    (page) => (page.Regions ?? []).flatMap((region) => region.RegionName ?? []),
  );
