import { collectFromLogFiles, type LogSource } from '../collect/cloudtrail/log-files.ts';
import { toWatchedKey } from '../collect/cloudtrail/lookup-key.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import { type Readings, readKeys } from './collect-events.ts';
import type { Progress } from './collect-run.ts';

export type LogLocation =
  | { kind: 'folder'; path: string }
  /** The prefix is what stands before `AWSLogs/`. */
  | { kind: 'bucket'; bucket: string; prefix: string };

/** Reads the log files of a time once, for all keys of a run; gives what they tell of each, by ARN. */
export const readLogs = async (
  store: Store,
  aws: Aws,
  { id: run, events }: RunStart,
  homes: readonly string[],
  location: LogLocation,
  options: { signal: AbortSignal; isGentle: boolean; onProgress?: (progress: Progress) => void },
): Promise<Readings> => {
  const { onProgress, ...how } = options;
  const keys = (await Promise.all(homes.map((home) => readKeys(store, run, home)))).flat();
  const now = toNow();
  const { readings } = await collectFromLogFiles(
    await openSource(aws, location),
    keys.map(toWatchedKey),
    { from: events?.use?.from ?? now, to: now },
    { ...how, now, onProgress: (done, total) => onProgress?.({ step: 'logs', done, total }) },
  );
  return readings;
};

/** A trail's bucket is mostly the organisation's: the caller reads it, and it may lie in any Region. */
const openSource = async (aws: Aws, location: LogLocation): Promise<LogSource> => {
  if (location.kind === 'folder') return location;
  const { S3Client } = await import('@aws-sdk/client-s3');
  const caller = await aws.getAccess(aws.caller.account);
  const client = new S3Client({
    ...aws.configure(caller, aws.region),
    followRegionRedirects: true,
    // Emulators answer under one name, as they do to the AWS CLI.
    forcePathStyle:
      process.env.AWS_ENDPOINT_URL_S3 !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });
  return { ...location, client };
};
