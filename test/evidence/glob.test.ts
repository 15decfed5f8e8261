import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGlobMatch } from '../../shared/evidence/glob.ts';

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/mrk-1234';

describe('isGlobMatch', () => {
  it.each([
    ['*', '', true],
    ['*', keyArn, true],
    ['arn:aws:kms:*:*:key/*', keyArn, true],
    ['arn:*', keyArn, true],
    ['*/break-glass', 'arn:aws:iam::111122223333:role/path/break-glass', true],
    ['test-*', 'test-1', true],
    ['test-*', 'prod-test-1', false],
    ['test-?', 'test-1', true],
    ['test-?', 'test-', false],
    ['a?c', 'a/c', true],
    ['*..', 'a/..', true],
    ['a*b*c', 'a-b-b-d-c', true],
    ['a*b*c', 'a-b-b-d', false],
    ['a[b]c', 'a[b]c', true],
    ['a[b]c', 'abc', false],
    ['a(b){c,d}', 'a(b){c,d}', true],
    ['a(b)', 'ab', false],
    ['!a', 'b', false],
    ['a.c', 'abc', false],
    ['line*end', 'line\nend', true],
    ['', '', true],
    ['', 'a', false],
  ])('%j on %j gives %j', (glob, value, expected) => {
    expect(isGlobMatch(glob, value)).toBe(expected);
  });

  it('agrees with a regular expression on every glob and value', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '?', '*', '[', '.'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (glob, value) => {
        const source = glob.replace(/[.[]/g, '\\$&').replaceAll('?', '[^]').replaceAll('*', '[^]*');
        expect(isGlobMatch(glob, value)).toBe(new RegExp(`^${source}$`).test(value));
      }),
    );
  });

  it('answers at once where a backtracking matcher would not', () => {
    expect(isGlobMatch('*a'.repeat(50), `${'a'.repeat(5_000)}b`)).toBe(false);
  });
});
