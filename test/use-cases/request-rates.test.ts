import { expect, it } from 'vitest';
import { generateFleet } from '../../sandbox/fleets/generated.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { scanFleet } from './scan-fleet.ts';

// https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
const quotas = {
  ListGrants: 100,
  ListKeyRotations: 100,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  DescribeKey: 2000,
};

it.each([
  ['A scan stays under the quotas that production shares', false, 105, 1],
  ['A gentle scan stays under half of them', true, 55, 2],
])('%s', async (_, isGentle, keys, divisor) => {
  const region = 'eu-central-1';
  const size = { seed: 3, accounts: 1, regions: [region], clusters: keys, keys, now: new Date() };
  const fleet = generateFleet(size);
  // What is asked of EKS and AWS Backup about so many clusters in one Region takes its time, and is no load on KMS.
  const checks = {
    'access-policies-limit-secret-readers': 'off',
    'secret-copies-are-sealed': 'off',
  } as const;
  const { sandbox } = await scanFleet(fleet, { isGentle, settings: settings.parse({ checks }) });
  for (const [operation, quota] of Object.entries(quotas)) {
    const place = `kms:${operation} ${fleet.accounts[0]?.id}/${region}`;
    const peak = sandbox.requests.peaksPerSecond.get(place) ?? 0;
    expect(peak, operation).toBeGreaterThan(0);
    expect(peak, operation).toBeLessThanOrEqual(quota / divisor);
  }
});
