import type { PolicyVersion } from './policy.ts';

/** A piece of a policy's text: itself, or a variable to be filled in from the request. */
export type TextPart = { text: string; isLiteral: boolean } | { variable: string; fallback: string | null };

/** What a request says about a key: its values, that it is absent, or nothing. */
export type Lookup = (key: string) => string[] | 'absent' | 'unknown';

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
const placeholder = /\$\{\s*([^}]*?)\s*\}/g;

/** Splits text at its policy variables. The older language has none: there `${…}` is text like any other. */
export function toTextParts(text: string, version: PolicyVersion): TextPart[] {
  if (version === '2008-10-17' || !text.includes('${')) {
    return [{ text, isLiteral: false }];
  }
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(placeholder)) {
    const [whole, inside = ''] = found;
    if (found.index > end) {
      parts.push({ text: text.slice(end, found.index), isLiteral: false });
    }
    parts.push(toPart(inside));
    end = found.index + whole.length;
  }
  if (end < text.length) {
    parts.push({ text: text.slice(end), isLiteral: false });
  }
  return parts;
}

function toPart(inside: string): TextPart {
  if (inside === '*' || inside === '?' || inside === '$') {
    return { text: inside, isLiteral: true };
  }
  const [, key = inside, fallback = null] = /^(.*?)\s*,\s*'(.*)'$/s.exec(inside) ?? [];
  return { variable: key.toLowerCase(), fallback };
}

/** The keys whose values a text takes in. */
export function toVariableKeys(text: string, version: PolicyVersion): string[] {
  return toTextParts(text, version).flatMap((part) => ('variable' in part ? [part.variable] : []));
}

/**
 * Fills the variables in. Values are literal: a `*` in a tag is no wildcard. `unresolved` when a variable's key is
 * absent, or has several values, and no default is given: such a text matches nothing.
 */
export function fillVariables(
  parts: TextPart[],
  lookup: Lookup,
): { text: string; isLiteral: boolean }[] | 'unknown' | 'unresolved' {
  const filled: { text: string; isLiteral: boolean }[] = [];
  let isUnknown = false;
  for (const part of parts) {
    if (!('variable' in part)) {
      filled.push(part);
      continue;
    }
    const values = lookup(part.variable);
    const value = Array.isArray(values) && values.length === 1 ? values[0] : part.fallback;
    if (values === 'unknown') {
      isUnknown = true;
    } else if (value === null || value === undefined) {
      return 'unresolved';
    } else {
      filled.push({ text: value, isLiteral: true });
    }
  }
  return isUnknown ? 'unknown' : filled;
}
