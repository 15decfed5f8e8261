/** The payment clusters: keys that are gone, going or disabled, imported material, and a custom key store. */
import type { ClusterIssueCode } from '@aws-sdk/client-eks';
import type { KeyMetadata, RotationsListEntry } from '@aws-sdk/client-kms';
import { cluster, keyFamily, type Site, toKeyArn } from '../build.ts';
import { eksGrant } from '../grants.ts';
import { daysBefore, toUuid } from '../names.ts';
import { fail, type Scenario, scenario, sealed, unknown, unsealed } from '../scenario.ts';
import { accountIds } from './accounts.ts';

const messages: Partial<Record<ClusterIssueCode, string>> = {
  KmsKeyDisabled: 'The KMS key of the cluster is disabled.',
  KmsKeyMarkedForDeletion: 'The KMS key of the cluster is marked for deletion.',
  KmsKeyNotFound: 'The KMS key of the cluster could not be found.',
  KmsGrantRevoked: "EKS's grant on the KMS key of the cluster was revoked.",
};

const withIssue = (code: ClusterIssueCode, keyArn: string) => ({
  health: { issues: [{ code, message: messages[code], resourceIds: [keyArn] }] },
});

const toOwnKeyArn = (site: Site, name: string) => toKeyArn(site, toUuid(`key ${site.account} ${name}`));

const rotatedOnDemand = (now: Date, days: number): RotationsListEntry[] => [
  { RotationDate: daysBefore(now, days), RotationType: 'ON_DEMAND' },
];

const unusableKeys = (site: Site): Scenario[] => {
  const { now } = site;
  const withState = (name: string, metadata: Partial<KeyMetadata>, code: ClusterIssueCode) =>
    sealed(
      site,
      name,
      { key: { metadata }, cluster: withIssue(code, toOwnKeyArn(site, name)) },
      fail('key-is-usable', 'critical'),
      fail('cluster-reports-no-key-issue', 'critical'),
    );
  const gone = toOwnKeyArn(site, 'payments-archive');
  return [
    withState(
      'payments-api',
      { KeyState: 'PendingDeletion', DeletionDate: daysBefore(now, -9) },
      'KmsKeyMarkedForDeletion',
    ),
    withState('payments-ledger', { KeyState: 'Disabled' }, 'KmsKeyDisabled'),
    unsealed(
      site,
      'payments-archive',
      { keyArn: gone, ...withIssue('KmsKeyNotFound', gone) },
      fail('key-is-usable', 'critical'),
      fail('cluster-reports-no-key-issue', 'critical'),
    ),
    sealed(
      site,
      'payments-webhooks',
      { key: { grants: [] }, cluster: withIssue('KmsGrantRevoked', toOwnKeyArn(site, 'payments-webhooks')) },
      fail('cluster-reports-no-key-issue', 'critical'),
      fail('cluster-grant-is-in-place', 'medium'),
    ),
    sealed(
      site,
      'payments-migration',
      { key: { metadata: { KeyState: 'Updating' } } },
      unknown('key-is-usable'),
    ),
  ];
};

/** A primary that waits for its replica to go before it goes itself. */
const leavingFamily = (site: Site): Scenario => {
  const name = 'payments-primary';
  const keys = keyFamily(
    site,
    name,
    ['us-east-1'],
    {
      grants: [eksGrant(name, site.account, site.region)],
      metadata: { KeyState: 'PendingReplicaDeletion', PendingDeletionWindowInDays: 30 },
    },
    { metadata: { KeyState: 'PendingDeletion', DeletionDate: daysBefore(site.now, -5) } },
  );
  const [primary, ...replicas] = keys;
  return scenario(
    name,
    { clusters: [cluster(site, name, { keyArn: primary.metadata.Arn })], keys },
    fail('key-is-usable', 'critical'),
    ...replicas.map(({ metadata }) => fail('key-replicas-are-expected', 'high', metadata.Arn)),
  );
};

const importedKeys = (site: Site): Scenario[] => {
  const { now } = site;
  const imported = (metadata: Partial<KeyMetadata>, rotatedDaysAgo: number) => ({
    metadata: { Origin: 'EXTERNAL', ...metadata } as const,
    rotation: { KeyRotationEnabled: false },
    rotations: rotatedOnDemand(now, rotatedDaysAgo),
  });
  const expiring = { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: daysBefore(now, -12) } as const;
  const expired = { ...expiring, ValidTo: daysBefore(now, 3), KeyState: 'PendingImport' } as const;
  const lasting = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;
  return [
    sealed(
      site,
      'payments-risk',
      { key: imported(expiring, 40) },
      fail('key-material-does-not-expire', 'high'),
    ),
    sealed(
      site,
      'payments-cards',
      { key: imported(expired, 40) },
      fail('key-is-usable', 'critical'),
      fail('key-material-does-not-expire', 'high'),
    ),
    sealed(
      site,
      'payments-settlement',
      { key: imported({ ...lasting, CreationDate: daysBefore(now, 900) }, 800) },
      fail('key-rotates', 'low'),
    ),
  ];
};

/** Everything of payments-prod. */
export const paymentsScenarios = (now: Date): Scenario[] => {
  const site = { account: accountIds.paymentsProd, region: 'eu-central-1', now };
  const hsm = {
    rotation: { KeyRotationEnabled: false },
    metadata: { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890abcdef0' },
  } as const;
  return [
    ...unusableKeys(site),
    leavingFamily(site),
    ...importedKeys(site),
    sealed(site, 'payments-hsm', { key: hsm }),
    sealed(
      site,
      'payments-reports',
      { key: { ...hsm, metadata: { ...hsm.metadata, KeyState: 'Unavailable' } } },
      fail('key-is-usable', 'critical'),
    ),
  ];
};
