/** What makes streams of events: things that happen again and again, and things that happened once. */
import type { CloudTrailRecord, EventStream } from '../fleet.ts';
import { toEventIds, toNumbers } from './event-ids.ts';
import { type KmsCall, type Occurrence, toRecord } from './record.ts';

const minuteMilliseconds = 60_000;
const secondMilliseconds = 1000;

/** One time that something happens: `id` and `pick` give the same for the same name whatever window is asked for. */
export type Turn = {
  time: number;
  number: number;
  id(what: number): string;
  /** A number from 0 up to, not including, the given one. */
  pick(below: number, what: number): number;
};

/** When something goes on; a record belongs to it by its own time. */
export type Span = { since?: number; until: number };

/** Records of CloudTrail have whole seconds. */
const toSecond = (time: number): number => Math.floor(time / secondMilliseconds) * secondMilliseconds;

/**
 * Gives the records of something that happens each so many minutes within a span. What one turn brings forth lasts no
 * longer than `lastsMinutes`.
 */
export const every = (
  minutes: number,
  name: string,
  { since = 0, until }: Span,
  make: (turn: Turn) => CloudTrailRecord[],
  lastsMinutes = 1,
): EventStream['between'] => {
  const period = minutes * minuteMilliseconds;
  const lasts = lastsMinutes * minuteMilliseconds;
  const numbers = toNumbers(name);
  const ids = toEventIds(name);
  const offset = toSecond(numbers(0, 1) % period);
  return (from, to) => {
    const records: CloudTrailRecord[] = [];
    const [begin, end] = [Math.max(from, since), Math.min(to, until)];
    const isInside = ({ eventTime }: CloudTrailRecord) =>
      Date.parse(eventTime) >= begin && Date.parse(eventTime) < end;
    for (let number = Math.ceil((begin - lasts - offset) / period); ; number += 1) {
      const time = number * period + offset;
      if (time >= end) return records;
      const made = make({
        time,
        number,
        id: (what) => ids(number, what),
        pick: (below, what) => numbers(number, what + 7) % below,
      });
      records.push(...(time >= begin && time + lasts < end ? made : made.filter(isInside)));
    }
  };
};

/** Gives the records of calls that were made once, each at its own moment. */
export const once = (name: string, calls: { at: number; call: KmsCall }[]): EventStream['between'] => {
  const ids = toEventIds(name);
  return (from, to) =>
    calls.flatMap(({ at, call }, index) => {
      const time = toSecond(at);
      return time >= from && time < to ? [toRecord(call, { time, eventID: ids(index) })] : [];
    });
};

/** The event id of the so-manieth of calls that were made once. */
export const toOnceId = (name: string, index: number): string => toEventIds(name)(index);

/** A stream of events about one key, recorded where the key lives. */
export const keyStream = (keyArn: string, names: string[], between: EventStream['between']): EventStream => {
  const [, , , region = '', account = ''] = keyArn.split(':');
  return { account, region, names, keyArn, between };
};

/** An occurrence some seconds after a turn begins. */
export const after = ({ time, id }: Turn, seconds: number, what: number): Occurrence => ({
  time: time + seconds * secondMilliseconds,
  eventID: id(what),
});
