/** What has happened to the demo company's keys: the ordinary life of each, and what somebody did to some. */
import { backups } from '../events/account-life.ts';
import { createAlias, createGrant } from '../events/calls.ts';
import { type ClusterLife, clusterLife, storageLife, surroundings } from '../events/fleet-life.ts';
import { session } from '../events/identities.ts';
import { changed, outageOfScheduled } from '../events/incidents.ts';
import { noise } from '../events/noise.ts';
import { toEventTime } from '../events/record.ts';
import type { SandboxCluster, SandboxKey } from '../fleet.ts';
import { eksGrant } from '../grants.ts';
import { daysBefore } from '../names.ts';
import { accountIds } from './accounts.ts';
import { asRole, type Incident, type KeyFinder } from './incident.ts';
import { losses, lostDaysAgo, tampered } from './losses.ts';
import { openings } from './openings.ts';
import { uses } from './uses.ts';

/** What is special about a cluster's own life. */
const specialLife = (now: Date): Record<string, ClusterLife> => ({
  'staging-web': { mayListGrants: false },
  'data-core': { mayListGrants: false, mayDescribeKey: false },
  'platform-edge': { outage: outageOfScheduled(tampered(now)) },
  ...Object.fromEntries(
    Object.entries(lostDaysAgo).map(([name, days]) => [name, { usableUntil: daysBefore(now, days) }]),
  ),
});

/** A cluster of today, made by Terraform: the caller's grant to EKS is EKS's own doing. */
const creation = (now: Date, find: KeyFinder): Incident => {
  const { account, region } = { account: accountIds.data, region: 'eu-central-1' };
  const key = find('data-fresh').metadata;
  const made = key.CreationDate?.getTime() ?? now.getTime();
  const terraform = asRole(account, 'terraform', made, 'GitHubActions');
  const throughEks = session(`arn:aws:iam::${account}:role/terraform`, 'GitHubActions', toEventTime(made), {
    invokedBy: 'eks.amazonaws.com',
  });
  return {
    streams: [
      changed(createAlias(key.Arn, terraform, 'alias/data-fresh'), made + 60_000),
      changed(createGrant(key.Arn, throughEks, eksGrant('data-fresh', account, region)), made + 20 * 60_000),
    ],
    findings: [],
  };
};

const toIncidents = (now: Date, find: KeyFinder): Incident[] => [
  uses(now, find),
  openings(now, find),
  losses(now, find),
  creation(now, find),
];

/** Takes the demo's clusters and keys; gives what has happened to them, and what of it a scan must find. */
export const demoEvents = (clusters: SandboxCluster[], keys: SandboxKey[], now: Date): Incident => {
  const keysByArn = new Map(keys.map((key) => [key.metadata.Arn, key]));
  const keyOf = ({ encryptionConfig }: SandboxCluster) =>
    keysByArn.get(encryptionConfig?.[0]?.provider?.keyArn ?? '');
  const find = (name: string): SandboxKey => {
    const cluster = clusters.find((candidate) => candidate.name === name);
    const key = cluster === undefined ? undefined : keyOf(cluster);
    if (key === undefined) throw new Error(`The demo has no cluster ${name} with a key.`);
    return key;
  };
  const life = specialLife(now);
  const own = keys.filter(
    ({ metadata }) => metadata.KeyManager === 'CUSTOMER' && metadata.AWSAccountId !== accountIds.partner,
  );
  const shared = find('platform-blue').metadata.Arn;
  const incidents = toIncidents(now, find);
  return {
    streams: [
      ...clusters.flatMap((cluster) => {
        const key = keyOf(cluster);
        return key === undefined || key.metadata.KeyManager === 'AWS'
          ? []
          : clusterLife(cluster, key, now, life[cluster.name]);
      }),
      ...own.flatMap((key) => storageLife(key, now)),
      backups(shared, 'platform-shared', { until: now.getTime() }),
      ...surroundings(own, now),
      ...[accountIds.management, accountIds.audit].flatMap((account) =>
        noise({ account, region: 'eu-central-1' }, { until: now.getTime() }),
      ),
      ...incidents.flatMap(({ streams }) => streams),
    ],
    findings: incidents.flatMap(({ findings }) => findings),
  };
};
