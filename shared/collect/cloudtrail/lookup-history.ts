/**
 * CloudTrail's own event history of one account and Region, asked by LookupEvents: management events of 90 days, no
 * trail needed, newest first, at most 50 a request and two requests a second:
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import {
  type CloudTrailClient,
  type Event,
  type LookupAttributeKey,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail';
import type { Reading } from '../../activity/history.ts';
import { parseKeyEvents } from '../../activity/key-event.ts';
import { createTally, type WatchedKey } from '../../activity/tally.ts';
import type { EventGap, TimeWindow } from '../../evidence/events.ts';
import { toUnknown, type Unknown } from '../../evidence/fact.ts';
import { toNow } from '../../runtime/clock.ts';
import { toUnknownFact } from '../collect-fact.ts';
import { type Damage, toDamageGap } from './lookup-gaps.ts';

const eventsPerPage = 50;
const dayMilliseconds = 86_400_000;
const keptDays = 90;
/** A run that goes back as far as CloudTrail does finds the beginning gone by the time that it asks. */
const mostShortenedMilliseconds = dayMilliseconds;
/** Event times have no smaller part. */
const secondMilliseconds = 1000;

export interface EventReader {
  /** For the account and Region that the keys live in. */
  client: CloudTrailClient;
  signal: AbortSignal;
}

/** The events of one attribute, and how far back they were read. */
export interface LookUp {
  attribute: { AttributeKey: LookupAttributeKey; AttributeValue: string };
  /** The ARNs of the keys that it may tell about. */
  keys: readonly string[];
  /** From here to the window's end every event was read. */
  readFrom: string;
  pages: number;
  /** How many uses of keys it showed. */
  uses: number;
  /** Undefined as long as there is more to read; else that there is none, or why no more was read. */
  end: 'all-read' | Unknown | undefined;
  nextToken: string | undefined;
}

/** What the look-ups of one account and Region share: a budget of requests, and the events that they found. */
export interface EventHistory {
  /** The part of the window that CloudTrail may still know; undefined where that is nothing. */
  reach: TimeWindow | undefined;
  begin: (key: LookupAttributeKey, value: string, keyArns: readonly string[]) => LookUp;
  /** Reads the next page of a look-up, if it has one. Nothing is thrown: what stops it is the look-up's end. */
  readOn: (lookUp: LookUp) => Promise<void>;
  getRequestsLeft: () => number;
  /** The last use of a key that was found and succeeded. */
  getLastUse: (keyArn: string) => string | undefined;
  /** The readings of all keys, given what is unread of each. */
  toReadings: (toUnread: (keyArn: string, reach: TimeWindow) => EventGap[]) => Map<string, Reading>;
}

