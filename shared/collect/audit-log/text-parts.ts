/**
 * An audit log's bytes cut where lines end, or messages of `aws logs filter-log-events` begin, without parsing: which of
 * them are about Secrets, and which look broken. Only those become text.
 */
import { createByteSearch } from './byte-search.ts';

export interface OnPart {
  /** A line or message that names Secrets' resource, or is not whole: a line whose beginning or end is not that of an event, a message that begins like one and does not end so. */
  onText: (text: string) => void;
  /** Another one: asked of each until false is given. */
  onAny: (text: string) => boolean;
  /** Longer than is held: only its beginning is given. */
  onTooLong: (beginning: string) => void;
}

export interface TextParts {
  push: (piece: Buffer) => void;
  /** Says that the bytes are over. Gives the last whole line or message. */
  end: () => string | undefined;
}

/** CloudWatch Logs takes events of 1 MB: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const longestBytes = 4 * 1024 * 1024;
const beginningBytes = 4096;

const lineFeed = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const [open, yearStart, close, carriageReturn] = [0x7b, 0x32, 0x7d, 0x0d];
const word = Buffer.from('secrets');
const messageName = Buffer.from('"message"');

/** What the CLI prints begins with its list, or what beside it; an audit event with neither. */
const printed = /^\uFEFF?\s*\{\s*"(events|searchedLogStreams|nextToken|nextForwardToken)"\s*:/;
const startBytes = 64;

/** Takes what to do with lines or messages; which of both there are, the first bytes tell. */
export const createTextParts = (on: OnPart, longest = longestBytes): TextParts => {
  let parts: TextParts | undefined;
  let start = Buffer.alloc(0);
  const begin = (): TextParts => {
    const isPrinted = printed.test(start.toString('utf8', 0, startBytes));
    parts = isPrinted ? createMessages(on, longest) : createLines(on, longest);
    parts.push(start);
    start = Buffer.alloc(0);
    return parts;
  };
  return {
    push: (piece) => {
      if (parts) return parts.push(piece);
      start = Buffer.concat([start, piece]);
      if (start.length >= startBytes) begin();
    },
    end: () => (parts ?? begin()).end(),
  };
};

const isNamed = (bytes: Buffer, at: number, end: number): boolean =>
  bytes[at + 1 + word.length] === end && word.compare(bytes, at + 1, at + 1 + word.length) === 0;

/** Bytes that may go on in the next piece: dropped, but for their beginning, where they grow too long. */
const createRest = (on: OnPart, longest: number) => {
  let held: Buffer[] = [];
  let length = 0;
  let isTooLong = false;
  return {
    add: (bytes: Buffer) => {
      if (bytes.length === 0) return;
      length += bytes.length;
      if (!isTooLong) held.push(Buffer.from(bytes));
      if (isTooLong || length <= longest) return;
      isTooLong = true;
      on.onTooLong(Buffer.concat(held).toString('utf8', 0, beginningBytes));
      held = [];
    },
    /** What is held, to be read on; undefined where it was dropped. */
    take: (): Buffer | undefined => {
      const taken = isTooLong ? undefined : Buffer.concat(held);
      held = [];
      length = 0;
      isTooLong = false;
      return taken;
    },
    getLength: () => length,
  };
};

const createLines = (on: OnPart, longest: number): TextParts => {
  const search = createByteSearch(true);
  const rest = createRest(on, longest);
  let isAsking = true;
  let last: Buffer | undefined;

  /** Whole lines: from after one's end to another's. */
  const read = (bytes: Buffer, from: number, to: number): void => {
    for (let at = from; isAsking && at < to; ) {
      const end = bytes.indexOf(lineFeed, at);
      isAsking = on.onAny(bytes.toString('utf8', at, end));
      at = end + 1;
    }
    let doneUntil = from;
    const give = (at: number): void => {
      if (at < doneUntil) return;
      const begin = at === 0 ? 0 : bytes.lastIndexOf(lineFeed, at - 1) + 1;
      const end = bytes.indexOf(lineFeed, at);
      doneUntil = end + 1;
      if (end > begin) on.onText(bytes.toString('utf8', begin, end));
    };
    if (!isBegin(bytes[from])) give(from);
    for (const at of search.find(bytes, from, to)) {
      if (bytes[at] === quote) {
        if (isNamed(bytes, at, quote)) give(at);
        continue;
      }
      if (!isEnd(bytes, at)) give(at);
      if (at + 1 < to && !isBegin(bytes[at + 1])) give(at + 1);
    }
    const before = to - from > 1 ? bytes.lastIndexOf(lineFeed, to - 2) : -1;
    last = Buffer.from(bytes.subarray(Math.max(before + 1, from), to - 1));
  };

  return {
    push: (piece) => {
      let from = 0;
      if (rest.getLength() > 0) {
        const end = piece.indexOf(lineFeed);
        from = end === -1 ? piece.length : end + 1;
        rest.add(piece.subarray(0, from));
        if (end === -1) return;
        const line = rest.take();
        if (line) read(line, 0, line.length);
      }
      const to = piece.lastIndexOf(lineFeed) + 1;
      if (to > from) read(piece, from, to);
      rest.add(piece.subarray(Math.max(from, to)));
    },
    end: () => {
      const bytes = rest.take();
      // A last line without its end is whole where it is JSON; else the log is still written to.
      if (bytes && isJson(bytes.toString('utf8')))
        read(Buffer.concat([bytes, Buffer.from('\n')]), 0, bytes.length + 1);
      return last?.toString('utf8');
    },
  };
};

const isBegin = (byte: number | undefined): boolean =>
  byte === open || byte === yearStart || byte === lineFeed || byte === carriageReturn;
const isEnd = (bytes: Buffer, at: number): boolean => {
  const before = at === 0 ? undefined : bytes[at - 1];
  if (before === carriageReturn) return at === 1 || isEnd(bytes, at - 1);
  return before === undefined || before === close || before === lineFeed;
};

/** Whether a line ends with an object, whatever stands before it: a time alone may end with a number, too. */
const isJson = (text: string): boolean => {
  const begin = text.indexOf('{');
  if (begin === -1) return false;
  try {
    JSON.parse(text.slice(begin));
    return true;
  } catch {
    return false;
  }
};

const createMessages = (on: OnPart, longest: number): TextParts => {
  const search = createByteSearch(false);
  const rest = createRest(on, longest);
  let isAsking = true;
  let last: string | undefined;

  /** Takes bytes that begin with a message's name; gives where its string is, or undefined where it is not whole. */
  const find = (bytes: Buffer): { begin: number; end: number } | undefined => {
    const begin = bytes.indexOf(quote, messageName.length);
    const end = begin === -1 ? -1 : findStringEnd(bytes, begin + 1);
    return end === -1 ? undefined : { begin, end };
  };
  const toText = (bytes: Buffer, { begin, end }: { begin: number; end: number }): string =>
    toMessage(bytes.toString('utf8', begin, end + 1));

  const read = (bytes: Buffer): boolean => {
    const string = find(bytes);
    if (!string) return false;
    if (isAsking) isAsking = on.onAny(toText(bytes, string));
    // Begun like an event and cut off, maybe before it says what it is about.
    if (bytes[string.begin + 1] === open && bytes[string.end - 1] !== close) {
      on.onText(toText(bytes, string));
      return true;
    }
    for (const at of search.find(bytes, string.begin, string.end))
      if (isNamed(bytes, at, backslash)) {
        on.onText(toText(bytes, string));
        break;
      }
    return true;
  };
  const remember = (bytes: Buffer): void => {
    const string = find(bytes);
    if (string) last = toText(bytes, string);
  };

  return {
    push: (piece) => {
      // A name may be cut by the end of a piece: what is held is read with the next.
      const held = rest.take();
      const bytes = held && held.length > 0 ? Buffer.concat([held, piece]) : piece;
      let from = bytes.indexOf(messageName);
      let before = -1;
      for (let next = from; from !== -1; from = next) {
        next = bytes.indexOf(messageName, from + messageName.length);
        if (next === -1) break;
        read(bytes.subarray(from, next));
        before = from;
      }
      if (before !== -1) remember(bytes.subarray(before, from));
      rest.add(from === -1 ? bytes.subarray(-messageName.length) : bytes.subarray(from));
    },
    end: () => {
      const bytes = rest.take();
      const isBegun = bytes?.subarray(0, messageName.length).equals(messageName) === true;
      if (bytes && isBegun && read(bytes)) remember(bytes);
      return last;
    },
  };
};

/** Where a string of JSON ends: at the first quote that no backslash escapes. */
const findStringEnd = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf(quote, from); at !== -1; at = bytes.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return -1;
};

const toMessage = (string: string): string => {
  try {
    const message: unknown = JSON.parse(string);
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
};
