/** The platform teams' clusters: no key of one's own, keys shared, keys of the central account, a replica abroad. */
import { cluster, key, keyFamily } from '../build.ts';
import { ebsGrants, eksGrant } from '../grants.ts';
import { toUuid } from '../names.ts';
import {
  autoScalingStatements,
  awsManagedPolicy,
  centralPolicy,
  consolePolicy,
  terraformKmsPolicy,
} from '../policies.ts';
import { fail, type Scenario, scenario, sealed, unsealed } from '../scenario.ts';
import { accountIds } from './accounts.ts';

const account = accountIds.platformProd;

const toAwsManaged = (site: { account: string; region: string; now: Date }) =>
  key(site, 'aws/eks', {
    policy: awsManagedPolicy(site.account, site.region),
    metadata: {
      KeyId: toUuid(`aws/eks ${site.account} ${site.region}`),
      KeyManager: 'AWS',
      Description: 'Default key that protects my EKS secrets when no other key is defined',
    },
  });

/** Clusters that have no customer managed key. */
const unsealedClusters = (now: Date): Scenario[] => {
  const site = { account, region: 'eu-central-1', now };
  // One such key an account and Region: two clusters here would share it.
  const west = { ...site, region: 'eu-west-1' };
  const [managedKey, westernKey] = [toAwsManaged(site), toAwsManaged(west)];
  const batch = cluster(site, 'platform-batch', { version: '1.32', keyArn: managedKey.metadata.Arn });
  const nightly = cluster(west, 'platform-nightly', { version: '1.27', keyArn: westernKey.metadata.Arn });
  return [
    unsealed(
      site,
      'platform-ci',
      { version: '1.32', auditLog: false },
      fail('secrets-use-customer-key', 'medium'),
      fail('control-plane-audit-log-is-on', 'medium'),
    ),
    unsealed(site, 'platform-legacy', { version: '1.27' }, fail('secrets-use-customer-key', 'high')),
    scenario(
      'platform-batch',
      { clusters: [batch], keys: [managedKey] },
      fail('secrets-use-customer-key', 'medium'),
    ),
    scenario(
      'platform-nightly',
      { clusters: [nightly], keys: [westernKey] },
      fail('secrets-use-customer-key', 'high'),
    ),
  ];
};

/** Three clusters on one key, one of them without its grant; the nodes' volumes hang on it too. */
const sharedKey = (now: Date): Scenario[] => {
  const site = { account, region: 'eu-west-1', now };
  const names = ['platform-blue', 'platform-canary', 'platform-green'];
  const granted = names.filter((name) => name !== 'platform-canary');
  const shared = key(site, 'platform-shared', {
    policy: terraformKmsPolicy(
      account,
      names.map((name) => `arn:aws:iam::${account}:role/${name}-cluster`),
      ...autoScalingStatements(account),
    ),
    grants: [
      ...granted.map((name) => eksGrant(name, account, site.region)),
      ...ebsGrants(240, account, 'platform-shared'),
    ],
  });
  return names.map((name) =>
    scenario(
      name,
      {
        clusters: [cluster(site, name, { keyArn: shared.metadata.Arn })],
        keys: name === 'platform-blue' ? [shared] : [],
      },
      fail('key-is-dedicated', 'low'),
      ...(granted.includes(name) ? [] : [fail('cluster-grant-is-in-place', 'medium')]),
    ),
  );
};

const multiRegion = (now: Date): Scenario => {
  const site = { account, region: 'eu-west-1', now };
  const [primary, ...replicas] = keyFamily(site, 'platform-global', ['us-east-1'], {
    grants: [eksGrant('platform-global', account, site.region)],
  });
  return scenario(
    'platform-global',
    {
      clusters: [cluster(site, 'platform-global', { keyArn: primary.metadata.Arn })],
      keys: [primary, ...replicas],
    },
    ...replicas.map(({ metadata }) => fail('key-replicas-are-expected', 'high', metadata.Arn)),
  );
};

/** Keys of the central account: one for one cluster, one that two accounts' clusters share. */
const centralKeys = (now: Date): Scenario[] => {
  const home = { account: accountIds.central, region: 'eu-central-1', now };
  const at = (id: string) => ({ account: id, region: home.region, now });
  const own = key(home, 'central-observability', {
    policy: centralPolicy(home.account, [account]),
    crossAccount: [account],
    grants: [eksGrant('platform-observability', account, home.region)],
  });
  const shared = key(home, 'central-mesh', {
    policy: centralPolicy(home.account, [account, accountIds.data]),
    crossAccount: [account, accountIds.data],
    grants: [
      eksGrant('platform-mesh', account, home.region),
      eksGrant('data-core', accountIds.data, home.region),
    ],
  });
  const keyArn = shared.metadata.Arn;
  const observability = cluster(at(account), 'platform-observability', {
    version: '1.35',
    keyArn: own.metadata.Arn,
    // Auto Mode: https://docs.aws.amazon.com/eks/latest/userguide/automode.html
    computeConfig: { enabled: true, nodePools: ['general-purpose', 'system'] },
    storageConfig: { blockStorage: { enabled: true } },
  });
  const mesh = cluster(at(account), 'platform-mesh', { keyArn });
  const core = cluster(at(accountIds.data), 'data-core', { keyArn });
  return [
    scenario('platform-observability', { clusters: [observability], keys: [own] }),
    scenario('platform-mesh', { clusters: [mesh], keys: [shared] }, fail('key-is-dedicated', 'low')),
    scenario(
      'data-core',
      { clusters: [core] },
      fail('key-is-dedicated', 'low'),
      fail('cluster-role-can-use-key', 'high'),
    ),
  ];
};

/** Everything of platform-prod, and of the central key account. */
export const platformScenarios = (now: Date): Scenario[] => {
  const site = { account, region: 'eu-central-1', now };
  const console = consolePolicy(
    account,
    `arn:aws:iam::${account}:role/key-admin`,
    `arn:aws:iam::${account}:role/platform-edge-cluster`,
  );
  return [
    sealed(site, 'platform-core', { cluster: { version: '1.34' } }),
    // KMS v1: its key is used for each object that is read.
    sealed(site, 'platform-classic', { cluster: { version: '1.27' } }),
    sealed(
      site,
      'platform-edge',
      { key: { policy: console } },
      fail('key-destroyers-are-expected', 'medium', `arn:aws:iam::${account}:role/key-admin`),
    ),
    ...unsealedClusters(now),
    ...sharedKey(now),
    multiRegion(now),
    ...centralKeys(now),
  ];
};