/** Takes the keys of one account and Region, the time, and how many requests may be spent; asks nothing yet. */
export const openEventHistory = (
  { client, signal }: EventReader,
  keys: readonly WatchedKey[],
  window: TimeWindow,
  budgetRequests: number,
): EventHistory => {
  const oldest = toLater(toNow(), -keptDays * dayMilliseconds);
  const read = { from: toBeginning(window.from, oldest), to: window.to };
  const from = toLatest(read.from, oldest);
  const reach = from < window.to ? { from, to: window.to } : undefined;
  const tally = createTally(keys, read);
  const damages = new Map<string, Damage & { key: string }>();
  let requestsLeft = budgetRequests;
  let stopped: Unknown | undefined;

  /** An event that can't be read is missing from every key that it may be about. */
  const addDamage = (lookUp: LookUp, event: Event, at: string, detail: string): void => {
    const { EventName: name = 'event', Resources: resources = [] } = event;
    const named = lookUp.keys.filter((arn) =>
      resources.some(({ ResourceName: id }) => id && (id === arn || arn.endsWith(`/${id}`))),
    );
    const to = toLater(at, secondMilliseconds);
    for (const key of named.length > 0 ? named : lookUp.keys) {
      const id = `${key} ${name} ${at.slice(0, 10)}`;
      const known = damages.get(id);
      // The newest come first.
      if (known) damages.set(id, { ...known, from: at, count: known.count + 1 });
      else damages.set(id, { key, name, from: at, to, count: 1, detail });
    }
  };

  const take = (lookUp: LookUp, event: Event, at: string): void => {
    // An event's name is not KMS's alone.
    if (event.EventSource !== undefined && event.EventSource !== 'kms.amazonaws.com') return;
    try {
      for (const keyEvent of parseKeyEvents(parseRecord(event.CloudTrailEvent))) {
        tally.add(keyEvent);
        if (keyEvent.kind === 'use') lookUp.uses += 1;
      }
    } catch (error) {
      addDamage(lookUp, event, at, toUnknownFact(error).detail);
    }
  };

  const readPage = async (lookUp: LookUp, { from, to }: TimeWindow): Promise<void> => {
    const command = new LookupEventsCommand({
      LookupAttributes: [lookUp.attribute],
      // Whether a time is refused that CloudTrail keeps no more is not said: all that it keeps is asked for instead.
      ...(from > oldest ? { StartTime: new Date(from) } : {}),
      EndTime: new Date(to),
      MaxResults: eventsPerPage,
      NextToken: lookUp.nextToken,
    });
    const { Events: events = [], NextToken } = await client.send(command, { abortSignal: signal });
    let at = lookUp.readFrom;
    for (const event of events) {
      at = event.EventTime?.toISOString() ?? at;
      take(lookUp, event, at);
    }
    lookUp.pages += 1;
    lookUp.nextToken = NextToken;
    if (NextToken === undefined) {
      lookUp.end = 'all-read';
      lookUp.readFrom = from;
      return;
    }
    // The page may end within a second that has more.
    const readFrom = events.length > 0 ? toLater(at, secondMilliseconds) : lookUp.readFrom;
    lookUp.readFrom = toLatest(from, toEarliest(readFrom, lookUp.readFrom));
  };

  return {
    reach,
    begin: (AttributeKey, AttributeValue, keyArns) => ({
      attribute: { AttributeKey, AttributeValue },
      keys: keyArns,
      readFrom: window.to,
      pages: 0,
      uses: 0,
      end: undefined,
      nextToken: undefined,
    }),
    readOn: async (lookUp) => {
      if (lookUp.end !== undefined || !reach) return;
      if (stopped || requestsLeft <= 0) {
        lookUp.end =
          stopped ?? toUnknown('over-budget', `the budget of ${budgetRequests} requests was spent`);
        return;
      }
      requestsLeft -= 1;
      try {
        await readPage(lookUp, reach);
      } catch (error) {
        lookUp.end = toUnknownFact(error);
        if (isForAll(lookUp.end)) stopped ??= lookUp.end;
      }
    },
    getRequestsLeft: () => (stopped ? 0 : requestsLeft),
    getLastUse: (keyArn) =>
      [...tally.get(keyArn).values()]
        .flatMap(({ uses }) => uses.flatMap(({ outcome, last }) => (outcome === 'success' ? last : [])))
        .sort()
        .at(-1),
    toReadings: (toUnread) => {
      const tooOld: EventGap[] =
        read.from < oldest
          ? [{ from: read.from, to: reach?.from ?? read.to, reason: 'unsupported', what: beyondReach }]
          : [];
      return new Map(
        keys.map(({ arn }) => {
          const damaged = [...damages.values()].filter(({ key }) => key === arn).map(toDamageGap);
          const gaps = [...tooOld, ...(reach ? toUnread(arn, reach) : []), ...damaged];
          return [arn, { source: 'lookup-events', ...read, gaps, days: tally.get(arn) }];
        }),
      );
    },
  };
};

const beyondReach = `LookupEvents goes back ${keptDays} days`;

/** What holds for one request holds for the next: who may not ask, what nobody answers, an account that is busy enough. */
const isForAll = ({ unknown }: Unknown): boolean =>
  unknown === 'access-denied' ||
  unknown === 'denied-by-organization' ||
  unknown === 'unsupported' ||
  unknown === 'throttled';

/** A complaint never quotes the record, as JSON.parse's own would: it may hold a policy. */
const parseRecord = (text: string | undefined): unknown => {
  if (text === undefined) throw new Error('the event has no record');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the record is no JSON');
  }
};

const toLater = (moment: string, milliseconds: number) =>
  new Date(Date.parse(moment) + milliseconds).toISOString();

const toLatest = (a: string, b: string) => (a > b ? a : b);
const toEarliest = (a: string, b: string) => (a < b ? a : b);

const toBeginning = (from: string, oldest: string): string =>
  from < oldest && Date.parse(oldest) - Date.parse(from) <= mostShortenedMilliseconds ? oldest : from;
