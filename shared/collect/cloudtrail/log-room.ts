/** The memory in which a thread reads log files: bytes of a file, and records that are known. */
import { toProgram } from './log-instructions.ts';
import { isLike } from './log-like.ts';
import { aheadBytes, stepBytes, walk, walkGlobals } from './log-walk.ts';

/** So much is walked at once at most. */
export const blockBytes = 65_536;
/** No object that is longer is held. */
export const longestObjectBytes = 4 * 1024 * 1024;
const roomBytes = longestObjectBytes + 2 * blockBytes;
/** Where objects that were found begin and end, four bytes each; none is shorter than the name. */
const foundAt = roomBytes;
const knownAt = foundAt + blockBytes;
/** Of some four thousand records. */
const knownBytes = 6 * 1024 * 1024;

const program = toProgram({
  globals: walkGlobals,
  functions: { walk, isLike },
  memoryBytes: knownAt + knownBytes,
});
declare global {
  /** As much of it as is used here: TypeScript knows it from browsers alone. */
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
    }
    class Instance {
      constructor(module: Module);
      /** What `program` exports. */
      exports: {
        memory: { buffer: ArrayBuffer };
        walk: (from: number, until: number, next: number, out: number) => number;
        isLike: (at: number, known: number, mask: number, last: number) => number;
        depth: { value: number };
        inside: { value: bigint };
        escaped: { value: bigint };
        named: { value: bigint };
        start: { value: number };
        stop: { value: number };
      };
    }
  }
}

export interface LogRoom {
  /** Where bytes are put, to be walked. */
  bytes: Buffer;
  /** Says that an object begins here, or that `depth` of them have begun before. */
  begin: (at: number, depth: number) => void;
  /**
   * Walks on through the bytes before `end`, as far as it can be told what is there; where they are the last ones, to
   * their end. Tells the objects that name KMS. Objects that a comma parts are walked one after the other in a list;
   * elsewhere, and where another thing follows, the walk stops: gives where, or -1 where it needs more bytes.
   */
  walk: (
    end: number,
    isInList: boolean,
    isLast: boolean,
    onObject: (start: number, end: number) => void,
  ) => number;
  /** Where the object began that is not over. */
  getStart: () => number;
  /** From where on bytes are still walked; with `isWhole`, or belong to the object that is not over. */
  getKept: (isWhole: boolean) => number;
  /** Says that all bytes were moved to the front by so many. */
  move: (by: number) => void;
  /** Where records that are known are put, and masks: 0 where a record may have any plain text. */
  known: Buffer;
  /** Whether the bytes from `start` on are a record as long that is known, but for what a mask leaves open. */
  isLike: (start: number, known: number, mask: number, length: number) => boolean;
}

const commaAndOpen = 0x7b2c;
const nothing = 0x10000;

/** Takes nothing; gives the room for one file after the other. */
export const createLogRoom = (): LogRoom => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program));
  const { memory, depth, inside, escaped, named, start, stop } = exports;
  const bytes = Buffer.from(memory.buffer, 0, roomBytes);
  const found = new Uint32Array(memory.buffer, foundAt, blockBytes / 4);
  let walked = 0;
  return {
    bytes,
    begin: (at, depthBefore) => {
      walked = start.value = at;
      depth.value = depthBefore;
      inside.value = escaped.value = named.value = 0n;
    },
    walk: (end, isInList, isLast, onObject) => {
      if (isLast) bytes.fill(0x20, end, end + stepBytes + aheadBytes);
      const told = isLast ? end + stepBytes - 1 : end - aheadBytes;
      const until = told - ((told - walked) % stepBytes);
      if (until <= walked) return -1;
      const next = isInList ? commaAndOpen : nothing;
      const count = (exports.walk(walked, until, next, foundAt) - foundAt) / 4;
      for (let index = 0; index < count; index += 2) onObject(found[index] ?? 0, found[index + 1] ?? 0);
      walked = until;
      return stop.value === 0 ? -1 : stop.value;
    },
    getStart: () => start.value,
    // An object may begin behind the comma that is walked next.
    getKept: (isWhole) => (isWhole ? Math.min(walked, start.value) : walked),
    move: (by) => {
      walked -= by;
      start.value -= by;
    },
    known: Buffer.from(memory.buffer, knownAt, knownBytes),
    isLike: (from, at, mask, length) => exports.isLike(from, knownAt + at, knownAt + mask, length - 16) === 1,
  };
};
