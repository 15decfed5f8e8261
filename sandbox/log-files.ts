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
const hourMilliseconds = 60 * minuteMilliseconds;
const dayMilliseconds = 24 * hourMilliseconds;

/**
 * A file tells of two hours, delivered four minutes after them. CloudTrail delivers each five minutes or so: whoever
 * reads weeks of a whole fleet has not the time for as many files.
 */
const slotMilliseconds = 2 * hourMilliseconds;
const delayMilliseconds = 4 * minuteMilliseconds;
/** After each eighth file comes another, with some of its last hour's events that were late, and one that it had. */
const lateEach = 8;
const lateMilliseconds = 44 * minuteMilliseconds;

/** One file of an account and Region: all events of a time, or those on time, or those that were late. */
export type LogFile = {
  name: string;
  account: string;
  region: string;
  from: number;
  to: number;
  part: 'whole' | 'on-time' | 'late';
};

export type LogBucket = {
  /** The names that begin so. */
  names(prefix: string): string[];
  get(name: string): Buffer | undefined;
};

const toRandomName = (number: number, more: number): string =>
  (number.toString(36) + more.toString(36)).padEnd(16, 'x').slice(0, 16);

/** Gives what names the files of an account and Region. */
const toNamer = (
  fleet: Fleet,
  trail: SandboxTrail,
  { account, region }: Pick<LogFile, 'account' | 'region'>,
) => {
  const organization = trail.IsOrganizationTrail === true ? `${fleet.organization?.id}/` : '';
  const prefix = trail.S3KeyPrefix === undefined ? '' : `${trail.S3KeyPrefix}/`;
  const folder = `${prefix}AWSLogs/${organization}${account}/CloudTrail/${region}`;
  const toRandoms = (part: LogFile['part']) => toNumbers(`file ${account} ${region} ${part}`);
  const randoms = { whole: toRandoms('whole'), 'on-time': toRandoms('on-time'), late: toRandoms('late') };
  return ({ from, to, part }: Pick<LogFile, 'from' | 'to' | 'part'>): string => {
    // The last file of a day lies in the next day's folder; the last of all tells what was until now.
    const at = to + (part === 'late' ? lateMilliseconds : delayMilliseconds);
    const delivered = new Date(Math.min(at, fleet.history?.until.getTime() ?? to))
      .toISOString()
      .replace(/[-:]/g, '');
    const day = `${delivered.slice(0, 4)}/${delivered.slice(4, 6)}/${delivered.slice(6, 8)}`;
    const random = randoms[part];
    const slot = Math.floor(from / slotMilliseconds);
    return `${folder}/${day}/${account}_CloudTrail_${region}_${delivered.slice(0, 13)}Z_${toRandomName(random(slot), random(slot, 1))}.json.gz`;
  };
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

/**
 * A slot ends with the hour that it is now: whoever reads whole days finds a file that was delivered soon after the
 * time that the reading begins with.
 */
const toPhase = (until: number): number =>
  (Math.ceil(until / hourMilliseconds) * hourMilliseconds) % slotMilliseconds;

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
  const slots: Pick<LogFile, 'from' | 'to' | 'part'>[] = [];
  const phase = toPhase(until);
  for (let slot = Math.floor((since - phase) / slotMilliseconds); ; slot += 1) {
    const from = phase + slot * slotMilliseconds;
    if (from >= stoppedAt) break;
    const to = Math.min(from + slotMilliseconds, stoppedAt);
    const isSplit = slot % lateEach === 0 && to + lateMilliseconds <= stoppedAt;
    if (isSplit) slots.push({ from, to, part: 'on-time' }, { from, to, part: 'late' });
    else slots.push({ from, to, part: 'whole' });
  }
  return [...places.values()].flatMap((place) => {
    const toName = toNamer(fleet, trail, place);
    return slots.map((slot) => ({ ...place, ...slot, name: toName(slot) }));
  });
};

type Day = { start: number; slots: Map<number, CloudTrailRecord[]> };
const lastDays = new WeakMap<Fleet, Map<string, Day>>();

/**
 * The events of a slot. Files are read day by day, and what happens over hours costs as much for a slot as for a day:
 * of each account and Region the day that was asked for last is kept.
 */
const readSlot = (fleet: Fleet, { account, region, from }: LogFile): CloudTrailRecord[] => {
  const days = lastDays.get(fleet) ?? new Map<string, Day>();
  lastDays.set(fleet, days);
  const start = from - ((from - toPhase(fleet.history?.until.getTime() ?? 0)) % dayMilliseconds);
  const place = `${account}/${region}`;
  const known = days.get(place);
  const day = known?.start === start ? known : toDay(fleet, account, region, start);
  days.set(place, day);
  return day.slots.get(Math.floor((from - start) / slotMilliseconds)) ?? [];
};

const toDay = (fleet: Fleet, account: string, region: string, start: number): Day => ({
  start,
  slots: Map.groupBy(
    streamsAt(fleet, account, region).flatMap((stream) => stream.between(start, start + dayMilliseconds)),
    ({ eventTime }) => Math.floor((Date.parse(eventTime) - start) / slotMilliseconds),
  ),
});

const toRecords = (fleet: Fleet, trail: SandboxTrail, file: LogFile) => {
  const { to, part } = file;
  const records = readSlot(fleet, file).filter(
    (record) => keeps(trail, record) && Date.parse(record.eventTime) < to,
  );
  const isLate = ({ eventID, eventTime }: CloudTrailRecord) =>
    eventID.charCodeAt(0) % 5 === 0 && Date.parse(eventTime) >= to - slotMilliseconds / 2;
  const onTime = records.filter((record) => !isLate(record));
  const late = [...records.filter(isLate), ...onTime.slice(0, 1)];
  const told = { whole: records, 'on-time': onTime, late }[part];
  // Out of order, but the same each time: by their ids, which say nothing of their time.
  return told.sort((a, b) => (a.eventID < b.eventID ? -1 : 1));
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

/** Where in a sorted list the first name stands that is not before the given one. */
const findFirst = (sorted: string[], name: string): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
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
  let sorted: string[] | undefined;
  return {
    names: (prefix) => {
      sorted ??= [...getFiles().keys()].sort();
      const first = findFirst(sorted, prefix);
      // No name has a sign as high as this one.
      return sorted.slice(first, findFirst(sorted, `${prefix}\uffff`));
    },
    get: (name) => {
      const found = getFiles().get(name);
      if (found === undefined) return undefined;
      const bytes = made.get(name) ?? toBytes(fleet, found.trail, found.file);
      made.set(name, bytes);
      return bytes;
    },
  };
};
