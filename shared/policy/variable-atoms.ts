import { isTruth, type KeyDomain, toAtoms, toFamily } from './key-values.ts';
import type { Condition, PolicyVersion, Statement } from './policy.ts';
import { fillVariables, type Lookup, toTextParts, toVariableKeys } from './policy-variables.ts';
import { toFilling, toResourceAtoms } from './resource-atoms.ts';
import type { Atom } from './value-classes.ts';

/** What the answer may still hang on, and what the caller can make of each key. */
export type Taking = {
  statements: readonly Statement[];
  resource: string;
  version: PolicyVersion;
  lookup: Lookup;
  toDomain: (key: string) => KeyDomain;
};
type Taken = { atoms: Atom[]; isExact: boolean };

const nothing: Taken = { atoms: [], isExact: true };
const anything: Taken = { atoms: [], isExact: false };

/**
 * What is asked of a key because other texts take it in. Where aws:PrincipalAccount must equal
 * `${aws:PrincipalTag/owner}`, the tag must be able to be that account, and all that is asked of the account is asked
 * of the tag as well; where a resource does, the tag must be able to be that part of it. Not exact for texts that mix
 * wildcards or several unknown keys, nor where the other key is no text.
 */
export function toVariableAtoms(key: string, taking: Taking, behind: string[] = []): Taken {
  const { statements, resource, version, lookup } = taking;
  const taken = [toResourceAtoms(key, statements, resource, version, lookup)];
  for (const condition of statements.flatMap(({ conditions }) => conditions))
    for (const text of condition.values)
      if (toVariableKeys(text, version).includes(key))
        taken.push(toTaken(key, condition, text, taking, behind));
  return join(taken);
}

function toTaken(key: string, condition: Condition, text: string, taking: Taking, behind: string[]): Taken {
  const { version, lookup } = taking;
  if (toFamily(condition.operator) !== 'text') return anything;
  const hasWildcards = /Like|^Arn/.test(condition.operator);
  const parts = toTextParts(text, version).map((part) =>
    'variable' in part || hasWildcards ? part : { ...part, isLiteral: true },
  );
  const ignoresCase = /IgnoreCase|^Bool/.test(condition.operator);
  const known = toKnown(condition, taking);
  // Each on its own: to be the one value is another matter than to be any of them.
  if (known !== null) return join(known.map((value) => toFilling(key, parts, value, lookup, ignoresCase)));
  const bounds = toBounds(condition, taking, [...behind, key]);
  // The other key can then be made to match, or not to, whatever this one is.
  if (bounds.isExact && bounds.atoms.length === 0) return nothing;
  const place = parts.findIndex((part) => 'variable' in part && part.variable === key);
  const before = fillVariables(parts.slice(0, place), lookup);
  const after = fillVariables(parts.slice(place + 1), lookup);
  if (before === 'unresolved' || after === 'unresolved') return nothing;
  if (before === 'unknown' || after === 'unknown' || [...before, ...after].some(isWild)) return anything;
  const atoms = bounds.atoms.map((atom) => ({
    patterns: atom.patterns,
    before: `${atom.before}${toText(before)}`,
    after: `${toText(after)}${atom.after}`,
  }));
  return { atoms, isExact: bounds.isExact };
}

/** The values that the condition's key has, or can have where these are few. */
function toKnown({ key }: Condition, { statements, lookup, toDomain }: Taking): string[] | null {
  const values = lookup(key);
  if (Array.isArray(values)) return values;
  if (values === 'absent') return [];
  const domain = toDomain(key);
  if (domain.kind === 'options') return domain.options.flatMap((option) => option ?? []);
  return toAsked(statements, key).every(isTruth) ? ['true', 'false'] : null;
}

/** What is asked of the condition's key beside these values. */
function toBounds(condition: Condition, taking: Taking, behind: string[]): Taken {
  const { statements, version, lookup, toDomain } = taking;
  const { key } = condition;
  const domain = toDomain(key);
  if (domain.kind !== 'text' || behind.includes(key)) return anything;
  const others = toAsked(statements, key).filter(({ values }) => String(values) !== String(condition.values));
  const isText = others.every(({ operator }) => toFamily(operator) === 'text');
  const own = [domain.within, domain.without].flatMap((patterns) =>
    patterns.length === 0 ? [] : [{ patterns, before: '', after: '' }],
  );
  const deeper = toVariableAtoms(key, taking, behind);
  return {
    atoms: [...toAtoms(others, version, lookup), ...own, ...deeper.atoms],
    isExact: deeper.isExact && isText && !hasUnfilled(others, version, lookup),
  };
}

function toAsked(statements: readonly Statement[], key: string): Condition[] {
  return statements.flatMap(({ conditions }) =>
    conditions.filter((condition) => condition.key === key && condition.operator !== 'Null'),
  );
}

function join(taken: Taken[]): Taken {
  return { atoms: taken.flatMap(({ atoms }) => atoms), isExact: taken.every(({ isExact }) => isExact) };
}

const isWild = ({ text, isLiteral }: { text: string; isLiteral: boolean }) => !isLiteral && /[*?]/.test(text);
const toText = (parts: { text: string }[]) => parts.map(({ text }) => text).join('');

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
    .find((other) => !behind.includes(other) && lookup(other) === 'unknown');
  return taken === undefined ? key : toFirstTakenIn(taken, conditions, version, lookup, [...behind, key]);
}

/** Whether what a condition asks of its key hangs on another that is not known yet: its values are not all then. */
export function hasUnfilled(conditions: Condition[], version: PolicyVersion, lookup: Lookup): boolean {
  return conditions.some(({ values }) =>
    values.some((text) => toVariableKeys(text, version).some((other) => lookup(other) === 'unknown')),
  );
}
