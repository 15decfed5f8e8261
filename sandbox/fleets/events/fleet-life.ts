/** The ordinary life of a fleet's clusters and keys. */
import type { EventStream, SandboxCluster, SandboxKey } from '../fleet.ts';
import { backups, terraformRuns, volumes } from './account-life.ts';
import { type HeartbeatOptions, healthChecks, heartbeat, readsOfKmsV1 } from './cluster-life.ts';
import { noise } from './noise.ts';

/** What is special about one cluster. */
export type ClusterLife = HeartbeatOptions & {
  /** When its key was last of use. */
  usableUntil?: Date;
  mayListGrants?: boolean;
  mayDescribeKey?: boolean;
};

const isKmsV1 = ({ version = '' }: SandboxCluster): boolean => Number(version.split('.')[1]) < 28;

const contextOf = ({ grants }: SandboxKey, { name }: SandboxCluster) =>
  grants.find(({ Name }) => Name === `eks-grant-${name}`)?.Constraints?.EncryptionContextEquals;

/** A cluster's own calls on its key: the control plane's under the context of its grant, and its role's looks at the key. */
export const clusterLife = (
  cluster: SandboxCluster,
  key: SandboxKey,
  now: Date,
  { usableUntil = now, mayListGrants, mayDescribeKey, ...options }: ClusterLife = {},
): EventStream[] => {
  const { Arn } = key.metadata;
  const since = cluster.createdAt?.getTime() ?? 0;
  const span = { since, until: usableUntil.getTime() };
  const context = contextOf(key, cluster);
  const checks = healthChecks(
    Arn,
    cluster.roleArn ?? '',
    { since, until: now.getTime() },
    { mayListGrants, mayDescribeKey },
  );
  if (context === undefined) return checks;
  return [
    heartbeat(Arn, context, span, options),
    ...(isKmsV1(cluster) ? [readsOfKmsV1(Arn, context, span)] : []),
    ...checks,
  ];
};

/** Volumes and backups, where the key has their grants. */
export const storageLife = ({ metadata, grants, aliases }: SandboxKey, now: Date): EventStream[] => {
  const span = { until: now.getTime() };
  const hasContext = (name: string) =>
    grants.some(({ Constraints }) => Constraints?.EncryptionContextSubset?.[name] !== undefined);
  const vault = (aliases[0] ?? '').replace('alias/', '');
  return [
    ...(hasContext('aws:ebs:id') ? [volumes(metadata.Arn, span)] : []),
    ...(hasContext('aws:backup:backup-vault') ? [backups(metadata.Arn, vault, span)] : []),
  ];
};

/** Terraform's looks at keys, and the noise of every place that has a key. */
export const surroundings = (keys: SandboxKey[], now: Date): EventStream[] => {
  const span = { until: now.getTime() };
  const byPlace = new Map(keys.map(({ metadata: { Arn } }) => [Arn.split(':').slice(3, 5).join('/'), Arn]));
  return [...byPlace].flatMap(([place, keyArn]) => {
    const [region = '', account = ''] = place.split('/');
    return [...noise({ account, region }, span, keyArn), terraformRuns(keyArn, span)];
  });
};
