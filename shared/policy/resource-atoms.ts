import { hasMatch, toPattern } from './pattern.ts';
import type { PolicyVersion, Statement } from './policy.ts';
import { fillVariables, type Lookup, toTextParts } from './policy-variables.ts';
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
  const atoms: Atom[] = [];
  let isExact = true;
  const texts = statements.flatMap(({ resources, notResources }) => resources ?? notResources ?? []);
  for (const text of new Set(texts)) {
    const parts = text.includes('$') ? toTextParts(text, version) : [];
    const place = parts.findIndex((part) => 'variable' in part && part.variable === key);
    if (place === -1) continue;
    const before = fillVariables(parts.slice(0, place), lookup);
    const after = fillVariables(parts.slice(place + 1), lookup);
    if (before === 'unresolved' || after === 'unresolved') continue;
    const values =
      before === 'unknown' || after === 'unknown'
        ? null
        : toPartsBetween(resource, toPattern(before), toPattern(after));
    if (values === null || values.length > mostParts) isExact = false;
    else if (values.length > 0) {
      const patterns = values.map((value) => toPattern([{ text: value, isLiteral: true }]));
      atoms.push({ patterns, before: '', after: '' });
    }
  }
  return { atoms, isExact };
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
