/** What has happened, read from a fleet's streams: in the order of time, or backwards as CloudTrail looks it up. */
import type { KeyLastUsageData } from '@aws-sdk/client-kms';
import type { CloudTrailRecord, EventStream, Fleet } from './fleets/fleet.ts';

const dayMilliseconds = 86_400_000;
/** LookupEvents knows the last 90 days. */
export const historyDays = 90;

/** A fleet's streams of one account and Region. */
export const streamsAt = ({ history }: Fleet, account: string, region: string): EventStream[] =>
  (history?.streams ?? []).filter((stream) => stream.account === account && stream.region === region);

const byTime = (a: CloudTrailRecord, b: CloudTrailRecord): number =>
  a.eventTime === b.eventTime ? (a.eventID < b.eventID ? -1 : 1) : a.eventTime < b.eventTime ? -1 : 1;

/** The events of streams from one moment to another, in milliseconds, without the end; the oldest first. */
export const eventsBetween = (streams: EventStream[], from: number, to: number): CloudTrailRecord[] =>
  streams.flatMap((stream) => stream.between(from, to)).sort(byTime);

/** Gives the events of streams the newest first, a day at a time, as far as they are asked for. */
export function* eventsBackwards(
  streams: EventStream[],
  from: number,
  to: number,
): Generator<CloudTrailRecord, void> {
  for (let end = to; end > from; end -= dayMilliseconds)
    yield* eventsBetween(streams, Math.max(from, end - dayMilliseconds), end).reverse();
}

/** The cryptographic calls of the sandbox's histories. */
const operations = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'] as const;
const findOperation = (name: string) => operations.find((operation) => operation === name);

/** The last cryptographic call on a key that KMS did not refuse, or none in the history. */
const findLastUse = (streams: EventStream[], until: Date): CloudTrailRecord | undefined => {
  const to = until.getTime();
  const isUse = ({ eventName, errorCode }: CloudTrailRecord) =>
    errorCode === undefined && findOperation(eventName) !== undefined;
  // Most keys were used within the hour: only the others are worth a longer look.
  for (const days of [1 / 12, historyDays])
    for (const record of eventsBackwards(streams, to - days * dayMilliseconds, to))
      if (isUse(record)) return record;
  return undefined;
};

/** Takes a fleet and a key; gives what GetKeyLastUsage says, or undefined where the fleet tells no history of the key. */
export const getLastUsage = (fleet: Fleet, keyArn: string): KeyLastUsageData | undefined => {
  const [, , , region = '', account = ''] = keyArn.split(':');
  const streams = streamsAt(fleet, account, region).filter((stream) => stream.keyArn === keyArn);
  if (fleet.history === undefined || streams.length === 0) return undefined;
  const last = findLastUse(streams, fleet.history.until);
  return last === undefined
    ? {}
    : {
        Operation: findOperation(last.eventName),
        Timestamp: new Date(last.eventTime),
        CloudTrailEventId: last.eventID,
        KmsRequestId: String(last.requestID),
      };
};
