import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogRoom } from '../../../shared/collect/cloudtrail/log-room.ts';
import { createRecordScanner } from '../../../shared/collect/cloudtrail/log-scanner.ts';
import { toRuns } from '../../runs.ts';

const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', 'k', 'é', ' ') }),
  fc.constantFrom(
    'kms.amazonaws.com',
    '"kms.amazonaws.com"',
    'xkms.amazonaws.com',
    '\\"kms.amazonaws.com',
    'kms.amazon',
  ),
);
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

/** Whether a name or value of an object begins so. */
const namesKms = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.startsWith('kms.amazonaws.com')
    : typeof value === 'object' && value !== null && Object.entries(value).flat().some(namesKms);

const found: string[] = [];
const scanner = createRecordScanner(createLogRoom(), (bytes, start, end) =>
  found.push(bytes.toString('utf8', start, end)),
);
const scan = (text: string, pieceBytes = text.length * 4 + 1) => {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += pieceBytes)
    scanner.push(bytes.subarray(from, from + pieceBytes));
  return { ended: scanner.end(), found: found.splice(0) };
};
const whole = { isGarbage: false, isTorn: false, tooLong: 0 };

const layouts: [name: string, toText: (all: string[]) => string, times?: number][] = [
  ['a list', (all) => `{"Records":[${all.join(',')}]}`],
  ['a list before other things', (all) => `{"Records":[${all.join(',')}],"a":{"b":["}"]}}\n`],
  ['a list with spaces', (all) => ` { "Records" : [ ${all.join(' ,\n ')} ] } `],
  ['lines', (all) => all.map((one) => `${one}\n`).join('')],
  ['lists', (all) => all.map((one) => `{"Records":[${one},${one}]}`).join('\n'), 2],
];

describe('Records of a log file', () => {
  it.each(layouts)('that name KMS are found in %s, whatever their strings hold', (_, toText, times = 1) => {
    fc.assert(
      fc.property(values, fc.constantFrom(1 << 20, 100, 64, 7, 1), (all, pieceBytes) => {
        const texts = all.map((one) => JSON.stringify(one));
        const named = all.flatMap((one, index) => (namesKms(one) ? Array(times).fill(texts[index]) : []));
        expect(scan(toText(texts), pieceBytes)).toEqual({ ended: whole, found: named });
      }),
      { numRuns: toRuns(200) },
    );
  });

  it.each([
    ['a string', 'x', 1],
    ['a run of backslashes', '\\', 2],
    ['braces in a string', '}', 1],
    ['the name of KMS', 'kms.amazonaws.com', 17],
  ])('are found where a block ends in %s', (_, characters, width) => {
    fc.assert(
      fc.property(values, fc.integer({ min: -140, max: 20 }), (all, more) => {
        const padding = ' '.repeat(more + 140) + characters.repeat((blockBytes - 140) / width);
        const objects = [{ padding: [`${padding}"`, 'kms.amazonaws.com'] }, ...all];
        const texts = objects.map((one) => JSON.stringify(one));
        const named = objects.flatMap((one, index) => (namesKms(one) ? [texts[index]] : []));
        expect(scan(`{"Records":[${texts}]}`)).toEqual({ ended: whole, found: named });
      }),
      { numRuns: toRuns(100) },
    );
  });

  it.each([
    ['in a record', '{"Records":[{"a":"kms.amazonaws.com"},{"b":"}', { isTorn: true }],
    ['in a list', '{"Records":[{"a":"kms.amazonaws.com"}', { isTorn: true }],
    ['behind a list', '{"Records":[{"a":"kms.amazonaws.com"}]', { isTorn: true }],
    ['with what is no record', '{"Records":[{"a":"kms.amazonaws.com"},7]}', { isGarbage: true }],
    [
      'with a comma between lists',
      '{"a":"kms.amazonaws.com"},{"a":"kms.amazonaws.com"}',
      { isGarbage: true },
    ],
  ])('come before where a file ends %s', (_, text, how) => {
    expect(scan(text)).toEqual({ ended: { ...whole, ...how }, found: ['{"a":"kms.amazonaws.com"}'] });
  });

  it('are left out where they are too long, and those behind them are found', () => {
    const one = '{"a":"kms.amazonaws.com"}';
    const long = `{"a":"kms.amazonaws.com","b":"${'{'.repeat(5_000_000)}"}`;
    for (const pieceBytes of [1 << 20, 6_000_000])
      expect(scan(`{"Records":[${one},${long},${one},${long}]}`, pieceBytes)).toEqual({
        ended: { ...whole, tooLong: 2 },
        found: [one, one],
      });
    expect(scan(`${long}\n${one}`)).toEqual({ ended: { ...whole, tooLong: 1 }, found: [one] });
  });
});
