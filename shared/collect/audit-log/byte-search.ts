/**
 * Where bytes of an audit log have to be looked at: names of Secrets' resource, and ends of lines that look broken. Most
 * bytes are of neither kind, and JavaScript searches them slower than they are inflated; so this one loop is
 * WebAssembly, sixteen bytes at a time, put together here from its instructions:
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** Whole numbers as WebAssembly writes them: seven bits a byte, the lowest first. These are short, and never negative. */
const toLength = (value: number): number[] =>
  value < 128 ? [value] : [(value & 0x7f) | 0x80, ...toLength(value >> 7)];
/** A constant has a sign, in the highest bit of its last byte. */
const toSigned = (value: number): number[] =>
  value < 64 ? [value] : [(value & 0x7f) | 0x80, ...toSigned(value >> 7)];
const toSized = (bytes: readonly number[]): number[] => [...toLength(bytes.length), ...bytes];
const toSection = (id: number, ...entries: number[][]): number[] => [
  id,
  ...toSized([...toLength(entries.length), ...entries.flat()]),
];

const [i32, v128] = [0x7f, 0x7b];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const number = (value: number) => [0x41, ...toSigned(value)];
const block = (...inside: number[][]) => [0x02, 0x40, ...inside.flat(), 0x0b];
const loop = (...inside: number[][]) => [0x03, 0x40, ...inside.flat(), 0x0b];
const when = (...inside: number[][]) => [0x04, 0x40, ...inside.flat(), 0x0b];
const again = [0x0c, 0];
const leaveIf = [0x0d, 1];
const [isZero, atLeastUnsigned, trailingZeros] = [[0x45], [0x4f], [0x68]];
const [add, subtract, and, shiftLeft] = [[0x6a], [0x6b], [0x71], [0x74]];
const [areEqual, bothOf, notOf, eitherOf, toBits, sixteenTimes] = [
  [0xfd, 35],
  [0xfd, 78],
  [0xfd, 79],
  [0xfd, 80],
  [0xfd, 100],
  [0xfd, 15],
];

/** Before the bytes stands the one that comes before them. */
const begin = 16;
const blockBytes = 65_536;
/** What comes after a block is looked at, too. */
const afterBytes = 16;
const foundAt = begin + blockBytes + 64;
const pages = 1 + 1 + 4;

const [length, newline, index, out, bits, names, ends] = [0, 1, 2, 3, 4, 5, 6];
/** Whether each of sixteen bytes, so far from the index, is this one. */
const isByte = (offset: number, byte: number[]): number[] => [
  ...get(index),
  ...[0xfd, 0, 0, ...toLength(begin + offset)],
  ...byte,
  ...sixteenTimes,
  ...areEqual,
];
const isCharacter = (offset: number, character: string): number[] =>
  isByte(offset, number(character.charCodeAt(0)));

const code = [
  ...block(
    loop(
      [...get(index), ...get(length), ...atLeastUnsigned, ...leaveIf],
      // "s?c???s: what few names but that of Secrets have in common.
      [...isCharacter(0, '"'), ...isCharacter(3, 'c'), ...bothOf, ...isCharacter(7, 's'), ...bothOf],
      [...set(names), ...isByte(0, get(newline)), ...set(ends)],
      [...get(names), ...get(ends), ...eitherOf, ...toBits],
      // Most bytes are looked at no further.
      when(
        [...get(names), ...isCharacter(1, 's'), ...bothOf],
        // The end of a line, but where } goes before it, and { or the 2 of a year comes after.
        [...get(ends), ...isCharacter(-1, '}'), ...isCharacter(1, '{'), ...isCharacter(1, '2')],
        [...eitherOf, ...bothOf, ...notOf, ...eitherOf, ...toBits, ...set(bits)],
        block(
          loop(
            [...get(bits), ...isZero, ...leaveIf],
            [...get(out), ...number(2), ...shiftLeft, ...get(index), ...get(bits), ...trailingZeros, ...add],
            [0x36, 2, ...toLength(foundAt)],
            [...get(out), ...number(1), ...add, ...set(out)],
            [...get(bits), ...get(bits), ...number(1), ...subtract, ...and, ...set(bits)],
            again,
          ),
        ),
      ),
      [...get(index), ...number(16), ...add, ...set(index), ...again],
    ),
  ),
  ...get(out),
  0x0b,
];

const toExport = (name: string, kind: number, at: number) => [...toSized([...Buffer.from(name)]), kind, at];
const program = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...toSection(1, [0x60, 2, i32, i32, 1, i32]),
  ...toSection(3, [0]),
  ...toSection(5, [0, pages]),
  ...toSection(7, toExport('memory', 2, 0), toExport('search', 0, 0)),
  ...toSection(10, toSized([2, 3, i32, 2, v128, ...code])),
]);

export interface ByteSearch {
  /**
   * Takes bytes and the part of them to look at; gives where `"s?c???s` stands, and where lines end that do not end with
   * `}` or after which none begins with `{` or `2`, in their order.
   */
  find: (bytes: Buffer, from: number, to: number) => Generator<number>;
}

/** No byte of UTF-8. */
const never = 0xff;
const lineFeed = 0x0a;

/** Gives a search; of text that is not made of lines, without their ends. */
export const createByteSearch = (isOfLines: boolean): ByteSearch => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program));
  const room = new Uint8Array(exports.memory.buffer);
  const search: unknown = Reflect.get(exports, 'search');
  if (typeof search !== 'function') throw new TypeError('the search was not put together');
  return {
    *find(bytes, from, to) {
      for (let start = from; start < to; start += blockBytes) {
        const end = Math.min(start + blockBytes, to);
        const before = Math.min(start, 1);
        const held = bytes.subarray(start - before, Math.min(end + afterBytes, to));
        room[begin - 1] = 0;
        room.set(held, begin - before);
        // What stood here before is no part of it. The end of the last line is as it should be: who asks looks at the next.
        room.fill(0, begin - before + held.length, begin + (end - start) + afterBytes);
        if (end === to) room[begin + (end - start)] = '{'.charCodeAt(0);
        const count: number = search(end - start, isOfLines ? lineFeed : never);
        const found = new Uint32Array(exports.memory.buffer, foundAt, count).slice();
        for (const at of found) if (start + at < end) yield start + at;
      }
    },
  };
};
