import { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { collectBucketEncryption } from '../collect/s3/collect-bucket-encryption.ts';
import { isKnown } from '../evidence/fact.ts';
import { type BackupLocation, isInS3, isSealedByDefault } from '../evidence/kubernetes/backup-location.ts';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import type { Aws } from '../runtime/aws.ts';

const bucketsAtOnce = 2;

/** Adds by what the buckets of Velero's backups encrypt. One with a key of its own choice is not asked for its default. */
export const readBuckets = async (
  aws: Pick<Aws, 'open' | 'getAccess'>,
  { account, region }: { account: string; region: string },
  locations: KubernetesEvidence['backupLocations'],
  signal: AbortSignal,
): Promise<KubernetesEvidence['backupLocations']> => {
  if (!isKnown(locations) || !locations.value.some(isToAsk)) return locations;
  const client = aws.open(S3Client, await aws.getAccess(account), region, { followRegionRedirects: true });
  const value = await pMap(
    locations.value,
    async (location) => {
      const { bucket } = location;
      if (bucket === undefined || !isToAsk(location)) return location;
      return { ...location, bucketEncryption: await collectBucketEncryption(client, bucket, signal) };
    },
    { concurrency: bucketsAtOnce },
  );
  return { ...locations, value };
};

const isToAsk = (location: BackupLocation): boolean =>
  location.bucket !== undefined && isInS3(location) && isSealedByDefault(location);
