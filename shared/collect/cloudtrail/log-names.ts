/** Where one of many names is among some bytes: all are looked for at once, so that the hundredth costs little. */

type Find = (bytes: Buffer, start: number, end: number) => number;

/**
 * Takes ASCII names of at least two letters; gives where the first of them begins between `start` and `end`, or -1. Wu and Manber's
 * way: the last two bytes of a window as long as the shortest name tell how far it may be moved on.
 * https://webglimpse.net/pubs/TR94-17.pdf
 */
export const createNameFinder = (names: readonly string[]): Find => {
  if (names.length === 0) return () => -1;
  const needles = names.map((name) => Buffer.from(name));
  const windowLength = Math.min(...needles.map(({ length }) => length), 255);
  const shifts = new Uint8Array(65_536).fill(windowLength - 1);
  const endingSo = new Map<number, Buffer[]>();
  for (const needle of needles)
    for (let last = 1; last < windowLength; last += 1) {
      const pair = toPair(needle, last);
      shifts[pair] = Math.min(shifts[pair] ?? 0, windowLength - 1 - last);
      if (last === windowLength - 1) endingSo.set(pair, [...(endingSo.get(pair) ?? []), needle]);
    }
  return (bytes, start, end) => {
    let last = start + windowLength - 1;
    while (last < end) {
      const pair = toPair(bytes, last);
      const shift = shifts[pair] ?? 0;
      if (shift > 0) {
        last += shift;
        continue;
      }
      for (const needle of endingSo.get(pair) ?? [])
        if (holds(bytes, last - windowLength + 1, end, needle)) return last - windowLength + 1;
      last += 1;
    }
    return -1;
  };
};

const toPair = (bytes: Buffer, last: number): number => ((bytes[last - 1] ?? 0) << 8) | (bytes[last] ?? 0);

const holds = (bytes: Buffer, at: number, end: number, needle: Buffer): boolean => {
  if (at + needle.length > end) return false;
  for (let index = 0; index < needle.length; index += 1)
    if (bytes[at + index] !== needle[index]) return false;
  return true;
};
