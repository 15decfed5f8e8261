/** Whether bytes are as others are, but for some that may be any plain text: sixteen at a time, in WebAssembly. */
import {
  add,
  again,
  andAll,
  andNot,
  areEqual,
  areGreater,
  type FunctionCode,
  get,
  i32,
  isAny,
  isAtLeast,
  leave,
  loadSixteen,
  loop,
  number,
  orAll,
  select,
  set,
  sixteen,
  subtractEach,
  tee,
  v128,
  when,
  xorAll,
} from './log-instructions.ts';

const stepBytes = 16;
const [at, known, mask, last, index] = [0, 1, 2, 3, 4];
const [bytes, fixed] = [5, 6];

const load = (from: number) => [...get(from), ...get(index), ...add, ...loadSixteen(0)];
/** Nothing plain ends a string or spells a letter otherwise. */
const areNotPlain = [
  ...[...get(bytes), ...sixteen(' '), ...subtractEach, ...sixteen(String.fromCharCode(0x5e)), ...areGreater],
  ...[...get(bytes), ...sixteen('"'), ...areEqual, ...orAll],
  ...[...get(bytes), ...sixteen('\\'), ...areEqual, ...orAll],
];

/**
 * Takes where the bytes, the others, and a mask of those that must be equal are, and how many there are but for sixteen.
 * Gives 1 or 0.
 */
export const isLike: FunctionCode = {
  parameters: [i32, i32, i32, i32],
  result: i32,
  locals: [
    [1, i32],
    [2, v128],
  ],
  code: [
    ...loop(
      [...load(at), ...set(bytes), ...load(mask), ...set(fixed)],
      [...get(bytes), ...load(known), ...xorAll, ...get(fixed), ...andAll],
      [...areNotPlain, ...get(fixed), ...andNot, ...orAll, ...isAny],
      when([...number(0), ...leave]),
      [...get(index), ...get(last), ...isAtLeast],
      when([...number(1), ...leave]),
      // The last sixteen are looked at whole, some of them again.
      [...get(last), ...get(index), ...number(stepBytes), ...add, ...tee(index)],
      [...get(index), ...get(last), ...isAtLeast, ...select, ...set(index)],
      again(0),
    ),
    ...number(0),
  ],
};
