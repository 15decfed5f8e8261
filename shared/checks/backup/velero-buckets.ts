import { isKnown, toUnknown, type Unknown } from '../../evidence/fact.ts';
import { type BackupLocation, isInS3, isSealedByDefault } from '../../evidence/kubernetes/backup-location.ts';

/** A bucket of Velero's backups, and what seals them there: a key of somebody's, or none. */
export interface VeleroBucket {
  bucket: string;
  /** The storage locations that have nothing better. */
  locations: string[];
  sealing: { key: string | null; isCustomers: boolean } | Unknown;
}

/** The buckets of S3 among Velero's storage locations, each with the worst that seals anything there, sorted. */
export const toVeleroBuckets = (locations: readonly BackupLocation[]): VeleroBucket[] => {
  const ofS3 = locations.flatMap((location) =>
    location.bucket && isInS3(location)
      ? {
          bucket: location.bucket,
          name: `${location.namespace}/${location.name}`,
          sealing: toSealing(location),
        }
      : [],
  );
  return [...Map.groupBy(ofS3, ({ bucket }) => bucket)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([bucket, all]) => {
      const worst =
        all.find(({ sealing }) => 'isCustomers' in sealing && !sealing.isCustomers) ??
        all.find(({ sealing }) => 'unknown' in sealing) ??
        all[0];
      if (!worst) return [];
      const same = all.filter(({ sealing }) => JSON.stringify(sealing) === JSON.stringify(worst.sealing));
      return { bucket, locations: same.map(({ name }) => name).sort(), sealing: worst.sealing };
    });
};

/** A location's own key comes before the bucket's. Without one named, S3 encrypts with keys of its own, or KMS with AWS's. */
const toSealing = (location: BackupLocation): VeleroBucket['sealing'] => {
  const { kmsKeyId, sendsOwnKey, bucketEncryption } = location;
  if (kmsKeyId) return { key: kmsKeyId, isCustomers: !isAliasOfAws(kmsKeyId) };
  if (!isSealedByDefault(location)) return { key: null, isCustomers: sendsOwnKey === true };
  if (!bucketEncryption) return toUnknown('failed', 'the bucket was not asked');
  if (!isKnown(bucketEncryption)) return bucketEncryption;
  const { sseAlgorithm = '', kmsMasterKeyId } = bucketEncryption.value;
  const key = sseAlgorithm.startsWith('aws:kms') ? (kmsMasterKeyId ?? null) : null;
  return { key, isCustomers: key !== null && !isAliasOfAws(key) };
};

/** The alias of a key that AWS manages, such as alias/aws/s3. */
const isAliasOfAws = (key: string): boolean => /(^|:)alias\/aws\//.test(key);
