import { describe, expect, it } from 'vitest';
import {
  hasGlobMatch,
  hasMatch,
  step,
  toArnPattern,
  toPattern,
  toStart,
} from '../../shared/policy/pattern.ts';

const wild = (text: string) => [{ text, isLiteral: false }];

describe('a pattern', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'ab', false],
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['?*', 'a', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*c', 'abbc', true],
    ['a**c', 'ac', true],
    ['a*?c', 'ac', false],
    ['a*?c', 'abbc', true],
    ['*a*?*b', 'xaab', true],
    ['*a*?*b', 'xab', false],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'ab', false],
    ['a*b*c', 'acbcbc', true],
    ['a?c', 'a*c', true],
    ['A*', 'abc', false],
  ])('%s against %s is %s, by either way to match', (glob, value, isMatch) => {
    expect(hasMatch(toPattern(wild(glob)), value)).toBe(isMatch);
    expect(hasGlobMatch(glob, value)).toBe(isMatch);
  });

  it('may ignore case, on both sides', () => {
    expect(hasMatch(toPattern(wild('A*c'), true), 'abC')).toBe(true);
    expect(hasGlobMatch('A*c', 'abC', true)).toBe(true);
  });

  it('takes wildcards in literal parts as text', () => {
    const pattern = toPattern([...wild('a*'), { text: '*?', isLiteral: true }]);
    expect(hasMatch(pattern, 'ab*?')).toBe(true);
    expect(hasMatch(pattern, 'abcd')).toBe(false);
  });

  it.each([
    ['arn:aws:iam::*:role/x', 'arn:aws:iam::1:role/x', true],
    ['arn:aws:iam:*:role/x', 'arn:aws:iam::1:role/x', false],
    ['arn:aws:s?:::x', 'arn:aws:s3:::x', true],
    ['arn:aws:s3?::x', 'arn:aws:s3:::x', false],
    ['arn:aws:logs:*:1:group:*', 'arn:aws:logs:r:1:group:a:b', true],
    ['arn:aws:logs:r:1:*', 'arn:aws:logs:r:1:group:a', true],
    ['arn:aws:logs:r:*:a', 'arn:aws:logs:r:1:group:a', false],
    ['*', 'arn:aws:iam::1:role/x', true],
    ['*', 'no ARN', false],
    ['*x', 'arn:aws:iam::1:role/x', false],
  ])('for ARNs: %s against %s is %s', (text, arn, isMatch) => {
    expect(hasMatch(toArnPattern(wild(text)), arn)).toBe(isMatch);
  });

  it('takes a lone literal star for no ARN', () => {
    expect(hasMatch(toArnPattern([{ text: '*', isLiteral: true }]), 'arn:aws:iam::1:role/x')).toBe(false);
  });

  it('is settled once it matches whatever follows', () => {
    const start = toStart(toPattern(wild('a*')));
    expect([start.isSettled, step(start, 'a').isSettled, step(start, 'b').isSettled]).toEqual([
      false,
      true,
      false,
    ]);
    expect(toStart(toPattern(wild('?'))).isSettled).toBe(false);
    expect(toStart(toArnPattern(wild('a:*'))).isSettled).toBe(false);
    expect(step(step(toStart(toArnPattern(wild('a:*'))), 'a'), ':').isSettled).toBe(false);
  });

  it('has one state for one set of positions', () => {
    const start = toStart(toPattern(wild('*a')));
    expect(step(start, 'b')).toBe(start);
    expect(step(step(start, 'a'), 'a')).toBe(step(start, 'a'));
    expect(step(step(start, 'a'), 'b')).toBe(start);
    expect(step(start, 'a').number).not.toBe(start.number);
  });

  it('forgets what came before a star, once that reads', () => {
    const read = (text: string, pattern: ReturnType<typeof toPattern>) =>
      [...text].reduce(step, toStart(pattern));
    const free = toPattern(wild('*ab*c'));
    expect(read('ab', free)).toBe(read('aba', free));
    expect(read('a', free)).not.toBe(read('aab', free));
    const inSegment = toArnPattern(wild('*ab*c:'));
    expect(read('ab', inSegment)).not.toBe(read('aba', inSegment));
  });
});
