/** What zod found wrong in a configuration, as mistakes a person can find: one place, one sentence each. */
import { type Document, isMap, isNode, isPair, type LineCounter } from 'yaml';
import { z } from 'zod';
import { toNearestName } from './nearest-name.ts';

export interface Mistake {
  path: PropertyKey[];
  message: string;
  /** Whether the name at the path is wrong, not its value. */
  isKey: boolean;
}

export type Locate = (path: readonly PropertyKey[], isKey: boolean) => { line: number; col: number };
type Issue = z.core.$ZodIssue;

/** Takes zod's issues and the schema they came from (for its names); gives one mistake for each. */
export const toMistakes = (issues: readonly Issue[], schema: z.ZodType): Mistake[] => {
  const names = z.toJSONSchema(schema, { io: 'input' });
  return issues.flatMap((issue) => toIssueMistakes(issue, [], names));
};

const toIssueMistakes = (
  issue: Issue,
  prefix: PropertyKey[],
  schema: z.core.JSONSchema.JSONSchema,
): Mistake[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = toNames(schema, path);
    return issue.keys.map((key) => {
      const nearest = toNearestName(key, known);
      const hint = nearest ? `did you mean ${nearest}?` : `known are ${known.join(', ')}`;
      return { path: [...path, key], message: `this name is not known; ${hint}`, isKey: true };
    });
  }
  if (issue.code === 'invalid_union') {
    // The branch that the writer meant is the one that got as far as a part of the value.
    const meant = issue.errors.find((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    if (meant) return meant.flatMap((inner) => toIssueMistakes(inner, path, schema));
    const expected = issue.errors.flatMap((branch) => branch.map(toExpectation));
    return [{ path, message: `${toChoice([...new Set(expected)])} is expected`, isKey: false }];
  }
  return [{ path, message: toMessage(issue), isKey: false }];
};

const toMessage = (issue: Issue): string => {
  const expected = toExpectation(issue);
  // What the schema says in words of its own is a whole sentence.
  if (expected === issue.message) return expected;
  if (issue.input === undefined) return 'this is missing';
  // A number where text is meant is mostly an account.
  const isUnquoted = expected === nouns.string && typeof issue.input === 'number';
  return `${expected} is expected${isUnquoted ? '; put it in quotes' : ''}`;
};

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: '`name: value`',
  record: '`name: value`',
};

/** `a`, `a or b`, `a, b or c` */
const toChoice = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** What would have been right at the place of an issue. */
const toExpectation = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return nouns[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return toChoice(issue.values.map(String));
    case 'too_small':
      return issue.origin === 'string' ? 'text that is not empty' : `a number not below ${issue.minimum}`;
    case 'too_big':
      return `a number not above ${issue.maximum}`;
    default:
      return issue.message;
  }
};

/** The names that an object of the schema may have at a path. */
const toNames = (schema: z.core.JSONSchema.JSONSchema, path: readonly PropertyKey[]): string[] => {
  let candidates = [schema];
  const spread = (one: z.core.JSONSchema.JSONSchema): z.core.JSONSchema.JSONSchema[] =>
    one.anyOf ? one.anyOf.flatMap(spread) : [one];
  for (const part of path)
    candidates = candidates
      .flatMap(spread)
      .flatMap((one) => {
        const next =
          typeof part === 'number' ? one.items : (one.properties?.[String(part)] ?? one.additionalProperties);
        return Array.isArray(next) ? next : [next];
      })
      .filter((next) => typeof next === 'object');
  return candidates.flatMap(spread).flatMap((one) => Object.keys(one.properties ?? {}));
};

/** Takes a parsed document; gives the function that finds a path in it, or the nearest part that exists. */
export const toLocate =
  (document: Document, lineCounter: LineCounter): Locate =>
  (path, isKey) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const parent = document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      // A name's own place, not that of its value, is where a wrong name stands.
      const pair =
        isKey && length === path.length && isMap(parent)
          ? parent.items.find((item) => isPair(item) && String(item.key) === key)
          : undefined;
      const node = pair
        ? pair.key
        : length === 0
          ? document.contents
          : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]);
    }
    return { line: 1, col: 1 };
  };
