import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnnotationFilter } from '../../../shared/collect/kubernetes/annotation-filter.ts';
import { toRuns } from '../../runs.ts';

const kept = ['kubernetes.io/service-account.name', 'eks.amazonaws.com/role-arn'];

/** The text without the values of annotations, filtered in chunks that end at the given places. */
const filter = (text: string | Buffer, cuts: readonly number[] = []): string => {
  const bytes = Buffer.from(text);
  const take = createAnnotationFilter();
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  const parts = ends.map((end, index) => Buffer.from(take(bytes.subarray(ends[index - 1] ?? 0, end))));
  return Buffer.concat(parts).toString();
};

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const isObject = (value: Json): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the filter must come to, done the plain way: parse, then blank. */
const blank = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(blank);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'annotations' && isObject(inner) ? blankObject(inner) : blank(inner),
    ]),
  );
};
const blankObject = (object: { [name: string]: Json }): Json =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      kept.includes(name) && typeof value === 'string' ? value : blankAll(value),
    ]),
  );
const blankAll = (value: Json): Json => {
  if (typeof value === 'string') return '';
  if (Array.isArray(value)) return value.map(blankAll);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, blankAll(inner)]));
};

const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('annotations', 'annotation', 'a', 'f:annotations', 'metadata', ...kept),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('annotations', '"annotations":{"', '\\', '\\"', '{', '}', '\u2028', '😀'),
);
const { value: anyJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), text),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Writes some characters of strings as escapes, names included, and space where JSON lets it stand. */
const disguise = (json: string, isEscaped: (index: number) => boolean): string => {
  let out = '';
  let isInString = false;
  const units = json.split('');
  for (let index = 0; index < units.length; index += 1) {
    const character = units[index] ?? '';
    if (isInString && character === '\\') {
      out += character + (units[index + 1] ?? '');
      index += 1;
    } else if (character === '"') {
      isInString = !isInString;
      out += character;
    } else if (isInString)
      out += isEscaped(index) ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
    else out += isEscaped(index) ? ` \r\n\t${character} ` : character;
  }
  return out;
};
/** Space may not stand within a number or a word, nor half a character outside an escape: such texts are left out. */
const isSame = (json: string, plain: string): boolean => {
  try {
    return json.isWellFormed() && JSON.stringify(JSON.parse(json)) === plain;
  } catch {
    return false;
  }
};

describe('the annotation filter', () => {
  it('gives what parsing and blanking would give, however the JSON is written and cut', () => {
    fc.assert(
      fc.property(
        anyJson,
        fc.option(fc.integer({ min: 1, max: 7 })),
        fc.array(fc.nat(), { maxLength: 12 }),
        (value, every, cuts) => {
          const plain = JSON.stringify(value);
          const disguised = every === null ? plain : disguise(plain, (index) => index % every === 0);
          const json = isSame(disguised, plain) ? disguised : plain;
          expect(JSON.parse(filter(json, cuts))).toEqual(blank(JSON.parse(json)));
        },
      ),
      { numRuns: toRuns(3000) },
    );
  });

  it('gives the same cut at every byte', () => {
    const json =
      '{"items":[{"metadata":{"annot\\u0061tions" : {"a\\"}":"s\\\\","kubernetes.io/service-account.name":"x\\"","n":{"m":["s"]}},"labels":{"annotations":"kept"}}}]}';
    const whole = filter(json);
    expect(JSON.parse(whole)).toEqual(blank(JSON.parse(json)));
    for (let cut = 0; cut < json.length; cut += 1) expect(filter(json, [cut])).toBe(whole);
    expect(
      filter(
        json,
        Array.from(json, (_, index) => index),
      ),
    ).toBe(whole);
  });

  it('leaves nothing of a value in the memory that it arrived in', () => {
    const chunk = Buffer.from('{"annotations":{"last":"S3CR3T-value"},"name":"stays"}');
    const take = createAnnotationFilter();
    expect(take(chunk).toString()).toBe('{"annotations":{"last":""},"name":"stays"}');
    expect(chunk.includes('S3CR3T')).toBe(false);
    expect(chunk.subarray(-12)).toEqual(Buffer.alloc(12));
  });

  it('takes the data out of what a real API server sends of a Secret that kubectl applied', () => {
    const recorded = readFileSync(
      new URL('../../recorded/kubernetes/secrets.table.include-metadata.json', import.meta.url),
    );
    expect(recorded.includes('UzNDUjNULVZBTFVFLWxlYWs')).toBe(true);
    const filtered = filter(recorded);
    expect(filtered).not.toContain('UzNDUjNULVZBTFVFLWxlYWs');
    expect(JSON.parse(filtered)).toEqual(blank(JSON.parse(recorded.toString())));
  });
});
