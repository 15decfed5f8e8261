/** The fleet of every figure: 1,000 clusters and 300 keys in 10 accounts × 2 Regions, always the same. */
import { generateFleet } from '../../sandbox/fleets/generated.ts';

export const size = {
  seed: 1,
  accounts: 10,
  regions: ['eu-central-1', 'eu-west-1'],
  clusters: 1000,
  keys: 300,
};

export const memberRole = 'keyward-member';

export const toBenchFleet = () => generateFleet({ ...size, now: new Date() });

/**
 * The sizes of the dense policies; the last is the largest KMS stores:
 * https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 */
export const densePolicyBytes = [2_048, 4_096, 8_192, 16_384, 32_768];
