/**
 * The records of a log file that name KMS, found in its bytes without parsing: each record's first and last byte,
 * exactly, whatever its strings and nested values hold. A file is `{"Records":[…]}`, or records one after the other
 * (JSON lines).
 *
 * Nobody but CloudTrail decides where a record begins, so depth is counted over every byte: a caller may choose names
 * and values in a record (an encryption context, a document), and what looks like a record inside one is none.
 */
import { blockBytes, type LogRoom, longestObjectBytes } from './log-room.ts';

/** Takes the bytes that hold a record, and where it begins and ends in them: they are there until it returns. */
export type OnRecord = (bytes: Buffer, start: number, end: number) => void;

/** How a file ended. */
interface FileEnd {
  /** Whether some of its bytes are no records of JSON: nothing after them was found. */
  isGarbage: boolean;
  /** Whether it was over before a record or list was. */
  isTorn: boolean;
  /** How many records were too long to be held. */
  tooLong: number;
}

/** Of one file after the other. */
export interface RecordScanner {
  /** Takes the next bytes of the file. */
  push: (chunk: Buffer) => void;
  /** Says that the file is over; the next bytes are another's. */
  end: () => FileEnd;
}

const comma = 0x2c;
const listEnd = 0x5d;
const open = 0x7b;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const listStart = /^\{\s*"Records"\s*:\s*\[/;
/** A file that begins otherwise than with its list begins with a record: so many bytes decide. */
const startBytes = 64;

/** Takes where a thread reads, and what is to be done with each record. */
export const createRecordScanner = (room: LogRoom, onRecord: OnRecord): RecordScanner => {
  const { bytes } = room;
  /** The file's bytes that are in the room, and how many of them were read where they are within no object. */
  let filled = 0;
  let at = 0;
  let place: 'between' | 'record' | 'rest of the file' | 'too long' | 'garbage' = 'between';
  let isInList = false;
  let tooLong = 0;

  const deliver = (start: number, end: number): void => {
    if (place !== 'record') return;
    if (end - start > longestObjectBytes) tooLong += 1;
    else onRecord(bytes, start, end);
  };

  /** Reads what is between objects; gives whether one began. */
  const readBetween = (isLast: boolean): boolean => {
    for (; at < filled; at += 1) {
      const byte = bytes[at] ?? 0;
      if (isSpace(byte) || (isInList && byte === comma)) continue;
      if (isInList && byte === listEnd) {
        isInList = false;
        place = 'rest of the file';
        room.begin(at + 1, 1);
        return true;
      }
      if (byte !== open) {
        place = 'garbage';
        return false;
      }
      if (!isInList) {
        if (filled - at < startBytes && !isLast) return false;
        const begun = listStart.exec(bytes.toString('latin1', at, Math.min(at + startBytes, filled)));
        if (begun) {
          isInList = true;
          at += begun[0].length - 1;
          continue;
        }
      }
      place = 'record';
      room.begin(at, 0);
      return true;
    }
    return false;
  };

  /** Reads objects; gives whether they are over. */
  const readWithin = (isLast: boolean): boolean => {
    const stop = room.walk(filled, isInList && place === 'record', isLast, deliver);
    if (stop !== -1) {
      place = 'between';
      at = stop;
      return true;
    }
    if (place === 'record' && filled - room.getStart() > longestObjectBytes) {
      tooLong += 1;
      place = 'too long';
    }
    return false;
  };

  const read = (isLast: boolean): void => {
    while (place !== 'garbage' && (place === 'between' ? readBetween(isLast) : readWithin(isLast)));
  };

  /** Leaves in the room what is not read yet, and the record that is not over. */
  const makeRoom = (): void => {
    const kept = place === 'between' ? at : room.getKept(place === 'record');
    bytes.copyWithin(0, kept, filled);
    room.move(kept);
    filled -= kept;
    at = 0;
  };

  return {
    push: (chunk) => {
      for (let from = 0; from < chunk.length && place !== 'garbage'; from += blockBytes) {
        filled += chunk.copy(bytes, filled, from, from + blockBytes);
        read(false);
        makeRoom();
      }
    },
    end: () => {
      read(true);
      const isGarbage = place === 'garbage';
      const isTorn = !isGarbage && (place !== 'between' || isInList);
      const ended = { isGarbage, isTorn, tooLong };
      place = 'between';
      isInList = false;
      tooLong = filled = at = 0;
      return ended;
    },
  };
};
