/** Where one of many names is among some bytes: all are looked for at once, so that the hundredth costs little. */

type Find = (bytes: Buffer, start: number, end: number) => number;

/**
 * Takes ASCII names of at least two letters; gives where the last of them begins between `start` and `end`, or -1. A
 * record names its key in the end. Wu and Manber's way, backwards: the first two bytes of a window as long as the shortest
 * name tell how far it may be moved on. https://webglimpse.net/pubs/TR94-17.pdf
 */
export const createNameFinder = (names: readonly string[]): Find => {
  if (names.length === 0) return () => -1;
  const needles = names.map((name) => Buffer.from(name));
  const windowLength = Math.min(...needles.map(({ length }) => length), 255);
  const shifts = new Uint8Array(65_536).fill(windowLength - 1);
  const startingSo = new Map<number, Buffer[]>();
  for (const needle of needles) {
    const window = needle.subarray(-windowLength);
    for (let shift = 0; shift < windowLength - 1; shift += 1) {
      const pair = toPair(window, shift);
      shifts[pair] = Math.min(shifts[pair] ?? 0, shift);
      if (shift === 0) startingSo.set(pair, [...(startingSo.get(pair) ?? []), needle]);
    }
  }
  return (bytes, start, end) => {
    let first = end - windowLength;
    while (first >= start) {
      const pair = toPair(bytes, first);
      const shift = shifts[pair] ?? 0;
      if (shift > 0) {
        first -= shift;
        continue;
      }
      for (const needle of startingSo.get(pair) ?? []) {
        const at = first + windowLength - needle.length;
        if (at >= start && holds(bytes, at, needle)) return at;
      }
      first -= 1;
    }
    return -1;
  };
};

const toPair = (bytes: Buffer, first: number): number => ((bytes[first] ?? 0) << 8) | (bytes[first + 1] ?? 0);

const holds = (bytes: Buffer, at: number, needle: Buffer): boolean => {
  for (let index = 0; index < needle.length; index += 1)
    if (bytes[at + index] !== needle[index]) return false;
  return true;
};
