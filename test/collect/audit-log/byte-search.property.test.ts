import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuditRoom } from '../../../shared/collect/audit-log/audit-room.ts';
import { createTextParts } from '../../../shared/collect/audit-log/text-parts.ts';
import { toRuns } from '../../runs.ts';

const room = createAuditRoom(1);
const [memory = Buffer.alloc(0)] = room.pieces;

/** What would deceive who looks at some bytes only, or at many at once. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['"secrets"', '"secrets', '"secretz"', '"sxcxxxs', 'ecre', 'cret', '"s"secrets"', 'secrets"'],
        ...['}\n{', '}\n2', '\n\n', '}\r\n{', '\t\n', '\0\n', '}\n', '\n{', '\n', '\t', '\0', 'é', '\u2028'],
      ),
      fc.string({ unit: fc.constantFrom('"', 's', 'e', 'c', 'r', 't', '\n', '{', '}', '2', '\t', ' ') }),
      fc.string({ unit: 'binary', maxLength: 90 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));
/** As much before as takes what is hostile to the end of what is searched at once. */
const filler = fc
  .oneof({ weight: 4, arbitrary: fc.nat(130) }, fc.integer({ min: 65_300, max: 65_600 }))
  .map((length) => 'x'.repeat(length));

/** Where `bytes` must be told of, looked at one by one. */
const findEach = (bytes: Buffer, from: number, to: number): number[] => {
  const isBroken = (at: number): boolean =>
    (at > from && bytes[at - 1] !== 0x7d) ||
    (at + 1 < to && bytes[at + 1] !== 0x7b && bytes[at + 1] !== 0x32);
  const places = Array.from({ length: to - from }, (_, index) => from + index);
  return places.filter((at) =>
    bytes[at] === 0x0a
      ? isBroken(at)
      : at + 8 <= to && bytes[at] === 0x22 && bytes.toString('latin1', at, at + 8) === '"secrets',
  );
};

describe('The search of an audit log’s bytes', () => {
  it('finds each name and each broken end once and in order, wherever the bytes are', () => {
    fc.assert(
      fc.property(
        filler,
        hostile,
        fc.nat(70),
        fc.nat(70),
        fc.boolean(),
        (before, text, from, cut, isInRoom) => {
          const own = Buffer.from(before + text);
          const bytes = isInRoom ? memory.subarray(0, own.copy(memory)) : own;
          const to = Math.max(bytes.length - cut, 0);
          const found: number[] = [];
          room.find(bytes, from, to, (at) => found.push(at));
          const wanted = findEach(bytes, from, to);
          const isWanted = new Set(wanted);
          expect(found.filter((at) => isWanted.has(at))).toEqual(wanted);
          expect(found.every((at) => at > from - 4 && at < to)).toBe(true);
        },
      ),
      { numRuns: toRuns(100) },
    );
  });

  const line = fc.oneof(
    hostile.map((text) => text.replaceAll('\n', '')),
    hostile.map((text) => `{${text.replaceAll('\n', '')}}`),
    fc.constantFrom('"begins":"before"}', '{"ends":"later"'),
    fc.constantFrom('{}', '{"resource":"secrets"}', '2026-11-20T10:00:00.000Z {"a":"secrets"}', ''),
    fc.constant(`{"long":"${'y'.repeat(300)}"}`),
  );
  const isBroken = (text: string): boolean =>
    !/^[{2\r]/.test(text) || !/\}\r*$/.test(text) || text.includes('"secrets"');

  it('gives the lines that name Secrets or look broken, however they are cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 400 })),
        (lines, cuts) => {
          // The first decides what the file is.
          const bytes = Buffer.from([`{"kind":"Event","more":"${'z'.repeat(64)}"}`, ...lines, ''].join('\n'));
          const given: string[] = [];
          const parts = createTextParts(
            {
              onAny: () => false,
              onText: (text, begin, end, nameAt) => {
                given.push(text.toString('utf8', begin, end));
                if (nameAt !== -1) expect(text.toString('utf8', nameAt, nameAt + 9)).toBe('"secrets"');
              },
              onTooLong: () => expect.unreachable(),
            },
            room,
          );
          for (let at = 0, index = 0; at < bytes.length; index += 1) {
            const until = Math.min(at + (cuts[index % cuts.length] ?? bytes.length), bytes.length);
            const length = bytes.copy(memory, 0, at, until);
            parts.push(memory.subarray(0, length));
            memory.fill('"secrets"', 0, length);
            at = until;
          }
          parts.end();
          expect(given).toEqual(lines.filter((text) => text !== '' && isBroken(text)).map(toText));
        },
      ),
      { numRuns: toRuns(100) },
    );
  });
});

/** What no UTF-8 spells is told as it is read again. */
const toText = (text: string): string => Buffer.from(text).toString('utf8');
