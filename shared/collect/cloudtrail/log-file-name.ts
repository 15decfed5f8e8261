/**
 * What the name of a log file tells: `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_RANDOM.json.gz`.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export interface NamedFile {
  account: string;
  region: string;
  /** When it was delivered: its events are older, most of them by minutes. */
  deliveredAt: number;
}

const pattern =
  /^(?<account>\d{12})_CloudTrail_(?<region>[a-z0-9-]+)_(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T(?<hour>\d\d)(?<minute>\d\d)Z_[^/]*\.json(\.gz)?$/;

/** Takes a path or an object's name; gives what it tells, or undefined where it is not named as CloudTrail names. */
export const parseFileName = (path: string): NamedFile | undefined => {
  const groups = pattern.exec(path.slice(path.lastIndexOf('/') + 1))?.groups;
  if (!groups) return undefined;
  const { account = '', region = '', year, month, day, hour, minute } = groups;
  const deliveredAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(deliveredAt) ? undefined : { account, region, deliveredAt };
};

/** Files beside the logs that hold no events: hashes of log files, and what CloudTrail noticed itself. */
const isOfAnotherKind = (path: string): boolean => /CloudTrail-(Digest|Insight)/.test(path);

export const isLogFile = (path: string): boolean => /\.json(\.gz)?$/i.test(path) && !isOfAnotherKind(path);

/** Events come within the quarter of an hour before their file, as a rule; late ones up to two hours. */
export const mostDelayMilliseconds = 2 * 3_600_000;
export const usualDelayMilliseconds = 15 * 60_000;
const minuteMilliseconds = 60_000;

/** Whether a file may hold events of a time, both ends in milliseconds: its name tells the minute alone. */
export const mayHold = ({ deliveredAt }: NamedFile, from: number, to: number): boolean =>
  deliveredAt + minuteMilliseconds > from && deliveredAt < to + mostDelayMilliseconds;
