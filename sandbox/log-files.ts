/**
 * The log files that a fleet's trails have delivered, in CloudTrail's layout: made when they are asked for. Events come
 * out of order, now and then late or twice. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
import { constants, gzipSync } from 'node:zlib';
import { historyDays, streamsAt } from './event-history.ts';
import { toNumbers } from './fleets/events/event-ids.ts';
import type { CloudTrailRecord, Fleet, SandboxTrail } from './fleets/fleet.ts';
import { reachesAccount } from './fleets/trails.ts';

const minuteMilliseconds = 60_000;
const dayMilliseconds = 86_400_000;
const slotMilliseconds = 60 * minuteMilliseconds;

/** One file: the events of an hour of one account and Region. */
export type LogFile = { name: string; account: string; region: string; from: number; to: number };

export type LogBucket = {
  names(): string[];
  get(name: string): Buffer | undefined;
};

const toRandomName = (number: number, more: number): string =>
  (number.toString(36) + more.toString(36)).padEnd(16, 'x').slice(0, 16);

const toFileName = (
  fleet: Fleet,
  trail: SandboxTrail,
  { account, region, from, to }: Omit<LogFile, 'name'>,
) => {
  // A file is delivered some minutes after its last event, so midnight's lies in the next day's folder.
  const delivered = new Date(Math.min(to + 4 * minuteMilliseconds, fleet.history?.until.getTime() ?? to))
    .toISOString()
    .replace(/[-:]/g, '');
  const organization = trail.IsOrganizationTrail === true ? `${fleet.organization?.id}/` : '';
  const prefix = trail.S3KeyPrefix === undefined ? '' : `${trail.S3KeyPrefix}/`;
  const day = `${delivered.slice(0, 4)}/${delivered.slice(4, 6)}/${delivered.slice(6, 8)}`;
  const random = toNumbers(`file ${account} ${region}`);
  const slot = Math.floor(from / slotMilliseconds);
  return `${prefix}AWSLogs/${organization}${account}/CloudTrail/${region}/${day}/${account}_CloudTrail_${region}_${delivered.slice(0, 13)}Z_${toRandomName(random(slot), random(slot, 1))}.json.gz`;
};

/** Whether a trail keeps an event, by its basic selectors; advanced ones of the sandbox keep all management events. */
const keeps = ({ selectors }: SandboxTrail, { eventSource, readOnly }: CloudTrailRecord): boolean =>
  selectors.EventSelectors?.some(
    ({ ReadWriteType = 'All', IncludeManagementEvents = true, ExcludeManagementEventSources = [] }) =>
      IncludeManagementEvents &&
      !ExcludeManagementEventSources.includes(eventSource) &&
      (ReadWriteType === 'All' || (ReadWriteType === 'ReadOnly') === readOnly),
  ) ?? true;

/** From when to when a trail delivered. */
const toDelivery = ({ status }: SandboxTrail, until: number) => ({
  since: until - historyDays * dayMilliseconds,
  stoppedAt: status.IsLogging === true ? until : (status.StopLoggingTime?.getTime() ?? 0),
});

/** The files that a trail has delivered. */
export const listFiles = (fleet: Fleet, trail: SandboxTrail): LogFile[] => {
  const until = fleet.history?.until.getTime() ?? 0;
  const { since, stoppedAt } = toDelivery(trail, until);
  const members = fleet.accounts.filter(({ id, isOutside }) => reachesAccount(trail, id, isOutside !== true));
  const isKept = (account: string, region: string) =>
    members.some(({ id }) => id === account) &&
    (trail.IsMultiRegionTrail === true || trail.HomeRegion === region);
  const places = new Map(
    (fleet.history?.streams ?? [])
      .filter(({ account, region }) => isKept(account, region))
      .map(({ account, region }) => [`${account}/${region}`, { account, region }]),
  );
  return [...places.values()].flatMap((place) => {
    const files: LogFile[] = [];
    for (
      let from = Math.floor(since / slotMilliseconds) * slotMilliseconds;
      from < stoppedAt;
      from += slotMilliseconds
    ) {
      const file = { ...place, from, to: Math.min(from + slotMilliseconds, stoppedAt) };
      files.push({ ...file, name: toFileName(fleet, trail, file) });
    }
    return files;
  });
};

/** Every eighth file is followed by one that brings some of its events late, and one of them a second time. */
const lateEach = 8;
const isLate = ({ eventID }: CloudTrailRecord): boolean => eventID.charCodeAt(0) % 9 === 0;

const toRecords = (fleet: Fleet, trail: SandboxTrail, { account, region, from, to }: LogFile) => {
  const streams = streamsAt(fleet, account, region);
  const kept = (begin: number, end: number) =>
    streams.flatMap((stream) => stream.between(begin, end)).filter((record) => keeps(trail, record));
  const slot = Math.floor(from / slotMilliseconds);
  const own = kept(from, to);
  // The last file before now has no successor yet that could bring what it left out.
  const isWhole = slot % lateEach !== 0 || to - from < slotMilliseconds;
  const onTime = isWhole ? own : own.filter((record) => !isLate(record));
  const before = slot % lateEach === 1 ? kept(from - slotMilliseconds, from) : [];
  const late = before.filter(isLate);
  const twice = before.filter((record) => !isLate(record)).slice(0, 1);
  // Out of order, but the same each time: by their ids, which say nothing of their time.
  return [...onTime, ...late, ...twice].sort((a, b) => (a.eventID < b.eventID ? -1 : 1));
};

/** What a file holds. */
export const toBytes = (fleet: Fleet, trail: SandboxTrail, file: LogFile): Buffer =>
  gzipSync(JSON.stringify({ Records: toRecords(fleet, trail, file) }), { level: constants.Z_BEST_SPEED });

/** Takes a fleet; gives the buckets of its trails. Files are listed once somebody looks, and kept once they are made. */
export const toLogBuckets = (fleet: Fleet): Map<string, LogBucket> => {
  const trails = fleet.trails ?? [];
  return new Map(
    trails.map(({ S3BucketName: name }) => [
      name,
      toLogBucket(
        fleet,
        trails.filter((trail) => trail.S3BucketName === name),
      ),
    ]),
  );
};

const toLogBucket = (fleet: Fleet, trails: SandboxTrail[]): LogBucket => {
  let files: Map<string, { trail: SandboxTrail; file: LogFile }> | undefined;
  const getFiles = () => {
    files ??= new Map(
      trails.flatMap((trail) => listFiles(fleet, trail).map((file) => [file.name, { trail, file }] as const)),
    );
    return files;
  };
  const made = new Map<string, Buffer>();
  return {
    names: () => [...getFiles().keys()],
    get: (name) => {
      const found = getFiles().get(name);
      if (found === undefined) return undefined;
      const bytes = made.get(name) ?? toBytes(fleet, found.trail, found.file);
      made.set(name, bytes);
      return bytes;
    },
  };
};
