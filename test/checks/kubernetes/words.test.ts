import { describe, expect, it } from 'vitest';
import { toCount, toList } from '../../../shared/checks/kubernetes/words.ts';

describe('lists in words', () => {
  it.each<[string[], number | undefined, string]>([
    [[], undefined, ''],
    [['a'], undefined, 'a'],
    [['a', 'a'], undefined, 'a'],
    [['a', 'b'], undefined, 'a and b'],
    [['a', 'b', 'c', 'd'], undefined, 'a, b, c and d'],
    [['a', 'b', 'c', 'd', 'e'], undefined, 'a, b, c and 2 more'],
    [['a', 'b', 'c', 'd'], 9, 'a, b, c and 6 more'],
    [['a'], 2, 'a and 1 more'],
  ])('of %j out of %s are "%s"', (names, total, words) => {
    expect(toList(names, total)).toBe(words);
  });

  it('count what they hold', () => {
    expect([0, 1, 2].map((count) => toCount(count, 'pod'))).toEqual(['0 pods', '1 pod', '2 pods']);
  });
});
