/** The quiet company: clusters as eksctl, terraform-aws-eks, the console and Auto Mode leave them, nothing broken. */
import { argoCdEntry, backupEntry, eksEntry, standardEntry, usualEntries } from './access.ts';
import { nightlyBackups, vault } from './backups.ts';
import { cluster, key, type Site } from './build.ts';
import { clusterLife, storageLife, surroundings } from './events/fleet-life.ts';
import type { EventStream, Fleet, SandboxCluster, SandboxKey } from './fleet.ts';
import { backupGrant, ebsGrants, eksGrant } from './grants.ts';
import { withIam } from './iam/account-iam.ts';
import {
  accountPolicy,
  autoScalingStatements,
  centralPolicy,
  consolePolicy,
  terraformEksPolicy,
} from './policies.ts';
import { joinScenarios, type Scenario, scenario, sealed } from './scenario.ts';
import { organizationTrail } from './trails.ts';

const management = '111122223333';
const audit = '444455556666';
const central = '777788889999';
const workloads = ['123456789012', '210987654321', '555566667777'];
const regions = ['eu-central-1', 'eu-west-1'];

// Identity Center's roles carry a path and a suffix. https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
const administrator = (account: string) =>
  `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_AWSAdministratorAccess_0123456789abcdef`;

/** A vault that takes copies from every account of the organisation. */
const copiesFromOrganization = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 'backup:CopyIntoBackupVault',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } },
    },
  ],
};

const toClusters = (site: Site): Scenario[] => {
  const { account, region } = site;
  const name = (tool: string) => `${tool}-${region}-${account.slice(0, 4)}`;
  const busy = name('eksctl');
  const home = { ...site, account: central };
  const shared = key(home, `central-${name('auto-mode')}`, {
    policy: centralPolicy(central, [account]),
    crossAccount: [account],
    grants: [eksGrant(name('auto-mode'), account, region)],
  });
  // Control Tower's administrators look into clusters, too; AWS Backup and Argo CD come with entries of their own.
  const toEntries = (tool: string) => [
    ...usualEntries(account, name(tool)),
    eksEntry(account),
    standardEntry(administrator(account), ['AmazonEKSClusterAdminPolicy']),
  ];
  const backupKey = key(site, `backup-${region}`);
  const nightly = vault(site, 'nightly', backupKey.metadata.Arn, copiesFromOrganization);
  const distant = `arn:aws:backup:${region}:${audit}:backup-vault:organization`;
  const autoMode = cluster(site, name('auto-mode'), {
    version: '1.35',
    keyArn: shared.metadata.Arn,
    computeConfig: { enabled: true, nodePools: ['general-purpose', 'system'] },
    accessEntries: [...toEntries('auto-mode'), argoCdEntry(account)],
  });
  return [
    scenario('backup', { keys: [backupKey] }),
    sealed(site, busy, {
      cluster: {
        accessEntries: [...toEntries('eksctl'), backupEntry(account)],
        backups: nightlyBackups(site, busy, nightly, distant),
      },
      key: {
        policy: accountPolicy(account, ...autoScalingStatements(account)),
        grants: [
          eksGrant(busy, account, region),
          ...ebsGrants(300, account, busy),
          backupGrant(account, region, busy),
        ],
      },
    }),
    // The default of terraform-aws-eks.
    sealed(site, name('terraform'), {
      cluster: {
        accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' },
        accessEntries: toEntries('terraform'),
      },
      key: { policy: terraformEksPolicy(account, name('terraform')) },
    }),
    sealed(site, name('console'), {
      cluster: { accessEntries: toEntries('console') },
      key: {
        policy: consolePolicy(
          account,
          administrator(account),
          `arn:aws:iam::${account}:role/${name('console')}-cluster`,
        ),
      },
    }),
    scenario(autoMode.name, { clusters: [autoMode], keys: [shared] }),
    // The default since 1.28: sealed with an AWS owned key, logs off. Medium, and nothing above.
    scenario(name('default'), {
      clusters: [cluster(site, name('default'), { version: '1.34', auditLog: false })],
    }),
  ];
};

/** Where the organisation's trail keeps its log files. */
const trailBucket = 'example-organization-trail';

/** Nothing but ordinary life: control planes, volumes and backups, Terraform, and the noise around them. */
const toStreams = (clusters: SandboxCluster[], keys: SandboxKey[], now: Date): EventStream[] => {
  const keysByArn = new Map(keys.map((one) => [one.metadata.Arn, one]));
  return [
    ...clusters.flatMap((one) => {
      const own = keysByArn.get(one.encryptionConfig?.[0]?.provider?.keyArn ?? '');
      return own === undefined ? [] : clusterLife(one, own, now);
    }),
    ...keys.flatMap((one) => storageLife(one, now)),
    ...surroundings(keys, now),
  ];
};

/** Takes the moment that its dates are counted back from. Its caller sits in the management account. */
export const ordinaryFleet = (now: Date): Fleet => {
  const sites = workloads.flatMap((account) => regions.map((region) => ({ account, region, now })));
  const { clusters, keys } = joinScenarios(sites.flatMap(toClusters));
  const roles = [{ name: 'keyward-member', trustedAccounts: [management] }];
  return {
    organization: { id: 'o-exampleorgid', managementAccount: management },
    accounts: withIam(
      [management, audit, central, ...workloads].map((id) => ({ id, name: `account-${id}`, regions, roles })),
      management,
      clusters,
    ),
    credentials: [
      {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        account: management,
        arn: `arn:aws:sts::${management}:assumed-role/AWSReservedSSO_AWSAdministratorAccess_0123456789abcdef/laptop`,
      },
    ],
    clusters,
    keys,
    trails: [organizationTrail({ account: management, region: 'eu-central-1', now }, trailBucket)],
    history: { until: now, streams: toStreams(clusters, keys, now) },
  };
};
