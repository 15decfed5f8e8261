import { z } from 'zod';
import { type Fact, toKnown } from '../../evidence/fact.ts';
import type { BackupLocation } from '../../evidence/kubernetes/backup-location.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RefusedError } from './kubernetes-error.ts';
import { listObjects, toItemsOf } from './list-objects.ts';
import { maybe, namespacedMetadata, toListPath } from './wire.ts';

const text = maybe(z.string());

export const locationOfWire = z
  .object({
    metadata: namespacedMetadata,
    spec: z.object({
      provider: text,
      objectStorage: maybe(z.object({ bucket: text, prefix: text })),
      config: maybe(
        z.object({
          kmsKeyId: text,
          region: text,
          serverSideEncryption: text,
          customerKeyEncryptionFile: text,
          customerKeyEncryptionSecret: text,
          s3Url: text,
        }),
      ),
    }),
  })
  .transform(
    ({ metadata: { namespace, name }, spec: { provider, objectStorage, config } }): BackupLocation => ({
      namespace,
      name,
      provider,
      bucket: objectStorage?.bucket,
      prefix: objectStorage?.prefix,
      kmsKeyId: config?.kmsKeyId || undefined,
      region: config?.region || undefined,
      serverSideEncryption: config?.serverSideEncryption || undefined,
      sendsOwnKey:
        Boolean(config?.customerKeyEncryptionFile || config?.customerKeyEncryptionSecret) || undefined,
      otherHost: config?.s3Url ? toOtherHost(config.s3Url) : undefined,
    }),
  );

/** AWS's own may be given, too. */
const toOtherHost = (s3Url: string): string | undefined => {
  const host = URL.parse(s3Url)?.host ?? 'no address';
  return /\.amazonaws\.(com(\.cn)?|eu)$/.test(host) ? undefined : host;
};

/** Where Velero keeps its backups; none where nobody installed it. */
export const collectBackupLocations = async (
  api: KubernetesApi,
  namespace?: string,
): Promise<Fact<BackupLocation[]>> => {
  const path = toListPath('velero.io/v1', 'backupstoragelocations', namespace);
  let isInstalled = true;
  const get: KubernetesApi['get'] = async (...asked) => {
    try {
      return await api.get(...asked);
    } catch (error) {
      if (error instanceof RefusedError && error.isAbsent) isInstalled = false;
      throw error;
    }
  };
  const what = 'list backupstoragelocations.velero.io';
  const fact = await listObjects({ ...api, get }, { what, path, toItems: toItemsOf(locationOfWire) });
  return isInstalled ? fact : toKnown([]);
};
