/**
 * Where JSON's objects end, sixty-four bytes at a time. JavaScript has no way to look at so many at once, and byte by
 * byte the walk takes as long as to inflate them; so this one loop is WebAssembly, put together here from its
 * instructions. The way is simdjson's (https://arxiv.org/abs/1902.08318): masks of quotes, backslashes and braces, a
 * bit for each byte; from the quotes that no backslash escapes, which bytes are within strings.
 *
 * Instructions: https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** Whole numbers as WebAssembly writes them: seven bits a byte, the lowest first, with their sign. */
const toLeb = (value: bigint): number[] => {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = rest === 0n ? low < 64 : rest === -1n && low >= 64;
  return isLast ? [low] : [low | 0x80, ...toLeb(rest)];
};
/** Lengths and indices here are short, and never negative. */
const toLength = (value: number): number[] =>
  value < 128 ? [value] : [(value & 0x7f) | 0x80, ...toLength(value >> 7)];
const toSized = (bytes: readonly number[]): number[] => [...toLength(bytes.length), ...bytes];
const toSection = (id: number, ...entries: number[][]): number[] => [
  id,
  ...toSized([...toLength(entries.length), ...entries.flat()]),
];

const i32 = 0x7f;
const i64 = 0x7e;
const v128 = 0x7b;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const getGlobal = (index: number) => [0x23, index];
const setGlobal = (index: number) => [0x24, index];
const number = (value: number) => [0x41, ...toLeb(BigInt(value))];
const long = (value: bigint) => [0x42, ...toLeb(BigInt.asIntN(64, value))];
const block = (...inside: number[][]) => [0x02, 0x40, ...inside.flat(), 0x0b];
const loop = (...inside: number[][]) => [0x03, 0x40, ...inside.flat(), 0x0b];
const when = (...inside: number[][]) => [0x04, 0x40, ...inside.flat(), 0x0b];
const otherwise = [0x05];
const again = (depth: number) => [0x0c, depth];
const leaveIf = (depth: number) => [0x0d, depth];
const select = [0x1b];
const isZero = [0x45];
const [lessSigned, greaterSigned, atLeastUnsigned] = [[0x48], [0x4a], [0x4f]];
const [add, subtract, shift] = [[0x6a], [0x6b], [0x74]];
const isZeroLong = [0x50];
const [trailingZeros, countBits] = [[0x7a], [0x7b]];
const [subtractLong, and, or, xor] = [[0x7d], [0x83], [0x84], [0x85]];
const [shiftLeft, shiftSigned, shiftUnsigned] = [[0x86], [0x87], [0x88]];
const [wrap, extendUnsigned] = [[0xa7], [0xad]];
const loadSixteen = (offset: number) => [0xfd, 0, 0, offset];
const sixteenTimes = [0xfd, 15];
const areEqual = [0xfd, 35];
const toBits = [0xfd, 100];

const blockBytes = 65_536;
/** Each end takes four bytes, and no object is shorter than two. */
const endsAt = blockBytes;
const pages = 1 + 2;
const storeNumber = [0x36, 2, ...toLength(endsAt)];

const [length, index, out, depth] = [0, 1, 2, 3];
const [first, second, third, fourth] = [4, 5, 6, 7];
const [quotes, backslashes, opens, closes] = [8, 9, 10, 11];
const [escaped, inside, braces, bit] = [12, 13, 14, 15];
const [depthBefore, insideBefore, escapedBefore] = [0, 1, 2];
const odd = 0xaaaaaaaaaaaaaaaan;

/** A bit for each of the sixty-four bytes that is this one. */
const toMask = (character: string): number[] =>
  [first, second, third, fourth].flatMap((part, place) => [
    ...get(part),
    ...number(character.charCodeAt(0)),
    ...sixteenTimes,
    ...areEqual,
    ...toBits,
    ...extendUnsigned,
    ...(place === 0 ? [] : [...long(BigInt(place * 16)), ...shiftLeft, ...or]),
  ]);

