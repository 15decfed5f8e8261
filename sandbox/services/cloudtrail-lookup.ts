/** LookupEvents: one account and Region's events of 90 days, the newest first, two requests a second. */
import type { LookupEventsRequest, LookupEventsResponse } from '@aws-sdk/client-cloudtrail';
import { AwsError } from '../aws-error.ts';
import { eventsBackwards, historyDays, streamsAt } from '../event-history.ts';
import type { CloudTrailRecord } from '../fleets/fleet.ts';
import { toHash } from '../fleets/names.ts';
import { toPageSize } from '../page.ts';
import type { Call } from '../service.ts';
import type { World } from '../world.ts';
import { anyStream, type Matcher, toEvent, toMatcher } from './cloudtrail-event.ts';

const requestsPerSecond = 2;
const secondMilliseconds = 1000;
const dayMilliseconds = 86_400_000;

type Bucket = { tokens: number; at: number };
/** A look-up that is being paged through: what was found of it so far, and where more comes from. */
type Reading = { found: CloudTrailRecord[]; more: Iterator<CloudTrailRecord, void> };
type Lookups = { buckets: Map<string, Bucket>; readings: Map<string, Reading> };

const lookups = new WeakMap<World, Lookups>();
const getLookups = (world: World): Lookups => {
  const found = lookups.get(world) ?? { buckets: new Map(), readings: new Map() };
  lookups.set(world, found);
  return found;
};

/** Two at once and two each second, as a token bucket counts: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
const requireRate = ({ caller, region, world }: Call): void => {
  const place = `${caller.account}/${region}`;
  const { buckets } = getLookups(world);
  const now = Date.now();
  const before = buckets.get(place) ?? { tokens: requestsPerSecond, at: now };
  // A machine's clock may be set back: that takes no token.
  const refilled = (Math.max(0, now - before.at) / secondMilliseconds) * requestsPerSecond;
  const tokens = Math.min(requestsPerSecond, before.tokens + refilled);
  buckets.set(place, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
  if (tokens < 1) throw new AwsError('ThrottlingException', 'Rate exceeded');
};

const requireAttribute = ({ LookupAttributes: given = [] }: LookupEventsRequest): Matcher => {
  const [only, ...more] = given;
  if (more.length > 0)
    throw new AwsError(
      'InvalidLookupAttributesException',
      'You can only lookup events using one attribute key-value pair.',
    );
  return only === undefined ? { isOf: anyStream, matches: () => true } : toMatcher(only);
};

/** From the first to the last whole second asked for, both included, within the history; in milliseconds, without its end. */
const requireTime = ({ StartTime, EndTime }: LookupEventsRequest, until: number) => {
  if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime)
    throw new AwsError('InvalidTimeRangeException', 'The start time must not be after the end time.');
  const to = EndTime === undefined ? until : Math.min(until, EndTime.getTime() + 1);
  return { from: Math.max(until - historyDays * dayMilliseconds, StartTime?.getTime() ?? 0), to };
};

/** A token goes only with the very parameters that it was given for; how many events a page holds may change. */
const toTokenStart = (input: LookupEventsRequest, parameters: string): number => {
  if (input.NextToken === undefined) return 0;
  const [of, start] = Buffer.from(input.NextToken, 'base64url').toString('utf8').split(' ');
  if (of !== parameters || !/^\d+$/.test(start ?? ''))
    throw new AwsError('InvalidNextTokenException', 'The token is not valid with these parameters.');
  return Number(start);
};

const toParameters = (input: LookupEventsRequest, { caller, region }: Call): string =>
  toHash(
    JSON.stringify([
      caller.account,
      region,
      input.LookupAttributes ?? [],
      input.StartTime,
      input.EndTime,
      input.EventCategory,
    ]),
  ).slice(0, 24);

/** How many paged look-ups are remembered; one that is forgotten is read anew. */
const mostReadings = 64;

const getReading = (parameters: string, world: World, start: () => Reading['more']): Reading => {
  const { readings } = getLookups(world);
  const reading = readings.get(parameters) ?? { found: [], more: start() };
  readings.delete(parameters);
  readings.set(parameters, reading);
  const [oldest] = readings.keys();
  if (readings.size > mostReadings && oldest !== undefined) readings.delete(oldest);
  return reading;
};

const readAsFarAs = ({ found, more }: Reading, count: number): void => {
  while (found.length < count) {
    const next = more.next();
    if (next.done) return;
    found.push(next.value);
  }
};

function* filter(
  records: Iterable<CloudTrailRecord>,
  { matches }: Matcher,
): Generator<CloudTrailRecord, void> {
  for (const record of records) if (matches(record)) yield record;
}

export const lookupEvents = (input: LookupEventsRequest, call: Call): LookupEventsResponse => {
  requireRate(call);
  const { caller, region, world } = call;
  const refuseSize = () => new AwsError('InvalidMaxResultsException', 'MaxResults must be between 1 and 50.');
  const size = toPageSize(input.MaxResults, 50, 50, refuseSize);
  if (input.EventCategory !== undefined && input.EventCategory !== 'insight')
    throw new AwsError('InvalidEventCategoryException', 'The event category is not valid.');
  const matcher = requireAttribute(input);
  const until = world.fleet.history?.until.getTime() ?? 0;
  const { from, to } = requireTime(input, until);
  const parameters = toParameters(input, call);
  const start = toTokenStart(input, parameters);
  // No fleet has Insights events.
  if (input.EventCategory === 'insight') return { Events: [] };
  const reading = getReading(parameters, world, () => {
    const streams = streamsAt(world.fleet, caller.account, region).filter(matcher.isOf);
    return filter(eventsBackwards(streams, from, to), matcher);
  });
  const end = start + size;
  readAsFarAs(reading, end + 1);
  const isMore = reading.found.length > end;
  return {
    Events: reading.found.slice(start, end).map(toEvent),
    ...(isMore ? { NextToken: Buffer.from(`${parameters} ${end}`).toString('base64url') } : {}),
  };
};
