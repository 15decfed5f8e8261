import { AccountClient } from '@aws-sdk/client-account';
import { expect, it } from 'vitest';
import { sealed } from '../../../sandbox/fleets/scenario.ts';
import { collectEnabledRegions } from '../../../shared/collect/account/collect-enabled-regions.ts';
import { site, toFleet, west, workload } from '../../use-cases/fleets.ts';
import { scanFleet } from '../../use-cases/scan-fleet.ts';
import { serveJson } from '../serve-json.ts';

it('A page of ListRegions that breaks off leaves the Regions before it, and says what is missing', async () => {
  const access = await serveJson(({ input }) => {
    expect(input.RegionOptStatusContains).toEqual(['ENABLED', 'ENABLED_BY_DEFAULT']);
    return input.NextToken
      ? new Error('broken')
      : { Regions: [{ RegionName: 'eu-central-1' }, {}, { RegionName: 'eu-west-1' }], NextToken: 'more' };
  });
  expect(await collectEnabledRegions(new AccountClient(access), new AbortController().signal)).toEqual({
    value: ['eu-central-1', 'eu-west-1'],
    missing: [{ what: expect.stringContaining('page 2 and later of account:ListRegions'), reason: 'failed' }],
  });
});

it('An account whose Regions are known in part is scanned in these, and failed for the rest', async () => {
  const fleet = toFleet([sealed(site, 'a')]);
  const regions = [site.region, west, ...Array.from({ length: 60 }, (_, index) => `xx-test-${index}`)].sort();
  const accounts = fleet.accounts.map((account) => ({ ...account, regions }));
  const { result } = await scanFleet(
    { ...fleet, accounts },
    {
      accounts: [workload],
      faults: [{ kind: 'access-denied', operation: 'ListRegions', resource: 'NextToken' }],
    },
  );
  const { targets } = result.run;
  expect(targets.filter(({ status }) => status === 'scanned')).toHaveLength(50);
  expect(targets.filter(({ status }) => status !== 'scanned')).toEqual([
    {
      account: workload,
      region: 'all',
      status: 'failed',
      reason: expect.stringMatching(/^access-denied: page 2 and later of account:ListRegions/),
    },
  ]);
  expect(result.findings.some(({ cluster }) => cluster === 'a')).toBe(true);
});
