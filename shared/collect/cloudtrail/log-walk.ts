/**
 * Where JSON's objects end, and which of them name KMS, sixty-four bytes at a time. JavaScript has no way to look at so
 * many at once, and byte by byte the walk takes as long as to inflate them; so this one loop is WebAssembly. The way is
 * simdjson's (https://arxiv.org/abs/1902.08318): masks of quotes, backslashes and braces, a bit for each byte; from the
 * quotes that no backslash escapes, which bytes are within strings.
 */
import {
  add,
  again,
  and,
  andAll,
  areEqual,
  areGreater,
  block,
  countBits,
  extendUnsigned,
  get,
  getGlobal,
  greatest,
  i32,
  i64,
  isAny,
  isAtLeast,
  isEach,
  isLess,
  isUnequal,
  isZero,
  isZeroLong,
  leave,
  leaveIf,
  loadSixteen,
  loadTwo,
  long,
  loop,
  number,
  or,
  orAll,
  otherwise,
  set,
  setGlobal,
  shiftLeft,
  shiftSigned,
  shiftUnsigned,
  sixteen,
  storeFour,
  subtract,
  subtractLong,
  tee,
  toBits,
  toProgram,
  trailingZeros,
  v128,
  when,
  wrap,
  xor,
} from './log-instructions.ts';

/** So much is walked at once at most. */
export const blockBytes = 65_536;
const stepBytes = 64;
/** No object that is longer is held. */
export const longestObjectBytes = 4 * 1024 * 1024;
const roomBytes = longestObjectBytes + 2 * blockBytes;
/** Where an object that was found begins and ends, four bytes each; none is shorter than the name. */
const foundAt = roomBytes;
/** After what is walked, so much is looked at: a name may begin in its last byte. */
const aheadBytes = 32;
/** A string that begins so is KMS's name, or as good as: what is found is parsed. */
const kmsName = 'kms.amazonaws.co';
const odd = 0xaaaaaaaaaaaaaaaan;

const [index, until, next, out, depth, end] = [0, 1, 2, 3, 4, 5];
const [quotes, escaped, inside, braces] = [6, 7, 8, 9];
const [opens, bit, names, named, scratch] = [10, 11, 12, 13, 14];
const [first, second, third, fourth] = [15, 16, 17, 18];
const [quote, backslash, open, close, letter] = [19, 20, 21, 22, 23];
const parts = [first, second, third, fourth];
const [depthBefore, insideBefore, escapedBefore, namedBefore, start, stop] = [0, 1, 2, 3, 4, 5];

/** A bit for each of the sixty-four bytes that is this one; `parts` give sixteen of them each. */
const toMask = (character: number, toPart: (place: number) => number[]): number[] =>
  parts.flatMap((_, place) => [
    ...toPart(place),
    ...get(character),
    ...areEqual,
    ...toBits,
    ...extendUnsigned,
    ...(place === 0 ? [] : [...long(BigInt(place * 16)), ...shiftLeft, ...or]),
  ]);
const getPart = (place: number) => get(parts[place] ?? first);
const loadNext = (place: number) => [...get(index), ...loadSixteen(place * 16 + 1)];
/** Whether any of the sixty-four bytes is as is asked of each sixteen. */
const isAnyOf = (toEach: (place: number) => number[]): number[] => [
  ...parts.flatMap((_, place) => [...toEach(place), ...(place === 0 ? [] : orAll)]),
  ...isAny,
];
const isPart = (place: number, character: number) => [...getPart(place), ...get(character), ...areEqual];

const lowest = (local: number) => [...get(local), ...long(0n), ...get(local), ...subtractLong, ...and];
const without = (local: number) => [...get(local), ...long(-1n), ...xor, ...and];

const findQuotes = [
  ...toMask(quote, getPart),
  ...set(quotes),
  ...getGlobal(escapedBefore),
  ...set(escaped),
  ...isAnyOf((place) => isPart(place, backslash)),
  ...when(
    // What a backslash stands before, unless it is itself escaped: in a run of them, every other one is.
    // opens: the backslashes; braces: those that may escape; then, of what follows a run, which end it.
    [...toMask(backslash, getPart), ...tee(opens), ...without(escaped), ...tee(braces)],
    [...long(1n), ...shiftLeft, ...long(odd), ...or, ...get(braces), ...subtractLong],
    [...long(odd), ...xor, ...tee(braces)],
    [...get(opens), ...get(escaped), ...or, ...xor, ...set(escaped)],
    [...get(braces), ...get(opens), ...and, ...long(63n), ...shiftUnsigned, ...setGlobal(escapedBefore)],
    otherwise,
    [...long(0n), ...setGlobal(escapedBefore)],
  ),
  ...get(quotes),
  ...without(escaped),
  ...set(quotes),
];

/** Most blocks have no quote before this letter. */
const findNames = [
  ...long(0n),
  ...set(names),
  ...isAnyOf((place) => [
    ...isPart(place, quote),
    ...loadNext(place),
    ...get(letter),
    ...areEqual,
    ...andAll,
  ]),
  ...when(
    [...toMask(letter, loadNext), ...get(quotes), ...and, ...set(scratch)],
    block(
      loop(
        [...get(scratch), ...isZeroLong, ...leaveIf(1)],
        [...get(index), ...get(scratch), ...trailingZeros, ...wrap, ...add, ...loadSixteen(1)],
        [...sixteen(kmsName), ...areEqual, ...isEach],
        when([...get(names), ...lowest(scratch), ...or, ...set(names)]),
        [...get(scratch), ...get(scratch), ...long(1n), ...subtractLong, ...and, ...set(scratch)],
        again(0),
      ),
    ),
  ),
];

