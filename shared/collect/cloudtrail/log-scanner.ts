/**
 * The records of a log file, found in its bytes without parsing: each record's first and last byte, exactly, whatever
 * its strings and nested values hold. A file is `{"Records":[…]}`, or records one after the other (JSON lines).
 *
 * Nobody but CloudTrail decides where a record begins, so depth is counted over every byte: a caller may choose names
 * and values in a record (an encryption context, a document), and what looks like a record inside one is none.
 */

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
const colon = 0x3a;
const backslash = 0x5c;
const listEnd = 0x5d;
const open = 0x7b;
const close = 0x7d;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
/** 1 for letters and digits: bytes that are neither JSON's structure nor of an escape. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
const isPlain = (byte = 0): boolean => plain[byte] === 1;

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

/** Whether a number or word, and before it a name in quotes, end just before: `a":3600}`, `a":true}`. */
const isAfterLiteral = (bytes: Buffer, end: number): boolean => {
  let index = end - 1;
  while (isPlain(bytes[index])) index -= 1;
  return index < end - 1 && bytes[index] === colon && bytes[index - 1] === quote && isPlain(bytes[index - 2]);
};

/** 0x80 in each byte of four that is at least 0x7b, and now and then in one more. */
const toHighBits = (word: number): number => ((word + 0x05050505) | word) & 0x80808080;

/**
 * Gives where the object that begins at `start` ends, or -1 where that is not in these bytes.
 *
 * Four bytes are looked at at once for one that is at least 0x7b: all but braces and bytes beyond ASCII are below. A
 * brace is structure or part of a string, and its neighbours nearly always prove which; else every byte is walked.
 * - `{"a` is structure: in a string, the quote would end it, and no letter may follow.
 * - `{\` is in a string: no backslash stands outside one.
 * - `a"}` is structure: the quote is not escaped, and as it follows a letter it ends a string.
 * - `a":3600}` is, for the same reason.
 * - `}}` and `}]}` are structure where the first brace is.
 */
const findEnd = (bytes: Buffer, words: Int32Array, start: number): number => {
  let depth = 0;
  let lastClose = -1;
  for (let pair = (start >> 2) & ~1; pair + 1 < words.length; pair += 2) {
    if ((toHighBits(words[pair] ?? 0) | toHighBits(words[pair + 1] ?? 0)) === 0) continue;
    for (let word = pair; word < pair + 2; word += 1) {
      let high = toHighBits(words[word] ?? 0);
      while (high !== 0) {
        const lowest = high & -high;
        high ^= lowest;
        const index = (word << 2) + ((31 - Math.clz32(lowest)) >> 3);
        if (index < start) continue;
        const byte = bytes[index];
        if (byte === open) {
          const next = bytes[index + 1];
          if (next === quote && isPlain(bytes[index + 2])) depth += 1;
          else if (next !== backslash) return walk(bytes, start, toWalk(0));
        } else if (byte === close) {
          const before = bytes[index - 1];
          const isStructure =
            before === quote
              ? isPlain(bytes[index - 2])
              : before === close
                ? lastClose === index - 1
                : before === listEnd
                  ? lastClose === index - 2
                  : isAfterLiteral(bytes, index);
          if (!isStructure) return walk(bytes, start, toWalk(0));
          lastClose = index;
          depth -= 1;
          if (depth === 0) return index + 1;
        }
      }
    }
  }
  // What is left is no whole pair of words.
  return walk(bytes, start, toWalk(0));
};

/** Reads records that stand side by side; gives where that ends: the first byte that begins no record, or no whole one. */
const readRecords = (bytes: Buffer, words: Int32Array, from: number, onRecord: OnRecord): number => {
  let start = from;
  while (bytes[start] === open) {
    const end = findEnd(bytes, words, start);
    if (end === -1) return start;
    onRecord(bytes, start, end);
    start = bytes[end] === comma && bytes[end + 1] === open ? end + 1 : end;
  }
  return start;
};

const readOne = (bytes: Buffer, words: Int32Array, start: number, onRecord: OnRecord): number => {
  const end = findEnd(bytes, words, start);
  if (end === -1) return start;
  onRecord(bytes, start, end);
  return end;
};

const listStart = /^\{\s*"Records"\s*:\s*\[/;
/** A file that begins otherwise than with its list begins with a record: so many bytes decide. */
const startBytes = 64;

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
  const step = (bytes: Buffer, words: Int32Array, index: number, isLast: boolean): number => {
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
        return index + begun[0].length;
      }
    }
    // At the top, the next may be another list.
    const end =
      place === 'list' ? readRecords(bytes, words, index, deliver) : readOne(bytes, words, index, deliver);
    return end === index ? -1 : end;
  };

  const read = (bytes: Buffer, isLast: boolean): void => {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let index = 0;
    while (index < bytes.length) {
      const next = step(bytes, words, index, isLast);
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
      const isAligned = chunk.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0;
      read(rest.length === 0 && isAligned ? chunk : toAligned(rest, chunk), false);
    },
    end: () => {
      if (place !== 'garbage' && rest.length > 0) read(toAligned(rest, Buffer.alloc(0)), true);
    },
    isGarbage: () => place === 'garbage',
    isTorn: () => place !== 'garbage' && (place !== 'top' || rest.length > 0),
    getTooLong: () => tooLong,
  };
};

const toAligned = (rest: Buffer, chunk: Buffer): Buffer => {
  const joined = Buffer.allocUnsafeSlow(rest.length + chunk.length);
  rest.copy(joined);
  chunk.copy(joined, rest.length);
  return joined;
};