const code = [
  ...getGlobal(depthBefore),
  ...set(depth),
  ...block(
    loop(
      [...get(index), ...get(length), ...atLeastUnsigned, ...leaveIf(1)],
      [first, second, third, fourth].flatMap((part, place) => [
        ...get(index),
        ...loadSixteen(place * 16),
        ...set(part),
      ]),
      [...toMask('"'), ...set(quotes)],
      [...toMask('\\'), ...set(backslashes)],
      // What a backslash stands before, unless it is itself escaped: in a run of them, every other one is.
      [...getGlobal(escapedBefore), ...set(escaped)],
      [...get(backslashes), ...isZeroLong],
      when(
        [...long(0n), ...setGlobal(escapedBefore)],
        otherwise,
        // braces: those that may escape; then, of what follows a run, which end it.
        [...get(backslashes), ...get(escaped), ...long(-1n), ...xor, ...and, ...tee(braces)],
        [...long(1n), ...shiftLeft, ...long(odd), ...or, ...get(braces), ...subtractLong],
        [...long(odd), ...xor, ...tee(braces)],
        [...get(backslashes), ...get(escaped), ...or, ...xor, ...set(escaped)],
        [...get(braces), ...get(backslashes), ...and, ...long(63n), ...shiftUnsigned],
        [...setGlobal(escapedBefore)],
      ),
      // Each bit becomes the parity of the quotes up to it.
      [...get(quotes), ...get(escaped), ...long(-1n), ...xor, ...and, ...set(inside)],
      [1n, 2n, 4n, 8n, 16n, 32n].flatMap((by) => [
        ...get(inside),
        ...get(inside),
        ...long(by),
        ...shiftLeft,
        ...xor,
        ...set(inside),
      ]),
      [...get(inside), ...getGlobal(insideBefore), ...xor, ...tee(inside)],
      [...long(63n), ...shiftSigned, ...setGlobal(insideBefore)],
      [...get(inside), ...long(-1n), ...xor, ...set(inside)],
      [...toMask('{'), ...get(inside), ...and, ...set(opens)],
      [...toMask('}'), ...get(inside), ...and, ...tee(closes)],
      // Nothing ends here where fewer are closed than are open.
      [...countBits, ...wrap, ...get(depth), ...lessSigned],
      when(
        [...get(depth), ...get(opens), ...countBits, ...wrap, ...add],
        [...get(closes), ...countBits, ...wrap, ...subtract, ...set(depth)],
        otherwise,
        [...get(opens), ...get(closes), ...or, ...set(braces)],
        block(
          loop(
            [...get(braces), ...isZeroLong, ...leaveIf(1)],
            [...get(braces), ...long(0n), ...get(braces), ...subtractLong, ...and, ...set(bit)],
            [...get(bit), ...get(opens), ...and, ...isZeroLong],
            when(
              [...get(depth), ...number(1), ...subtract, ...tee(depth), ...isZero],
              when(
                [...get(out), ...number(2), ...shift, ...get(index), ...get(braces), ...trailingZeros],
                [...wrap, ...add, ...number(1), ...add, ...storeNumber],
                [...get(out), ...number(1), ...add, ...set(out)],
              ),
              [...get(depth), ...number(0), ...get(depth), ...number(0), ...greaterSigned],
              [...select, ...set(depth)],
              otherwise,
              [...get(depth), ...number(1), ...add, ...set(depth)],
            ),
            [...get(braces), ...get(bit), ...xor, ...set(braces)],
            again(0),
          ),
        ),
      ),
      [...get(index), ...number(64), ...add, ...set(index)],
      again(0),
    ),
  ),
  [...get(depth), ...setGlobal(depthBefore), ...get(out), 0x0b],
].flat();

const toExport = (name: string, kind: number, at: number) => [...toSized([...Buffer.from(name)]), kind, at];
const program = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...toSection(1, [0x60, 1, i32, 1, i32]),
  ...toSection(3, [0]),
  ...toSection(5, [0, pages]),
  ...toSection(6, [i32, 1, ...number(0), 0x0b], [i64, 1, ...long(0n), 0x0b], [i64, 1, ...long(0n), 0x0b]),
  ...toSection(
    7,
    toExport('memory', 2, 0),
    toExport('walk', 0, 0),
    toExport('depth', 3, 0),
    toExport('inside', 3, 1),
    toExport('escaped', 3, 2),
  ),
  ...toSection(10, toSized([3, 3, i32, 4, v128, 8, i64, ...code])),
]);
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
        walk: (length: number) => number;
        depth: { value: number };
        inside: { value: bigint };
        escaped: { value: bigint };
      };
    }
  }
}

export interface EndFinder {
  /** Takes where an object begins; gives where it ends, or -1 where that is not in these bytes. */
  find: (bytes: Buffer, start: number) => number;
  /** Says that not only white space and commas are between the last object that was found and the next one. */
  forget: () => void;
}

/** Ends are found a block ahead: objects that stand side by side are asked for one after the other. */
export const createEndFinder = (): EndFinder => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program));
  const { memory, walk, depth, inside, escaped } = exports;
  const room = new Uint8Array(memory.buffer, 0, blockBytes);
  const ends = new Uint32Array(memory.buffer, endsAt);
  let walked: Buffer | undefined;
  let blockAt = 0;
  let nextAt = 0;
  let found = 0;
  let taken = 0;
  const begin = (bytes: Buffer, start: number) => {
    walked = bytes;
    nextAt = start;
    found = taken = 0;
    depth.value = 0;
    inside.value = escaped.value = 0n;
  };
  return {
    find: (bytes, start) => {
      if (walked !== bytes) begin(bytes, start);
      while (taken === found) {
        const length = Math.min(blockBytes, bytes.length - nextAt);
        if (length === 0) return -1;
        room.set(bytes.subarray(nextAt, nextAt + length));
        if (length < blockBytes) room.fill(0x20, length);
        blockAt = nextAt;
        nextAt += length;
        taken = 0;
        found = walk(length);
      }
      const end = blockAt + (ends[taken] ?? 0);
      taken += 1;
      return end;
    },
    forget: () => {
      walked = undefined;
    },
  };
};