/** An object is over: it is told if it is named, and the walk goes on if what follows it is what was said. */
const endObject = [
  ...[...get(bit), ...long(1n), ...subtractLong, ...tee(scratch), ...get(names), ...and],
  ...[...get(named), ...or, ...isZeroLong, ...isZero],
  ...[...get(index), ...get(bit), ...trailingZeros, ...wrap, ...add, ...number(1), ...add, ...set(end)],
  ...when(
    [...get(out), ...getGlobal(start), ...storeFour(0)],
    [...get(out), ...get(end), ...storeFour(4)],
    [...get(out), ...number(8), ...add, ...set(out)],
  ),
  ...[...get(end), ...loadTwo, ...get(next), ...isUnequal],
  ...when([...get(end), ...setGlobal(stop)], [...get(out), ...leave]),
  ...[...get(end), ...number(1), ...add, ...setGlobal(start)],
  ...[...long(0n), ...set(named)],
  ...[...get(names), ...without(scratch), ...set(names)],
];

const followBraces = [
  // Each bit becomes the parity of the quotes up to it.
  ...[...get(quotes), ...set(inside)],
  ...[1n, 2n, 4n, 8n, 16n, 32n].flatMap((by) => [
    ...get(inside),
    ...get(inside),
    ...long(by),
    ...shiftLeft,
    ...xor,
    ...set(inside),
  ]),
  ...[...get(inside), ...getGlobal(insideBefore), ...xor, ...tee(inside)],
  ...[...long(63n), ...shiftSigned, ...setGlobal(insideBefore)],
  ...[...toMask(open, getPart), ...without(inside), ...set(opens)],
  ...[...toMask(close, getPart), ...without(inside), ...tee(braces)],
  // Nothing ends here where fewer are closed than are open.
  ...[...countBits, ...wrap, ...get(depth), ...isLess],
  ...when(
    [...get(depth), ...get(opens), ...countBits, ...wrap, ...add],
    [...get(braces), ...countBits, ...wrap, ...subtract, ...set(depth)],
    otherwise,
    [...get(opens), ...get(braces), ...or, ...set(braces)],
    block(
      loop(
        [...get(braces), ...isZeroLong, ...leaveIf(1)],
        [...lowest(braces), ...tee(bit), ...get(opens), ...and, ...isZeroLong],
        when(
          [...get(depth), ...number(1), ...subtract, ...tee(depth), ...isZero],
          when(endObject),
          otherwise,
          [...get(depth), ...number(1), ...add, ...set(depth)],
        ),
        [...get(braces), ...get(bit), ...xor, ...set(braces)],
        again(0),
      ),
    ),
  ),
];

const code = [
  ...[...getGlobal(depthBefore), ...set(depth), ...getGlobal(namedBefore), ...set(named)],
  ...[...number(0), ...setGlobal(stop)],
  ...[
    [quote, '"'],
    [backslash, '\\'],
    [open, '{'],
    [close, '}'],
    [letter, kmsName.slice(0, 1)],
  ].flatMap(([local, character]) => [...sixteen(String(character)), ...set(Number(local))]),
  ...block(
    loop(
      [...get(index), ...get(until), ...isAtLeast, ...leaveIf(1)],
      parts.flatMap((part, place) => [...get(index), ...loadSixteen(place * 16), ...set(part)]),
      findQuotes,
      findNames,
      // Braces come last in ASCII, but for two characters that are seldom written.
      [...get(first), ...get(second), ...greatest, ...get(third), ...get(fourth), ...greatest, ...greatest],
      [...sixteen('z'), ...areGreater, ...isAny],
      when(
        followBraces,
        otherwise,
        [...long(0n), ...get(quotes), ...countBits, ...long(1n), ...and, ...subtractLong],
        [...getGlobal(insideBefore), ...xor, ...setGlobal(insideBefore)],
      ),
      [...get(named), ...get(names), ...or, ...set(named)],
      [...get(index), ...number(stepBytes), ...add, ...set(index)],
      again(0),
    ),
  ),
  ...[...get(depth), ...setGlobal(depthBefore), ...get(named), ...setGlobal(namedBefore), ...get(out)],
];

const program = toProgram({
  parameters: [i32, i32, i32, i32],
  result: i32,
  locals: [
    [2, i32],
    [9, i64],
    [9, v128],
  ],
  globals: [i32, i64, i64, i64, i32, i32],
  pages: Math.ceil((foundAt + blockBytes) / 65_536),
  code,
  exports: {
    depth: depthBefore,
    inside: insideBefore,
    escaped: escapedBefore,
    named: namedBefore,
    start,
    stop,
  },
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

export interface Walker {
  /** Where bytes are put, to be walked. */
  room: Buffer;
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
}

const commaAndOpen = 0x7b2c;
const nothing = 0x10000;

/** Takes nothing; gives a walk through one text after the other. */
export const createWalker = (): Walker => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program));
  const { memory, walk, depth, inside, escaped, named, start, stop } = exports;
  const room = Buffer.from(memory.buffer, 0, roomBytes);
  const found = new Uint32Array(memory.buffer, foundAt);
  let walked = 0;
  return {
    room,
    begin: (at, depthBefore) => {
      walked = start.value = at;
      depth.value = depthBefore;
      inside.value = escaped.value = named.value = 0n;
    },
    walk: (end, isInList, isLast, onObject) => {
      if (isLast) room.fill(0x20, end, end + stepBytes + aheadBytes);
      const known = isLast ? end + stepBytes - 1 : end - aheadBytes;
      const until = known - ((known - walked) % stepBytes);
      if (until <= walked) return -1;
      const count = (walk(walked, until, isInList ? commaAndOpen : nothing, foundAt) - foundAt) / 4;
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
  };
};
