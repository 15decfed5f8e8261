/** Ways to the demo's Secrets past the keys of their clusters: access policies of EKS, and backups. */
import { backupEntry, standardEntry, usualEntries } from '../access.ts';
import { nightlyBackups, vault } from '../backups.ts';
import { key } from '../build.ts';
import type { SandboxCluster, SandboxKey } from '../fleet.ts';
import { awsManagedPolicy } from '../policies.ts';
import { fail, type Scenario, type SeededFinding, unknown } from '../scenario.ts';
import { accountIds, organizationId } from './accounts.ts';

type Way = {
  cluster: Partial<SandboxCluster>;
  keys?: SandboxKey[];
  findings: Omit<SeededFinding, 'cluster'>[];
};

const { platformProd, paymentsProd, data, partner, audit } = accountIds;
const limitsReaders = 'access-policies-limit-secret-readers';
const isSealed = 'secret-copies-are-sealed';

const accessWays = (): Record<string, Way> => {
  const consultant = `arn:aws:iam::${partner}:role/consulting/kubernetes-consultant`;
  const teams = ['build', 'catalog', 'checkout', 'search', 'support'].map((team) =>
    standardEntry(`arn:aws:iam::${platformProd}:role/team-${team}`, ['AmazonEKSAdminViewPolicy']),
  );
  const ofMode = (authenticationMode: 'CONFIG_MAP' | 'API_AND_CONFIG_MAP'): Way => ({
    cluster: { accessConfig: { authenticationMode } },
    findings: [unknown(limitsReaders)],
  });
  return {
    'data-share': {
      cluster: {
        accessEntries: [
          ...usualEntries(data, 'data-share'),
          standardEntry(consultant, ['AmazonEKSClusterAdminPolicy']),
        ],
      },
      findings: [fail(limitsReaders, 'medium', `arn:aws:iam::${partner}:role/kubernetes-consultant`)],
    },
    'platform-ci': {
      cluster: { accessEntries: [...usualEntries(platformProd, 'platform-ci'), ...teams] },
      findings: [fail(limitsReaders, 'medium', 'readers')],
    },
    // From before access entries, and on their way to them.
    'platform-legacy': ofMode('CONFIG_MAP'),
    'platform-classic': ofMode('API_AND_CONFIG_MAP'),
  };
};

/** Whom a vault takes copies from. https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html */
const takesFrom = (principal: string, condition: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'backup:CopyIntoBackupVault',
      Resource: '*',
      ...condition,
    },
  ],
});

const backupWays = (now: Date): Record<string, Way> => {
  const region = 'eu-central-1';
  const toSite = (account: string) => ({ account, region, now });
  const [platform, payments, lake] = [toSite(platformProd), toSite(paymentsProd), toSite(data)];
  const platformKey = key(platform, 'platform-backup');
  const lakeKey = key(lake, 'data-backup');
  const defaultKey = key(payments, 'aws/backup', {
    policy: awsManagedPolicy(paymentsProd, region),
    metadata: {
      KeyManager: 'AWS',
      Description: 'Default key that protects my Backup data when no other key is defined',
    },
  });
  const ofOrganization = { Condition: { StringEquals: { 'aws:PrincipalOrgID': organizationId } } };
  const nightly = vault(platform, 'nightly', platformKey.metadata.Arn, takesFrom('*', ofOrganization));
  const fromPartner = takesFrom(`arn:aws:iam::${partner}:root`, {});
  const partnered = vault(platform, 'exchange', platformKey.metadata.Arn, fromPartner);
  const byDefault = vault(payments, 'Default', defaultKey.metadata.Arn);
  const ofLake = vault(lake, 'lake', lakeKey.metadata.Arn);
  const toVaultArn = (account: string, name: string) =>
    `arn:aws:backup:${region}:${account}:backup-vault:${name}`;
  const withEntry = (account: string, name: string) => ({
    accessEntries: [...usualEntries(account, name), backupEntry(account)],
  });
  return {
    // As it should be: a key of one's own, and copies in an account of the organisation.
    'platform-core': {
      cluster: {
        ...withEntry(platformProd, 'platform-core'),
        backups: nightlyBackups(platform, 'platform-core', nightly, toVaultArn(audit, 'vaulted')),
      },
      keys: [platformKey],
      findings: [],
    },
    'platform-edge': {
      cluster: {
        ...withEntry(platformProd, 'platform-edge'),
        backups: nightlyBackups(platform, 'platform-edge', partnered),
      },
      findings: [fail(isSealed, 'low', partnered.BackupVaultArn)],
    },
    'payments-settlement': {
      cluster: {
        ...withEntry(paymentsProd, 'payments-settlement'),
        backups: nightlyBackups(payments, 'payments-settlement', byDefault),
      },
      keys: [defaultKey],
      findings: [fail(isSealed, 'high', byDefault.BackupVaultArn)],
    },
    'data-lake': {
      cluster: {
        ...withEntry(data, 'data-lake'),
        backups: nightlyBackups(lake, 'data-lake', ofLake, toVaultArn(partner, 'analytics')),
      },
      keys: [lakeKey],
      findings: [fail(isSealed, 'high', toVaultArn(partner, 'analytics'))],
    },
  };
};

/** Adds them to the clusters of a company, and what a scan must say of them. */
export const withWaysOut = (company: Scenario, now: Date): Scenario => {
  const ways = { ...accessWays(), ...backupWays(now) };
  return {
    ...company,
    clusters: company.clusters.map((cluster) => ({ ...cluster, ...ways[cluster.name]?.cluster })),
    keys: [...company.keys, ...Object.values(ways).flatMap(({ keys = [] }) => keys)],
    findings: [
      ...company.findings,
      ...Object.entries(ways).flatMap(([cluster, { findings }]) =>
        findings.map((finding) => ({ ...finding, cluster })),
      ),
    ],
  };
};
