/** Which names of many are told: the first in order, whatever order they came in, so that the same events tell the same. */
import { mostNamed } from '../evidence/events.ts';

/** Keeps the first in order, sorted. */
export const addName = (names: string[], entry: string): void => {
  const last = names[mostNamed - 1];
  if ((last !== undefined && entry >= last) || names.includes(entry)) return;
  names.splice(names.findLastIndex((known) => known < entry) + 1, 0, entry);
  names.length = Math.min(names.length, mostNamed);
};

/** The first events are told, and so their times are kept until they are. Times are of one length, ids of any. */
export const toTimedId = (time: string, id: string): string => `${time} ${id}`;
export const toId = (timed: string): string => timed.slice(timed.indexOf(' ') + 1);
