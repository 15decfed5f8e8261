import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEndFinder } from '../../../shared/collect/cloudtrail/log-walk.ts';

const hostile = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', 'é', ' ') });
const values = fc.array(
  fc.oneof(
    fc.dictionary(hostile, fc.oneof(hostile, fc.dictionary(hostile, hostile), fc.array(hostile)), {
      maxKeys: 4,
    }),
    fc.dictionary(hostile, fc.string({ unit: fc.constantFrom('\\', '"', '}'), minLength: 50 }), {
      maxKeys: 2,
    }),
  ),
  { maxLength: 12 },
);
/** Bytes are walked sixty-four at a time, and so many in a block. */
const blockBytes = 65_536;

const slice = (objects: readonly string[]) => {
  const bytes = Buffer.from(objects.join(','));
  const finder = createEndFinder();
  const found: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = finder.find(bytes, start);
    if (end === -1) break;
    found.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return { found, next: finder.find(bytes, bytes.length) };
};

describe('Objects of JSON side by side', () => {
  it('end where they were written to, whatever their strings hold', () => {
    fc.assert(
      fc.property(values, (all) => {
        const objects = all.map((one) => JSON.stringify(one));
        expect(slice(objects)).toEqual({ found: objects, next: -1 });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a string', 'x', 1],
    ['a run of backslashes', '\\', 2],
    ['braces in a string', '}', 1],
  ])('end there where a block ends in %s', (_, character, width) => {
    fc.assert(
      fc.property(values, fc.integer({ min: -140, max: 20 }), (all, more) => {
        const padding = character.repeat((blockBytes + more) / width);
        const objects = [{ padding: `${padding}"` }, ...all].map((one) => JSON.stringify(one));
        expect(slice(objects)).toEqual({ found: objects, next: -1 });
      }),
      { numRuns: 100 },
    );
  });

  it('have no end where the bytes are over before', () => {
    expect(slice(['{"a":{}}', '{"b":"}"', '']).found).toEqual(['{"a":{}}']);
  });
});
