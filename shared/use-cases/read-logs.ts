import { settleMilliseconds } from '../activity/day-parts.ts';
import type { Reading } from '../activity/history.ts';
import { collectFromLogFiles, type LogReadings, type LogSource } from '../collect/cloudtrail/log-files.ts';
import { toWatchedKey } from '../collect/cloudtrail/lookup-key.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import { type Readings, readKeys } from './collect-events.ts';
import type { CollectOptions } from './collect-run.ts';
import { openCallersS3 } from './open-callers-s3.ts';

export type LogLocation =
  /** `isWhole`: the time that is asked for is what the folder holds. */
  | { kind: 'folder'; path: string; isWhole: boolean }
  /** The prefix is what stands before `AWSLogs/`. */
  | { kind: 'bucket'; bucket: string; prefix: string };

/** Reads the log files of a time once, for all keys of a run; gives what they tell of each, by ARN. */
export const readLogs = async (
  store: Store,
  aws: Aws,
  { id: run, events }: RunStart,
  homes: readonly string[],
  location: LogLocation,
  options: Pick<CollectOptions, 'signal' | 'isGentle' | 'onProgress' | 'onNotice'>,
): Promise<Readings> => {
  const { onProgress, onNotice, ...how } = options;
  const keys = (await Promise.all(homes.map((home) => readKeys(store, run, home)))).flat();
  if (keys.length === 0) return new Map();
  const now = toNow();
  const { readings, counts, warning } = await collectFromLogFiles(
    await openSource(aws, location),
    keys.map(toWatchedKey),
    { from: events?.use?.from ?? now, to: now },
    { ...how, now, onProgress: (done, total) => onProgress?.({ step: 'logs', done, total }) },
  );
  const notice = warning ?? toNotice(counts);
  if (notice !== undefined && !how.signal.aborted) onNotice?.(`log files: ${notice}`);
  const isWhole = location.kind === 'folder' && location.isWhole;
  return isWhole ? new Map([...readings].map(([arn, reading]) => [arn, toHeld(reading)])) : readings;
};

/** A folder's time begins with its first file of the key's account and Region; without one, all of it is a gap. */
const toHeld = (reading: Reading): Reading => {
  const before = reading.gaps.find(
    ({ from, reason }) => from === reading.from && reason === 'incomplete-window',
  );
  const isBlind = before && Date.parse(before.to) + settleMilliseconds >= Date.parse(reading.to);
  if (!before || isBlind) return reading;
  return { ...reading, from: before.to, gaps: reading.gaps.filter((gap) => gap !== before) };
};

/** What of the files is damaged; their names and times are gaps of the evidence. */
const toNotice = ({ read, unreadable, broken }: LogReadings['counts']): string | undefined =>
  unreadable + broken > 0
    ? `of ${read}, ${unreadable} could not be read whole, and ${broken} records about a key are not of CloudTrail’s shape`
    : undefined;

/** A trail's bucket is mostly the organisation's: the caller reads it. */
const openSource = async (aws: Aws, location: LogLocation): Promise<LogSource> =>
  location.kind === 'folder' ? location : { ...location, client: await openCallersS3(aws) };
