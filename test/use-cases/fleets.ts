/** Small fleets for one test each: a company of two accounts that a caller in the first may enter. */
import { key } from '../../sandbox/fleets/build.ts';
import type { Fleet, SandboxAccount } from '../../sandbox/fleets/fleet.ts';
import { eksGrant } from '../../sandbox/fleets/grants.ts';
import { withIam } from '../../sandbox/fleets/iam/account-iam.ts';
import { terraformEksPolicy } from '../../sandbox/fleets/policies.ts';
import { joinScenarios, type Scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { organizationTrail } from '../../sandbox/fleets/trails.ts';

export const management = '111122223333';
export const workload = '123456789012';
export const central = '777788889999';
export const region = 'eu-central-1';
export const west = 'eu-west-1';
const now = new Date();
export const site = { account: workload, region, now };

const member = (id: string): SandboxAccount => ({
  id,
  name: `account-${id}`,
  regions: [region, west],
  roles: [{ name: 'keyward-member', trustedAccounts: [management] }],
});

/** Takes scenarios, and what is special; gives a fleet of the management, workload and central accounts. */
export const toFleet = (scenarios: Scenario[], more: Partial<Fleet> = {}): Fleet => {
  const { clusters, keys, faults } = joinScenarios(scenarios);
  return {
    organization: { id: 'o-exampleorgid', managementAccount: management },
    accounts: withIam([management, workload, central].map(member), management, clusters),
    credentials: [
      {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        account: management,
        arn: `arn:aws:iam::${management}:user/ci`,
      },
    ],
    clusters,
    keys,
    faults,
    trails: [organizationTrail({ account: management, region, now }, 'example-organization-trail')],
    ...more,
  };
};

/** Clusters a, b, c of the workload account, each with a healthy key of its own. */
export const threeClusters = () => ['a', 'b', 'c'].map((name) => sealed(site, name));

/** A key of another account, as a cluster of the workload account uses it. */
export const foreignKey = (account: string, name: string, clusterAccount: string = workload) =>
  key({ ...site, account }, name, {
    policy: terraformEksPolicy(account, name),
    crossAccount: [clusterAccount],
    grants: [eksGrant(name, clusterAccount, region)],
  });
