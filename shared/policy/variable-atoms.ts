import { type KeyDomain, toAtoms } from './key-values.ts';
import { type Pattern, toPattern } from './pattern.ts';
import type { Condition, PolicyVersion } from './policy.ts';
import { type Lookup, type TextPart, toTextParts, toVariableKeys } from './policy-variables.ts';
import type { Atom } from './value-classes.ts';

/**
 * What conditions on other keys ask of this key because their values take it in: where aws:PrincipalAccount must
 * equal `${aws:PrincipalTag/owner}`, the tag must be able to be that account, and all that other conditions ask of
 * the account is asked of the tag as well. Not exact for values that mix wildcards or several variables.
 */
export function toForeignAtoms(
  key: string,
  conditions: Condition[],
  version: PolicyVersion,
  lookup: Lookup,
  toDomain: (key: string) => KeyDomain,
): { atoms: Atom[]; isExact: boolean } {
  const atoms: Atom[] = [];
  let isExact = true;
  for (const condition of conditions) {
    for (const text of condition.values) {
      const parts = toTextParts(text, version);
      const place = parts.findIndex((part) => 'variable' in part && part.variable === key);
      if (place === -1) {
        continue;
      }
      const before = toLiteral(parts.slice(0, place), condition);
      const after = toLiteral(parts.slice(place + 1), condition);
      const isText = /^(String|Arn|Bool|Binary)/.test(condition.operator);
      if (before === null || after === null || !isText || condition.key === key) {
        isExact = false;
        continue;
      }
      const values = lookup(condition.key);
      const domain = toDomain(condition.key);
      const possible = Array.isArray(values)
        ? values
        : domain.kind === 'options'
          ? domain.options.flat()
          : null;
      if (possible !== null) {
        // Each on its own: to be the one value is another matter than to be any of them.
        const literals = possible.flatMap((value) => (value === null ? [] : [toLiteralPattern(value)]));
        atoms.push(...literals.map((pattern) => ({ patterns: [pattern], before, after })));
        continue;
      }
      const others = conditions.filter((other) => other.key === condition.key && other !== condition);
      atoms.push(...toAtoms(others, version, lookup).map(({ patterns }) => ({ patterns, before, after })));
      if (domain.kind === 'text' && domain.within.length > 0) {
        atoms.push({ patterns: domain.within, before, after });
      }
    }
  }
  return { atoms, isExact };
}

/**
 * The key to choose before this one: what conditions on it take in and is not known yet, whichever statement they
 * stand in, or the key itself. Two keys that take in each other have no first: see hasUnfilled.
 */
export function toFirstTakenIn(
  key: string,
  conditions: Condition[],
  version: PolicyVersion,
  lookup: Lookup,
  behind: string[] = [],
): string {
  const taken = conditions
    .filter((condition) => condition.key === key)
    .flatMap(({ values }) => values.flatMap((text) => toVariableKeys(text, version)))
    .find((other) => other !== key && !behind.includes(other) && lookup(other) === 'unknown');
  return taken === undefined ? key : toFirstTakenIn(taken, conditions, version, lookup, [...behind, key]);
}

/** Whether what a condition asks of its key hangs on another that is not known yet: its values are not all then. */
export function hasUnfilled(conditions: Condition[], version: PolicyVersion, lookup: Lookup): boolean {
  return conditions.some(({ values }) =>
    values.some((text) => toVariableKeys(text, version).some((other) => lookup(other) === 'unknown')),
  );
}

function toLiteral(parts: TextPart[], { operator }: Condition): string | null {
  const hasWildcards = /Like|^Arn/.test(operator);
  let literal = '';
  for (const part of parts) {
    if ('variable' in part || (hasWildcards && !part.isLiteral && /[*?]/.test(part.text))) {
      return null;
    }
    literal += part.text;
  }
  return literal;
}

function toLiteralPattern(text: string): Pattern {
  return toPattern([{ text, isLiteral: true }], true);
}
