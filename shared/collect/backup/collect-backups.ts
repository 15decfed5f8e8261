/** AWS Backup's copies of a cluster's state. https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html */
import {
  type BackupClient,
  CopyJobState,
  paginateListCopyJobs,
  paginateListRecoveryPointsByResource,
} from '@aws-sdk/client-backup';
import type { KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { parseArn } from '../../evidence/arn.ts';
import { type BackupVault, type ClusterBackups, clusterBackups } from '../../evidence/backup.ts';
import { type Fact, isKnown, type MissingPart, toKnown } from '../../evidence/fact.ts';
import { timestamp } from '../../evidence/timestamp.ts';
import { askOnce } from '../ask-once.ts';
import { collectPages } from '../collect-fact.ts';
import { collectVault } from './collect-vault.ts';

const perPage = 1000;

export interface BackupPlace {
  partition: string;
  account: string;
  region: string;
  /** Copies may lie in other Regions of the account. */
  openBackup: (region: string) => BackupClient;
  openKms: (region: string) => KMSClient;
}

const recoveryPoint = z.object({
  RecoveryPointArn: z.string(),
  BackupVaultName: z.string().optional(),
  Status: z.string().optional(),
  CreationDate: timestamp.optional(),
  EncryptionKeyArn: z.string().optional(),
});

const copyJob = z.object({
  DestinationBackupVaultArn: z.string().optional(),
  CompletionDate: timestamp.optional(),
});

type RecoveryPoint = ClusterBackups['recoveryPoints'][number];

/**
 * Gives a function that tells the backups of a cluster of the place, by its ARN. One request for a cluster without any;
 * each vault is read once for all clusters, and whoever may not ask is refused once.
 */
export const createBackupReader = (
  { partition, account, region, openBackup, openKms }: BackupPlace,
  abortSignal: AbortSignal,
): ((clusterArn: string) => Promise<Fact<ClusterBackups>>) => {
  const client = openBackup(region);

  const listRecoveryPoints = askOnce(async (clusterArn) => {
    const listing = await collectPages(
      'backup:ListRecoveryPointsByResource',
      paginateListRecoveryPointsByResource(
        { client, pageSize: perPage },
        { ResourceArn: clusterArn },
        { abortSignal },
      ),
      ({ RecoveryPoints = [] }) => z.array(recoveryPoint).parse(RecoveryPoints).map(toRecoveryPoint),
    );
    // A cluster that AWS Backup has never heard of.
    return !isKnown(listing) && listing.unknown === 'not-found' ? toKnown([]) : listing;
  });

  const listCopies = (clusterArn: string) =>
    collectPages(
      'backup:ListCopyJobs',
      paginateListCopyJobs(
        { client, pageSize: perPage },
        { ByResourceArn: clusterArn, ByState: CopyJobState.COMPLETED },
        { abortSignal },
      ),
      ({ CopyJobs = [] }) =>
        z
          .array(copyJob)
          .parse(CopyJobs)
          .flatMap(({ DestinationBackupVaultArn, CompletionDate }) =>
            DestinationBackupVaultArn
              ? {
                  destinationBackupVaultArn: DestinationBackupVaultArn,
                  ...(CompletionDate ? { completionDate: CompletionDate } : {}),
                }
              : [],
          ),
    );

  const vaults = new Map<string, Promise<BackupVault>>();
  const readVault = (arn: string): Promise<BackupVault> => {
    const { region: place = region, resource = '' } = parseArn(arn) ?? {};
    const name = resource.replace(/^backup-vault:/, '');
    const known =
      vaults.get(arn) ??
      collectVault(place === region ? client : openBackup(place), openKms(place), { name, arn }, abortSignal);
    vaults.set(arn, known);
    return known;
  };

  return async (clusterArn) => {
    const points = await listRecoveryPoints(clusterArn);
    if (!isKnown(points)) return points;
    if (points.value.length === 0)
      return toKnown({ recoveryPoints: [], copies: [], vaults: [] }, points.missing);
    const copies = await listCopies(clusterArn);
    const missing: MissingPart[] = [
      ...points.missing,
      ...(isKnown(copies)
        ? copies.missing
        : [{ what: `where backups were copied to: ${copies.detail}`, reason: copies.unknown }]),
    ];
    const sent = isKnown(copies) ? copies.value : [];
    const arns = new Set([
      ...points.value.flatMap(({ backupVaultName: name }) =>
        name ? `arn:${partition}:backup:${region}:${account}:backup-vault:${name}` : [],
      ),
      ...sent
        .map((copy) => copy.destinationBackupVaultArn)
        .filter((arn) => parseArn(arn)?.account === account),
    ]);
    return toKnown(
      clusterBackups.parse({
        recoveryPoints: toNewest(
          points.value,
          (point) => `${point.backupVaultName} ${point.encryptionKeyArn}`,
          (point) => point.creationDate,
        ),
        copies: toNewest(
          sent,
          (copy) => copy.destinationBackupVaultArn,
          (copy) => copy.completionDate,
        ),
        vaults: await Promise.all([...arns].sort().map(readVault)),
      }),
      missing,
    );
  };
};

const toRecoveryPoint = (point: z.infer<typeof recoveryPoint>): RecoveryPoint => ({
  recoveryPointArn: point.RecoveryPointArn,
  backupVaultName: point.BackupVaultName,
  status: point.Status,
  creationDate: point.CreationDate,
  encryptionKeyArn: point.EncryptionKeyArn,
});

/** Of each name the newest, in the order of the names. */
const toNewest = <One>(
  ones: readonly One[],
  toName: (one: One) => string,
  toDate: (one: One) => string | undefined,
): One[] =>
  [...Map.groupBy(ones, toName)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(
      ([, alike]) => alike.toSorted((a, b) => ((toDate(a) ?? '') > (toDate(b) ?? '') ? -1 : 1))[0] ?? [],
    );
