/** Which events were counted: of each a 53-bit number made from its id, sixteen bytes or so, however long its id is. */

const firstSize = 1024;
/** Fuller than that, a table is slow to search. */
const mostFilled = 0.6;

export interface SeenIds {
  /** Takes the text that tells an event from others, and a number mixed into it; gives whether it is new. */
  add: (text: string, salt: number) => boolean;
}

/** Two of a million different ids are taken for one with a chance of one in ten thousand. */
export const createSeenIds = (): SeenIds => {
  let table = new Float64Array(firstSize);
  let filled = 0;
  /** Open addressing: from its own place on to the first empty one. Zero is empty. */
  const put = (into: Float64Array, number: number): boolean => {
    for (let place = number % into.length; ; place = (place + 1) % into.length) {
      if (into[place] === number) return false;
      if (into[place] !== 0) continue;
      into[place] = number;
      return true;
    }
  };
  return {
    add: (text, salt) => {
      if (!put(table, toNumber(text, salt))) return false;
      filled += 1;
      if (filled > table.length * mostFilled) {
        const larger = new Float64Array(table.length * 2);
        for (const number of table) if (number !== 0) put(larger, number);
        table = larger;
      }
      return true;
    },
  };
};

/** cyrb53: https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js. Ids are not chosen by who calls. */
export const toNumber = (text: string, salt = 0): number => {
  let high = 0xdeadbeef ^ salt;
  let low = 0x41c6ce57 ^ salt;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0) + 1;
};
