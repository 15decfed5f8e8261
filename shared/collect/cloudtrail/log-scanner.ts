/**
 * The records of a log file, found in its bytes without parsing: each record's first and last byte, exactly, whatever
 * its strings and nested values hold. A file is `{"Records":[…]}`, or records one after the other (JSON lines).
 *
 * Nobody but CloudTrail decides where a record begins, so depth is counted over every byte: a caller may choose names
 * and values in a record (an encryption context, a document), and what looks like a record inside one is none.
 */
import { createEndFinder } from './log-walk.ts';

/** Takes the bytes that hold a record, and where it begins and ends in them. */
export type OnRecord = (bytes: Buffer, start: number, end: number) => void;

export interface RecordScanner {
  /** Takes the next bytes of the file. */
  push: (chunk: Buffer) => void;
  /** Says that the file is over. */
  end: () => void;
  /** Whether the bytes until now are no records of JSON: nothing more is found in this file. */
  isGarbage: () => boolean;
  /** Whether the file is over before a record or list is. */
  isTorn: () => boolean;
  /** How many records were too long to be held. */
  getTooLong: () => number;
}

/** CloudTrail leaves out what makes an event larger than 256 KB: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html */
const longestRecordBytes = 4 * 1024 * 1024;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const listEnd = 0x5d;
const open = 0x7b;
const close = 0x7d;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
/** How far a walk through JSON, byte by byte, has come. */
interface Walk {
  depth: number;
  isInString: boolean;
  isEscaped: boolean;
}
const toWalk = (depth: number): Walk => ({ depth, isInString: false, isEscaped: false });

/** Walks until depth is zero; gives where, or -1 where the bytes are over before. */
const walk = (bytes: Buffer, from: number, state: Walk): number => {
  let { depth, isInString, isEscaped } = state;
  for (let index = from; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === backslash) isEscaped = true;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) isInString = true;
    else if (byte === open) depth += 1;
    else if (byte === close) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  Object.assign(state, { depth, isInString, isEscaped });
  return -1;
};

const listStart = /^\{\s*"Records"\s*:\s*\[/;
/** A file that begins otherwise than with its list begins with a record: so many bytes decide. */
const startBytes = 64;

const ends = createEndFinder();

/** Takes what is to be done with each record; gives a scanner of one file. */
export const createRecordScanner = (onRecord: OnRecord, longest = longestRecordBytes): RecordScanner => {
  let place: 'top' | 'list' | 'tail' | 'too long' | 'garbage' = 'top';
  let rest: Buffer = Buffer.alloc(0);
  let skipped = toWalk(0);
  let isInList = false;
  let tooLong = 0;
  const deliver: OnRecord = (bytes, start, end) => {
    if (end - start > longest) tooLong += 1;
    else onRecord(bytes, start, end);
  };

  /** Reads one thing at `index`; gives where the next begins, or -1 where more bytes are needed to tell. */
  const step = (bytes: Buffer, index: number, isLast: boolean): number => {
    const byte = bytes[index] ?? 0;
    if (place === 'tail' || place === 'too long') {
      const end = walk(bytes, index, skipped);
      if (end === -1) return bytes.length;
      place = place === 'too long' && isInList ? 'list' : 'top';
      return end;
    }
    if (isSpace(byte) || (place === 'list' && byte === comma)) return index + 1;
    if (place === 'list' && byte === listEnd) {
      place = 'tail';
      isInList = false;
      ends.forget();
      skipped = toWalk(1);
      return index + 1;
    }
    if (byte !== open) {
      place = 'garbage';
      return bytes.length;
    }
    if (place === 'top') {
      if (bytes.length - index < startBytes && !isLast) return -1;
      const begun = listStart.exec(bytes.toString('latin1', index, index + startBytes));
      if (begun) {
        place = 'list';
        isInList = true;
        ends.forget();
        return index + begun[0].length;
      }
    }
    const end = ends.find(bytes, index);
    if (end !== -1) deliver(bytes, index, end);
    return end;
  };

  const read = (bytes: Buffer, isLast: boolean): void => {
    ends.forget();
    let index = 0;
    while (index < bytes.length) {
      const next = step(bytes, index, isLast);
      if (next === -1) break;
      index = next;
    }
    rest = index < bytes.length ? Buffer.from(bytes.subarray(index)) : Buffer.alloc(0);
    if (rest.length > longest) {
      tooLong += 1;
      place = 'too long';
      skipped = toWalk(0);
      walk(rest, 0, skipped);
      rest = Buffer.alloc(0);
    }
  };

  return {
    push: (chunk) => {
      if (place === 'garbage') return;
      read(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false);
    },
    end: () => {
      if (place !== 'garbage' && rest.length > 0) read(rest, true);
    },
    isGarbage: () => place === 'garbage',
    isTorn: () => place !== 'garbage' && (place !== 'top' || rest.length > 0),
    getTooLong: () => tooLong,
  };
};
