/** Fleets of any size for benches: the same seed gives the same fleet. */
import { toRandom } from '../random.ts';
import { cluster, key, type Site } from './build.ts';
import type { Fleet, SandboxCluster, SandboxKey } from './fleet.ts';
import { ebsGrants, eksGrant } from './grants.ts';
import { withIam } from './iam/account-iam.ts';
import { terraformKmsPolicy } from './policies.ts';
import { organizationTrail } from './trails.ts';

export type FleetSize = {
  seed: number;
  accounts: number;
  regions: string[];
  clusters: number;
  keys: number;
  now: Date;
};

const toAccount = (index: number): string => String(100_000_000_000 + index * 1_111_111);

/**
 * Takes sizes and a seed; gives clusters and keys spread over all accounts and Regions. Every key of a place is
 * used before one is shared; one in ten rotates too seldom, one in twenty carries many EBS grants.
 */
export const generateFleet = ({ seed, accounts, regions, clusters, keys, now }: FleetSize): Fleet => {
  const random = toRandom(seed);
  const ids = Array.from({ length: accounts }, (_, index) => toAccount(index));
  const sites: Site[] = ids.flatMap((account) => regions.map((region) => ({ account, region, now })));
  const at = (index: number): Site | undefined => sites[index % sites.length];
  const versions = ['1.30', '1.31', '1.32', '1.33', '1.34', '1.35'];

  const namesOfKey = new Map<number, string[]>();
  const keyNumberOf = (index: number): number | undefined => {
    const perSite = Math.floor((keys - 1 - (index % sites.length)) / sites.length) + 1;
    if (perSite <= 0) return undefined;
    return (index % sites.length) + (Math.floor(index / sites.length) % perSite) * sites.length;
  };
  const plans = Array.from({ length: clusters }, (_, index) => {
    const name = `cluster-${String(index).padStart(5, '0')}`;
    const keyNumber = keyNumberOf(index);
    if (keyNumber !== undefined) namesOfKey.set(keyNumber, [...(namesOfKey.get(keyNumber) ?? []), name]);
    return { name, site: at(index), keyNumber, version: versions[Math.floor(random() * versions.length)] };
  });

  const allKeys = Array.from({ length: keys }, (_, index): SandboxKey[] => {
    const site = at(index);
    if (site === undefined) return [];
    const name = `key-${String(index).padStart(5, '0')}`;
    const isSlow = random() < 0.1;
    const volumes = random() < 0.05 ? 120 : 0;
    return [
      key(site, name, {
        policy: terraformKmsPolicy(site.account, []),
        rotation: { KeyRotationEnabled: true, RotationPeriodInDays: isSlow ? 730 : 365 },
        grants: [
          ...(namesOfKey.get(index) ?? []).map((owner) => eksGrant(owner, site.account, site.region)),
          ...ebsGrants(volumes, site.account, name),
        ],
      }),
    ];
  });
  const allClusters = plans.flatMap(({ name, site, keyNumber, version }): SandboxCluster[] => {
    if (site === undefined) return [];
    const keyArn = keyNumber === undefined ? undefined : allKeys[keyNumber]?.[0]?.metadata.Arn;
    return [cluster(site, name, { keyArn, version })];
  });

  const caller = toAccount(0);
  return {
    organization: { id: 'o-exampleorgid', managementAccount: caller },
    accounts: withIam(
      ids.map((id, index) => ({
        id,
        name: `account-${index}`,
        regions,
        roles: [{ name: 'keyward-member', trustedAccounts: [caller] }],
      })),
      caller,
      allClusters,
    ),
    credentials: [
      {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        account: caller,
        arn: `arn:aws:iam::${caller}:user/bench`,
      },
    ],
    clusters: allClusters,
    keys: allKeys.flat(),
    trails: [
      organizationTrail({ account: caller, region: regions[0] ?? '', now }, 'example-organization-trail'),
    ],
  };
};
