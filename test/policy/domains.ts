import type { KeyDomain } from '../../shared/policy/key-values.ts';
import { hasMatch, type Pattern } from '../../shared/policy/pattern.ts';

/** A domain in short: its options; `address`; or of a text what is suggested, whether it may be absent or a list. */
export function tellDomain(domain: KeyDomain): string {
  if (domain.kind === 'address') return 'address';
  if (domain.kind === 'options')
    return `one of ${domain.options.map((values) => values?.join('+') ?? 'absent').join(', ')}`;
  const { suggestions, canBeAbsent, isList } = domain;
  return `${isList ? 'list' : 'text'}${canBeAbsent ? ' or absent' : ''}: ${suggestions.join(', ')}`;
}

/** Of some texts, those that a text's domain has room for. */
export function toRoom(domain: KeyDomain, texts: string[]): string[] {
  if (domain.kind !== 'text') return [];
  const has = (patterns: Pattern[], text: string) => patterns.some((pattern) => hasMatch(pattern, text));
  return texts.filter(
    (text) => (domain.within.length === 0 || has(domain.within, text)) && !has(domain.without, text),
  );
}
