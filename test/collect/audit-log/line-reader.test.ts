import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuditEvent } from '../../../shared/activity/audit-event.ts';
import { createAuditRoom } from '../../../shared/collect/audit-log/audit-room.ts';
import { createLineReader } from '../../../shared/collect/audit-log/line-reader.ts';
import { getText, getWrittenAt, parseLine } from '../../../shared/collect/audit-log/line-text.ts';
import { recordedLines, toLine, toNode } from '../../activity/audit-lines.ts';
import { toRuns } from '../../runs.ts';

const parse = (text: string) => {
  const parsed = parseLine(text);
  const event = parsed === 'unreadable' ? parsed : parseAuditEvent(parsed);
  return { event, writtenAt: getWrittenAt(parsed) };
};
const createReader = () => {
  const read = createLineReader(createAuditRoom(0));
  return (text: string) => {
    const line = Buffer.from(text);
    const { event, own, writtenAt } = read(line, 0, line.length, line.indexOf('"secrets"'));
    return { event: typeof event === 'object' ? { ...event, ...own } : event, writtenAt };
  };
};
const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, '0')}.000001Z`;

describe('Lines about Secrets', () => {
  it('are read as if each were parsed, the first time and each time after', () => {
    const alike = Array.from({ length: 60 }, (_, second) =>
      toLine({
        at: at(second),
        ...(second % 3 === 0 ? { user: toNode() } : { code: second % 2 ? 403 : 200 }),
      }),
    );
    const texts = [...recordedLines, ...alike, ...recordedLines].map((line) => JSON.stringify(line));
    const read = createReader();
    for (const text of [...texts, ...texts.map((text) => `2026-11-20T10:00:00.000Z ${text}`)])
      expect(read(text)).toEqual(parse(text));
  });

  const text = JSON.stringify(toLine({ at: at(1) }));
  it.each<[what: string, changed: string]>([
    ['an id with an escape', text.replace(/"auditID":"[^"]*"/, String.raw`"auditID":"a\"b"`)],
    ['a second member of the id’s name', text.replace('"level"', '"more":{"auditID":"x"},"level"')],
    ['the id twice', text.replace(/}$/, ',"auditID":"second"}')],
    ['the id’s name within a string', text.replace('kubectl/', String.raw`\"auditID\":\"x\"`)],
    ...['requestReceivedTimestamp', 'stageTimestamp'].map((name): [string, string] => [
      `a ${name} of no day`,
      text.replace(`"${name}":"2026-11-20`, `"${name}":"2026-02-30`),
    ]),
    ['a time that is none', text.replaceAll(at(1), '2026-13-40T10:00:00Z')],
    ['a time of another zone', text.replaceAll(at(1), '2026-11-20T10:00:00+02:00')],
    ['an empty id', text.replace(/"auditID":"[^"]*"/, '"auditID":""')],
    ['other blanks', text.replaceAll('":', '": ')],
    [
      'members in another order',
      text.replace('"kind":"Event",', `"stageTimestamp":"${at(9)}","kind":"Event",`),
    ],
    ['no end', text.slice(0, -1)],
    ['another status', text.replace('"code":200', '"code":500')],
    ['a name that goes on', text.replace('"name":"stripe"', '"name":"stripe-2"')],
  ])('with %s are not taken for one before', (_, changed) => {
    expect(changed).not.toBe(text);
    const read = createReader();
    for (const line of [text, changed, text, changed]) expect(read(line)).toEqual(parse(line));
  });

  it.each([
    ['auditID', 'auditID', 'another'],
    ['stageTimestamp', 'stageTimestamp', at(9)],
    ['auditID', String.raw`audit\u0049D`, 'another'],
    ['stageTimestamp', String.raw`\u0073tageTimestamp`, at(9)],
  ])('that say their %s again, as %s, are as the last of both says', (name, spelled, other) => {
    const own = `"${name}":"${getText(JSON.parse(text), name)}"`;
    const twice = text.replace(/}$/, `,${own.replace(name, spelled)}}`);
    const changed = twice.replace(own, `"${name}":"${other.padEnd(own.length - name.length - 5, '-')}"`);
    const read = createReader();
    for (const line of [twice, changed]) expect(read(line)).toEqual(parse(line));
  });

  it('are read as if each were parsed when there is no room for more, too', () => {
    const read = createReader();
    for (const length of [...Array.from({ length: 80 }, (_, index) => 40_000 + index), 3_000_000]) {
      const line = JSON.stringify(toLine({ userAgent: 'a'.repeat(length) }));
      for (const one of [line, line]) expect(read(one)).toEqual(parse(one));
    }
  });

  it('are never taken for one before whose bytes are others', () => {
    const known = [text, JSON.stringify(toLine({ at: at(2), user: toNode(), code: 403 }))];
    const read = createReader();
    for (const line of known) read(line);
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 1 }), fc.constant('é')),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.array(change, { maxLength: 3 }),
        fc.boolean(),
        (line, changes, isExported) => {
          const changed = changes.reduce(
            (sum, [place, character]) =>
              sum.slice(0, place % sum.length) + character + sum.slice((place % sum.length) + 1),
            line,
          );
          const whole = isExported ? `2026-11-20T10:00:00.000Z ${changed}` : changed;
          expect(read(whole)).toEqual(parse(whole));
        },
      ),
      { numRuns: toRuns(400) },
    );
  });
});
