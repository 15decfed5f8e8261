import { hasMatch, toPattern } from './pattern.ts';
import type { PolicyVersion, Statement } from './policy.ts';
import { fillVariables, type Lookup, type TextPart, toTextParts } from './policy-variables.ts';
import type { Atom } from './value-classes.ts';

// With wildcards on both sides of it a variable can be any part of an ARN.
const mostParts = 100;

/**
 * What the resources of statements ask of a key because their texts take it in: where `…:key/${aws:PrincipalTag/own}`
 * must be this key, the tag must be able to be the key's id. Not exact for texts that hang on other unknown keys too.
 */
export function toResourceAtoms(
  key: string,
  statements: readonly Statement[],
  resource: string,
  version: PolicyVersion,
  lookup: Lookup,
): { atoms: Atom[]; isExact: boolean } {
  const texts = statements.flatMap(({ resources, notResources }) => resources ?? notResources ?? []);
  const taken = [...new Set(texts)].map((text) =>
    toFilling(key, text.includes('$') ? toTextParts(text, version) : [], resource, lookup),
  );
  return { atoms: taken.flatMap(({ atoms }) => atoms), isExact: taken.every(({ isExact }) => isExact) };
}

/** What a text that takes a key in asks of it to match the whole. */
export function toFilling(
  key: string,
  parts: TextPart[],
  whole: string,
  lookup: Lookup,
  ignoresCase = false,
): { atoms: Atom[]; isExact: boolean } {
  const place = parts.findIndex((part) => 'variable' in part && part.variable === key);
  const before = fillVariables(parts.slice(0, Math.max(0, place)), lookup);
  const after = fillVariables(parts.slice(place + 1), lookup);
  if (place === -1 || before === 'unresolved' || after === 'unresolved') return { atoms: [], isExact: true };
  if (before === 'unknown' || after === 'unknown') return { atoms: [], isExact: false };
  const values = toPartsBetween(whole, toPattern(before, ignoresCase), toPattern(after, ignoresCase));
  if (values.length > mostParts) return { atoms: [], isExact: false };
  const patterns = values.map((value) => toPattern([{ text: value, isLiteral: true }], ignoresCase));
  return { atoms: patterns.length === 0 ? [] : [{ patterns, before: '', after: '' }], isExact: true };
}

/** Every text that stands in the whole between something that the first and something that the last pattern matches. */
function toPartsBetween(
  whole: string,
  first: ReturnType<typeof toPattern>,
  last: ReturnType<typeof toPattern>,
): string[] {
  const places = Array.from({ length: whole.length + 1 }, (_, place) => place);
  const starts = places.filter((place) => hasMatch(first, whole.slice(0, place)));
  const ends = places.filter((place) => hasMatch(last, whole.slice(place)));
  const parts = starts.flatMap((start) =>
    ends.flatMap((end) => (end > start ? whole.slice(start, end) : [])),
  );
  return [...new Set(parts)];
}
