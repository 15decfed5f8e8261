/** Ids of events: the same for the same occurrence, and made fast, since a fleet's history has a hundred thousand. */
import { toHash } from '../names.ts';

const mix = (state: number): number => {
  let mixed = Math.imul(state ^ (state >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

const hexadecimal = Array.from({ length: 65_536 }, (_, number) => number.toString(16).padStart(4, '0'));
const toHigh = (number: number): string => hexadecimal[number >>> 16] ?? '';
const toLow = (number: number): string => hexadecimal[number & 0xffff] ?? '';
/** Four digits of which the first is set, as UUIDs tell their version and variant. */
const toMarked = (mark: number, number: number): string => hexadecimal[(mark << 12) | (number & 0xfff)] ?? '';

/** Takes a name; gives a function that gives a number from 0 to 2³² - 1 for each pair of numbers. */
export const toNumbers = (name: string): ((number: number, what?: number) => number) => {
  const seed = Number.parseInt(toHash(name).slice(0, 8), 16);
  return (number, what = 0) => mix(mix(seed ^ number) + Math.imul(what + 1, 0x9e3779b1));
};

/** Takes a name; gives a function that gives a UUID for each pair of numbers. */
export const toEventIds = (name: string): ((number: number, what?: number) => string) => {
  // Two generators: the states of one alone would meet another name's now and then.
  const [left, right] = [toNumbers(name), toNumbers(`${name}, right`)];
  return (number, what = 0) => {
    const a = left(number, what);
    const [b, c] = [right(number, what * 2), right(number, what * 2 + 1)];
    return `${toHigh(a)}${toLow(a)}-${toHigh(b)}-${toMarked(4, b)}-${toMarked(10, a)}-${toLow(b)}${toHigh(c)}${toLow(c)}`;
  };
};
