/**
 * Where bytes of an audit log have to be looked at: names of Secrets' resource, and ends of lines that look broken. Most
 * bytes are of neither kind, and JavaScript searches them slower than they are inflated; so this one loop is
 * WebAssembly, sixty-four bytes at a time.
 */
import {
  add,
  again,
  andAll,
  andNot,
  areEqual,
  block,
  type FunctionCode,
  get,
  i32,
  isAny,
  isAtLeast,
  isZero,
  leaveIf,
  loadSixteen,
  loop,
  number,
  orAll,
  set,
  sixteen,
  storeFour,
  subtract,
  toBits,
  v128,
  when,
} from '../cloudtrail/log-instructions.ts';

const stepBytes = 64;
/** So many bytes around those that are searched are looked at, and must be there; what they are makes no difference. */
export const aroundBytes = 128;

const [trailingZeros, and, or] = [[0x68], [0x71], [0x72]];
const [areAtMost, areEqualPairs, least] = [
  [0xfd, 42],
  [0xfd, 45],
  [0xfd, 119],
];

const [index, until, out, bits, isFound] = [0, 1, 2, 3, 4];
const parts = [5, 6, 7, 8];
/** What every step looks for stands in locals: V8 would put a constant together each time. */
const lineFeed = 9;
const pairs = { ec: 10, cr: 11, re: 12, et: 13 };

const is = (text: string) => [...sixteen(text), ...areEqual];
const arePairs = (pair: keyof typeof pairs) => [...get(pairs[pair]), ...areEqualPairs];
/** Addresses are never negative: bytes before the index are reached from a step before. */
const load = (place: number, by = 0) => [...get(index), ...loadSixteen(stepBytes + place * 16 + by)];
const join = (toPart: (part: number, place: number) => number[], by: number[]): number[] =>
  parts.flatMap((part, place) => [...toPart(part, place), ...(place === 0 ? [] : by)]);

/** The end of a line, but where } goes before it, and { or the 2 of a year comes after. */
const toBrokenEnds = (part: number, place: number): number[] => [
  ...[...get(part), ...get(lineFeed), ...areEqual, ...load(place, -1), ...is('}')],
  ...[...load(place, 1), ...is('{'), ...load(place, 1), ...is('2'), ...orAll],
  ...[...andAll, ...andNot],
];
/** The c of "s?c???s: what few names but that of Secrets have in common. */
const toNames = (part: number, place: number): number[] => [
  ...[...get(part), ...is('c'), ...load(place, -3), ...is('"'), ...andAll],
  ...[...load(place, -2), ...is('s'), ...andAll, ...load(place, 4), ...is('s'), ...andAll],
];
/** Bytes are compared by twos: in "secrets either ec is two of them, or cr is. */
const toPairs = (part: number): number[] => [
  ...[...get(part), ...arePairs('ec'), ...get(part), ...arePairs('cr'), ...orAll],
];
/** And re follows, or et. */
const toBothPairs = (part: number, place: number): number[] => [
  ...[...get(part), ...arePairs('ec'), ...load(place, 2), ...arePairs('re'), ...andAll],
  ...[...get(part), ...arePairs('cr'), ...load(place, 2), ...arePairs('et'), ...andAll, ...orAll],
];

/** In their order, ends and names among each other: who asks passes over what is in a line that was told. */
const tell = parts.flatMap((part, place) => [
  ...[...toBrokenEnds(part, place), ...toNames(part, place), ...orAll, ...toBits, ...set(bits)],
  ...block(
    loop(
      [...get(bits), ...isZero, ...leaveIf(1)],
      [...get(out), ...get(index), ...number(stepBytes + place * 16), ...add],
      [...get(bits), ...trailingZeros, ...add, ...storeFour(0)],
      [...get(out), ...number(4), ...add, ...set(out)],
      [...get(bits), ...get(bits), ...number(1), ...subtract, ...and, ...set(bits)],
      again(0),
    ),
  ),
]);

/**
 * Takes where to begin and to end, and where to write what is found: the c of each `"secrets`, and of some others, and
 * each end of a line that does not end with `}` or after which none begins with `{` or `2`. Gives where it wrote the
 * last. Looks at whole steps, and around them, whatever is there.
 */
export const search: FunctionCode = {
  parameters: [i32, i32, i32],
  result: i32,
  locals: [
    [2, i32],
    [9, v128],
  ],
  code: [
    ...[...sixteen('\n'), ...set(lineFeed)],
    ...Object.entries(pairs).flatMap(([pair, local]) => [...sixteen(pair), ...set(local)]),
    ...[...get(index), ...number(stepBytes), ...subtract, ...set(index)],
    ...[...get(until), ...number(stepBytes), ...subtract, ...set(until)],
    ...block(
      loop(
        [...get(index), ...get(until), ...isAtLeast, ...leaveIf(1)],
        parts.flatMap((part, place) => [...load(place), ...set(part)]),
        // Of what comes before it in ASCII, JSON holds nothing but tabs.
        [...number(0), ...set(isFound), ...join(get, least), ...get(lineFeed), ...areAtMost, ...isAny],
        when([...join(toBrokenEnds, orAll), ...isAny, ...set(isFound)]),
        [...join(toPairs, orAll), ...isAny],
        when([...join(toBothPairs, orAll), ...isAny, ...get(isFound), ...or, ...set(isFound)]),
        [...get(isFound)],
        when(tell),
        [...get(index), ...number(stepBytes), ...add, ...set(index)],
        again(0),
      ),
    ),
    ...get(out),
  ],
};
