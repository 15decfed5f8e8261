import { describe, expect, it } from 'vitest';
import { type Progress, toPagesLeft, toShare } from '../../../shared/collect/cloudtrail/lookup-way.ts';

const windowMilliseconds = 1000;
/** A look-up of which one page was read, that showed so much of the window. */
const read = (readMilliseconds: number): Progress => ({ readMilliseconds, pages: 1, isWhole: false });
const whole: Progress = { readMilliseconds: 1000, pages: 1, isWhole: true };
const unread: Progress = { readMilliseconds: 0, pages: 0, isWhole: false };

describe('toPagesLeft', () => {
  it.each<[string, Progress, number]>([
    ['a look-up that is read', whole, 0],
    ['one whose page showed a tenth', read(100), 9],
    ['one whose page showed a third or so', read(300), 3],
    ['one that is nearly read', read(990), 1],
    ['one whose page showed no time at all', read(0), Number.POSITIVE_INFINITY],
    ['one of which nothing is read', unread, Number.POSITIVE_INFINITY],
    ['one of which two pages showed a tenth', { ...read(100), pages: 2 }, 18],
  ])('expects of %s what its density says', (_, progress, pages) => {
    expect(toPagesLeft(progress, windowMilliseconds)).toBe(pages);
  });
});

describe('toShare', () => {
  it.each<[string, Progress[], number, number]>([
    ['all read', [whole, whole], 10, 1],
    ['enough for all', [read(500), read(250)], 10, 1],
    ['too little for one', [read(100)], 4, 0.5],
    // The quiet one needs one of five, so the dense one has the other four.
    ['what a quiet one leaves', [read(100), read(500)], 5, (1 + 0.5) / 2],
    ['a dense one that never ends', [read(0), read(500)], 5, 0.5],
    ['no request left', [read(100), whole], 0, (1 + 0.1) / 2],
    ['a key that was not asked for', [unread, whole], 4, 0.5],
  ])('of look-ups with %s is a share', (_, lookUps, requests, share) => {
    expect(toShare(lookUps, windowMilliseconds, requests)).toBeCloseTo(share);
  });
});

describe('The way', () => {
  it.each<[string, Progress, Progress[], number, boolean]>([
    ['quiet keys among much noise', read(1), [whole, whole], 100, true],
    ['many keys that have all the events there are', read(200), Array(30).fill(read(500)), 100, false],
    ['a noisy key beside quiet ones', read(1), [read(1), whole, whole], 20, true],
    ['both whole', read(250), [read(500), whole], 100, false],
    ['neither ahead', read(500), [read(500)], 100, false],
  ])('for %s is by key: %#', (_, pass, byKey, requests, expected) => {
    const toOf = (lookUps: Progress[]) => toShare(lookUps, windowMilliseconds, requests);
    expect(toOf(byKey) > toOf([pass])).toBe(expected);
  });
});
