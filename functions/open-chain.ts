/** The chain of manifests in the runs bucket, for the one function that writes and signs them. */
import { getSetting } from '../shared/runtime/lambda.ts';
import { openS3Files } from '../shared/store/s3-files.ts';
import { createS3Store } from '../shared/store/s3-store.ts';
import { openSigner } from '../shared/store/signer.ts';
import type { Chain } from '../shared/use-cases/write-manifest.ts';

export const openChain = (): Chain => {
  const bucket = getSetting('RUNS_BUCKET');
  const mode = getSetting('MANIFEST_LOCK');
  const key = getSetting('SIGNING_KEY_ARN');
  const lock = mode === '' ? undefined : { mode, days: getSetting('MANIFEST_LOCK_DAYS') };
  return {
    files: openS3Files(bucket),
    locked: createS3Store(bucket, undefined, lock),
    signer: key === '' ? undefined : openSigner(key),
    retentionDays: getSetting('RUN_RETENTION_DAYS'),
    lateAfterHours: getSetting('LATE_AFTER_HOURS'),
  };
};
