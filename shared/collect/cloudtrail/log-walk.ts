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
  type FunctionCode,
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
  trailingZeros,
  v128,
  when,
  wrap,
  xor,
} from './log-instructions.ts';

export const stepBytes = 64;
/** After what is walked, so much is looked at: a name may begin in its last byte. */
export const aheadBytes = 32;
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

/** What is known between one walk and the next. */
export const walkGlobals = {
  depth: i32,
  inside: i64,
  escaped: i64,
  named: i64,
  /** Where the object began that is not over. */
  start: i32,
  /** Where the walk stopped, or 0. */
  stop: i32,
};

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

/**
 * Takes where to begin and to end, whole steps apart, the two bytes after an object with which it goes on, and where to
 * write the objects that are named: of each, where it begins and ends. Gives where it wrote the last.
 */
export const walk: FunctionCode = {
  parameters: [i32, i32, i32, i32],
  result: i32,
  locals: [
    [2, i32],
    [9, i64],
    [9, v128],
  ],
  code,
};
