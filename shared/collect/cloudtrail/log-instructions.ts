/**
 * WebAssembly's instructions, as far as `log-walk.ts` needs them, each as its bytes.
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** Whole numbers as WebAssembly writes them: seven bits a byte, the lowest first, with their sign. */
const toLeb = (value: bigint): number[] => {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = rest === 0n ? low < 64 : rest === -1n && low >= 64;
  return isLast ? [low] : [low | 0x80, ...toLeb(rest)];
};
/** Lengths, indices and addresses are never negative. */
const toLength = (value: number): number[] =>
  value < 128 ? [value] : [(value & 0x7f) | 0x80, ...toLength(value >> 7)];
const toSized = (bytes: readonly number[]): number[] => [...toLength(bytes.length), ...bytes];
const toSection = (id: number, ...entries: number[][]): number[] => [
  id,
  ...toSized([...toLength(entries.length), ...entries.flat()]),
];

export const i32 = 0x7f;
export const i64 = 0x7e;
export const v128 = 0x7b;

export const get = (local: number) => [0x20, local];
export const set = (local: number) => [0x21, local];
export const tee = (local: number) => [0x22, local];
export const getGlobal = (index: number) => [0x23, index];
export const setGlobal = (index: number) => [0x24, index];
export const number = (value: number) => [0x41, ...toLeb(BigInt(value))];
export const long = (value: bigint) => [0x42, ...toLeb(BigInt.asIntN(64, value))];
export const block = (...inside: number[][]) => [0x02, 0x40, ...inside.flat(), 0x0b];
export const loop = (...inside: number[][]) => [0x03, 0x40, ...inside.flat(), 0x0b];
export const when = (...inside: number[][]) => [0x04, 0x40, ...inside.flat(), 0x0b];
export const otherwise = [0x05];
export const again = (depth: number) => [0x0c, depth];
export const leaveIf = (depth: number) => [0x0d, depth];
export const leave = [0x0f];
export const select = [0x1b];

export const isZero = [0x45];
export const [isUnequal, isLess, isAtLeast] = [[0x47], [0x48], [0x4f]];
export const [add, subtract] = [[0x6a], [0x6b]];
export const isZeroLong = [0x50];
export const [trailingZeros, countBits] = [[0x7a], [0x7b]];
export const [subtractLong, and, or, xor] = [[0x7d], [0x83], [0x84], [0x85]];
export const [shiftLeft, shiftSigned, shiftUnsigned] = [[0x86], [0x87], [0x88]];
export const [wrap, extendUnsigned] = [[0xa7], [0xad]];

export const loadTwo = [0x2f, 0, 0];
export const storeFour = (offset: number) => [0x36, 0, ...toLength(offset)];
export const loadSixteen = (offset: number) => [0xfd, 0, 0, ...toLength(offset)];
export const sixteen = (text: string) => [0xfd, 12, ...Buffer.from(text.padEnd(16, text), 'latin1')];
export const [areEqual, areGreater] = [
  [0xfd, 35],
  [0xfd, 40],
];
export const [subtractEach, greatest] = [
  [0xfd, 113],
  [0xfd, 121],
];
export const [andAll, andNot, orAll, xorAll] = [
  [0xfd, 78],
  [0xfd, 79],
  [0xfd, 80],
  [0xfd, 81],
];
export const [isAny, isEach] = [
  [0xfd, 83],
  [0xfd, 99],
];
export const toBits = [0xfd, 100];

const [functionKind, memoryKind, globalKind] = [0, 2, 3];
const toExport = (name: string, kind: number, at: number) => [...toSized([...Buffer.from(name)]), kind, at];
const zeroOf = (type: number) => (type === i32 ? number(0) : long(0n));
const pageBytes = 65_536;

export interface FunctionCode {
  parameters: number[];
  result: number;
  /** How many of which type, numbered after the parameters. */
  locals: [count: number, type: number][];
  code: number[];
}

interface Program {
  /** Their types, by their names: numbered in this order. */
  globals: Record<string, number>;
  functions: Record<string, FunctionCode>;
  memoryBytes: number;
}

/** Takes what a program consists of; gives its bytes. It exports all, and its memory. */
export const toProgram = ({ globals, functions, memoryBytes }: Program): Uint8Array => {
  const codes = Object.values(functions);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...toSection(1, ...codes.map(({ parameters, result }) => [0x60, ...toSized(parameters), 1, result])),
    ...toSection(3, ...codes.map((_, index) => [index])),
    ...toSection(5, [0, ...toLength(Math.ceil(memoryBytes / pageBytes))]),
    ...toSection(6, ...Object.values(globals).map((type) => [type, 1, ...zeroOf(type), 0x0b])),
    ...toSection(
      7,
      toExport('memory', memoryKind, 0),
      ...Object.keys(functions).map((name, index) => toExport(name, functionKind, index)),
      ...Object.keys(globals).map((name, index) => toExport(name, globalKind, index)),
    ),
    ...toSection(
      10,
      ...codes.map(({ locals, code }) => toSized([locals.length, ...locals.flat(), ...code, 0x0b])),
    ),
  ]);
};
