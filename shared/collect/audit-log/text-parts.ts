/**
 * An audit log's bytes cut where lines end, or messages of `aws logs filter-log-events` begin, without parsing: which of
 * them are about Secrets, and which look broken. Only those become text.
 */
import type { AuditRoom } from './audit-room.ts';

export interface OnPart {
  /** A line or message that names Secrets' resource, or is not whole: a line whose beginning or end is not that of an event, a message that begins like one and does not end so. `nameAt` is where the name stands, or -1. */
  onText: (bytes: Buffer, begin: number, end: number, nameAt: number) => void;
  /** Another one: asked of each until false is given. */
  onAny: (text: string) => boolean;
  /** Longer than is held: only its beginning is given. */
  onTooLong: (beginning: string) => void;
}

export interface TextParts {
  push: (piece: Buffer) => void;
  /** Says that the bytes are over. Gives the last whole line or message, and whether there is the beginning of another. */
  end: () => { last: string | undefined; isTorn: boolean };
}

/** CloudWatch Logs takes events of 1 MB: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const longestBytes = 4 * 1024 * 1024;
const beginningBytes = 4096;

const lineFeed = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const [open, yearStart, close, carriageReturn] = [0x7b, 0x32, 0x7d, 0x0d];
const named = Buffer.from('"secrets');
const messageName = Buffer.from('"message"');

/** What the CLI prints begins with its list, or what beside it; an audit event with neither. */
const printed = /^\uFEFF?\s*\{\s*"(events|searchedLogStreams|nextToken|nextForwardToken)"\s*:/;
const startBytes = 64;

/** Takes what to do with lines or messages, and where to search for them; which of both there are, the first bytes tell. */
export const createTextParts = (on: OnPart, room: AuditRoom, longest = longestBytes): TextParts => {
  let parts: TextParts | undefined;
  const start = createStore();
  const begin = (bytes: Buffer): TextParts => {
    const isPrinted = printed.test(bytes.toString('utf8', 0, startBytes));
    parts = isPrinted ? createMessages(on, room, longest) : createLines(on, room, longest);
    parts.push(bytes);
    return parts;
  };
  return {
    push: (piece) => {
      if (parts) return parts.push(piece);
      // Most files' first piece is enough, and is not copied.
      const isEnough = start.getLength() === 0 && piece.length >= startBytes;
      if (!isEnough) start.add(piece, 0, piece.length);
      if (isEnough) begin(piece);
      else if (start.getLength() >= startBytes) begin(start.take());
    },
    end: () => (parts ?? begin(start.take())).end(),
  };
};

const isNamed = (bytes: Buffer, at: number, end: number): boolean => {
  for (let index = 0; index < named.length; index += 1) if (bytes[at + index] !== named[index]) return false;
  return bytes[at + named.length] === end;
};

/** Bytes that are kept, in memory that is used over and over: new Buffers would have garbage collected every few pieces. */
const createStore = () => {
  let memory = Buffer.alloc(0);
  let length = 0;
  return {
    add: (bytes: Buffer, from: number, to: number): void => {
      const needed = length + to - from;
      if (needed > memory.length) memory = Buffer.concat([memory.subarray(0, length)], 2 * needed);
      length += bytes.copy(memory, length, from, to);
    },
    getLength: () => length,
    /** What is kept is another's as soon as something is added. */
    take: (): Buffer => {
      const taken = memory.subarray(0, length);
      length = 0;
      return taken;
    },
  };
};

/** Bytes that may go on in the next piece: dropped, but for their beginning, where they grow too long. */
const createRest = (on: OnPart, longest: number) => {
  let store = createStore();
  let isTooLong = false;
  return {
    add: (bytes: Buffer, from: number, to: number) => {
      if (isTooLong) return;
      store.add(bytes, from, to);
      if (store.getLength() <= longest) return;
      isTooLong = true;
      on.onTooLong(store.take().toString('utf8', 0, beginningBytes));
      store = createStore();
    },
    isEmpty: () => !isTooLong && store.getLength() === 0,
    /** What is held, to be read on before more is added; undefined where it was dropped. */
    take: (): Buffer | undefined => {
      const taken = isTooLong ? undefined : store.take();
      isTooLong = false;
      return taken;
    },
  };
};

const createLines = (on: OnPart, room: AuditRoom, longest: number): TextParts => {
  const rest = createRest(on, longest);
  const last = createStore();
  let isAsking = true;

  /** Whole lines: from after one's end to another's. */
  const read = (bytes: Buffer, from: number, to: number): void => {
    for (let at = from; isAsking && at < to; ) {
      const end = bytes.indexOf(lineFeed, at);
      isAsking = on.onAny(bytes.toString('utf8', at, end));
      at = end + 1;
    }
    let doneUntil = from;
    const give = (at: number, isName: boolean): void => {
      if (at < doneUntil) return;
      const begin = at === 0 ? 0 : bytes.lastIndexOf(lineFeed, at - 1) + 1;
      const end = bytes.indexOf(lineFeed, at);
      doneUntil = end + 1;
      if (end > begin) on.onText(bytes, begin, end, isName ? at : -1);
    };
    if (!isBegin(bytes[from])) give(from, false);
    room.find(bytes, from, to, (at) => {
      if (bytes[at] !== lineFeed) {
        if (isNamed(bytes, at, quote)) give(at, true);
        return;
      }
      if (!isEnd(bytes, at)) give(at, false);
      if (at + 1 < to && !isBegin(bytes[at + 1])) give(at + 1, false);
    });
    const before = to - from > 1 ? bytes.lastIndexOf(lineFeed, to - 2) : -1;
    last.take();
    last.add(bytes, Math.max(before + 1, from), to - 1);
  };

  return {
    push: (piece) => {
      let from = 0;
      if (!rest.isEmpty()) {
        const end = piece.indexOf(lineFeed);
        from = end === -1 ? piece.length : end + 1;
        rest.add(piece, 0, from);
        if (end === -1) return;
        const line = rest.take();
        if (line) read(line, 0, line.length);
      }
      const to = piece.lastIndexOf(lineFeed) + 1;
      if (to > from) read(piece, from, to);
      rest.add(piece, Math.max(from, to), piece.length);
    },
    end: () => {
      const bytes = rest.take();
      // A last line without its end is whole where it is JSON.
      const isWhole = bytes !== undefined && isJson(bytes.toString('utf8'));
      if (isWhole) read(Buffer.concat([bytes, Buffer.from('\n')]), 0, bytes.length + 1);
      const isTorn = !isWhole && isBeginOfEvent(bytes?.[0]);
      return { last: last.take().toString('utf8'), isTorn };
    },
  };
};

const isBeginOfEvent = (byte: number | undefined): boolean => byte === open || byte === yearStart;
const isBegin = (byte: number | undefined): boolean =>
  isBeginOfEvent(byte) || byte === lineFeed || byte === carriageReturn;
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

const createMessages = (on: OnPart, room: AuditRoom, longest: number): TextParts => {
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
    let isWanted = bytes[string.begin + 1] === open && bytes[string.end - 1] !== close;
    room.find(bytes, string.begin, string.end, (at) => {
      isWanted ||= isNamed(bytes, at, backslash);
    });
    if (isWanted) {
      const text = Buffer.from(toText(bytes, string));
      on.onText(text, 0, text.length, text.indexOf(named));
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
      rest.add(bytes, from === -1 ? Math.max(bytes.length - messageName.length, 0) : from, bytes.length);
    },
    end: () => {
      const bytes = rest.take();
      const isBegun = bytes?.subarray(0, messageName.length).equals(messageName) === true;
      const isWhole = bytes !== undefined && isBegun && read(bytes);
      if (isWhole) remember(bytes);
      return { last, isTorn: bytes !== undefined && !/\}\s*$/.test(bytes.toString('utf8')) };
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
