/** A large company for the night: 1,000 accounts × 17 Regions, 3,000 clusters, 1,500 keys, 800 of them in one account. */
import type { Fault } from '../../sandbox/faults.ts';
import { cluster, key } from '../../sandbox/fleets/build.ts';
import type { Fleet } from '../../sandbox/fleets/fleet.ts';
import { generateFleet } from '../../sandbox/fleets/generated.ts';
import { eksGrant } from '../../sandbox/fleets/grants.ts';
import { terraformKmsPolicy } from '../../sandbox/fleets/policies.ts';

const regions = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'ap-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
];
const accounts = 1_000;
const clustersOfLargest = 800;
/** Accounts whose EKS refuses to answer. */
const everyFailing = 20;

export const toNightFleet = (now = new Date()): Fleet => {
  const spread = generateFleet({ seed: 1, accounts, regions, clusters: 2_200, keys: 700, now });
  const account = spread.accounts.at(-2)?.id ?? '';
  const site = { account, region: 'eu-central-1', now };
  const names = Array.from({ length: clustersOfLargest }, (_, index) => `large-${index}`);
  const keys = names.map((name) =>
    key(site, name, {
      policy: terraformKmsPolicy(account, []),
      grants: [eksGrant(name, account, site.region)],
    }),
  );
  const clusters = names.map((name, index) => cluster(site, name, { keyArn: keys[index]?.metadata.Arn }));
  const failing = spread.accounts.filter((_, index) => index % everyFailing === everyFailing - 1);
  const faults = failing.map(({ id }): Fault => ({ kind: 'access-denied', service: 'eks', account: id }));
  return { ...spread, clusters: [...spread.clusters, ...clusters], keys: [...spread.keys, ...keys], faults };
};
