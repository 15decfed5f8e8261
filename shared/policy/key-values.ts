import { isWideRange, toAddresses } from './address-classes.ts';
import { toPatterns } from './condition.ts';
import { parseAddressRange, parseDate, parseNumber } from './condition-values.ts';
import { type Effort, effortOfPolicy } from './effort.ts';
import type { Condition, PolicyVersion } from './policy.ts';
import { fillVariables, type Lookup, toTextParts } from './policy-variables.ts';
import { type Atom, type TextSpace, toInstance, toRepresentatives } from './value-classes.ts';

/** What a caller can make of a condition key. `null` in options is: absent. */
export type KeyDomain =
  | { kind: 'options'; options: (string[] | null)[] }
  | ({ kind: 'text'; suggestions: string[]; canBeAbsent: boolean; isList: boolean } & TextSpace)
  /** An address on the internet that is nobody's own network. */
  | { kind: 'address' };

// Sets of more than this many classes would be combined into too many lists to try.
const maximumLists = 3_000;

/**
 * Values for a key that stand for everything the caller could make of it, as far as the conditions on it, and the
 * atoms that come from elsewhere (policy variables), can tell. Not exact where that could not be exhausted.
 */
export function toKeyValues(
  domain: KeyDomain,
  conditions: Condition[],
  foreignAtoms: Atom[],
  version: PolicyVersion,
  lookup: Lookup,
  effort: Effort = { left: effortOfPolicy },
): { values: (string[] | null)[]; isExact: boolean } {
  if (domain.kind === 'options') {
    return { values: domain.options, isExact: true };
  }
  const judging = conditions.filter(({ operator }) => operator !== 'Null');
  const families = new Set(judging.map(({ operator }) => toFamily(operator)));
  if (foreignAtoms.length > 0) families.add('text');
  const texts = toTexts(judging, version, lookup);
  if (domain.kind === 'address') {
    const ranges = texts.flatMap((text) => parseAddressRange(text) ?? []);
    const narrow = ranges.filter((range) => !isWideRange(range));
    effort.left -= ranges.length ** 2;
    const addresses = toAddresses(ranges.filter(isWideRange), narrow);
    return { values: [null, ...addresses.map((address) => [address])], isExact: !families.has('text') };
  }
  if (judging.length > 0 && judging.every(isTruth) && domain.within.length === 0) {
    return { values: [null, ['true'], ['false']], isExact: true };
  }
  const instances = judging.flatMap((condition) => toSuggestions(condition, version, lookup));
  const { values: plain, isComplete } = toRepresentatives(
    [...toAtoms(judging, version, lookup), ...foreignAtoms],
    domain,
    // All at once is what many `*part*` patterns together ask for.
    [...domain.suggestions, ...instances, instances.join('')],
    effort,
  );
  effort.left -= families.has('address') ? texts.length ** 2 : texts.length;
  const singles = [
    ...(families.has('number')
      ? toBetween(
          texts.flatMap((text) => parseNumber(text) ?? []),
          1,
          String,
        )
      : []),
    ...(families.has('date')
      ? toBetween(
          texts.flatMap((text) => parseDate(text) ?? []),
          86_400_000,
          (moment) => new Date(moment).toISOString(),
        )
      : []),
    ...(families.has('address')
      ? toAddresses(
          texts.flatMap((text) => parseAddressRange(text) ?? []),
          [],
        )
      : []),
    ...plain,
  ];
  const lists = domain.isList
    ? // A variable is none of several values.
      toLists(singles, Math.max(judging.length, foreignAtoms.length > 0 ? 2 : 0), effort)
    : { lists: singles.map((text) => [text]), isExact: true };
  return {
    values: [...(domain.canBeAbsent ? [null] : []), ...lists.lists],
    isExact: isComplete && lists.isExact && families.size <= 1,
  };
}

/**
 * Whether a condition asks no more than true or false. Bool compares text: beside other operators it is one of them, and
 * so it is on tags and the like, which can be any text.
 */
export function isTruth({ operator, key }: Condition): boolean {
  return operator === 'Bool' && /^(aws|kms):\w+$/.test(key);
}

/** The conditions on text as atoms, each condition's values together: no condition can tell them apart. */
export function toAtoms(conditions: Condition[], version: PolicyVersion, lookup: Lookup): Atom[] {
  return conditions.flatMap((condition) => {
    const patterns = toPatterns(condition, version, lookup);
    return patterns.length === 0 ? [] : [{ patterns, before: '', after: '' }];
  });
}

function toSuggestions(condition: Condition, version: PolicyVersion, lookup: Lookup): string[] {
  return toPatterns(condition, version, lookup).map(toInstance);
}

function toTexts(conditions: Condition[], version: PolicyVersion, lookup: Lookup): string[] {
  return conditions.flatMap(({ values }) =>
    values.flatMap((text) => {
      const parts = fillVariables(toTextParts(text, version), lookup);
      return Array.isArray(parts) ? parts.map((part) => part.text).join('') : [];
    }),
  );
}

export function toFamily(operator: Condition['operator']): 'text' | 'number' | 'date' | 'address' {
  if (operator.startsWith('Numeric')) {
    return 'number';
  }
  if (operator.startsWith('Date')) {
    return 'date';
  }
  return operator.endsWith('IpAddress') ? 'address' : 'text';
}

/** Every limit, a value between each two, and one beyond each end. */
function toBetween(limits: number[], margin: number, toText: (value: number) => string): string[] {
  const sorted = [...new Set(limits)].sort((left, right) => left - right);
  const values = sorted.flatMap((limit, index) => {
    const next = sorted[index + 1];
    return [
      ...(index === 0 ? [limit - margin] : []),
      limit,
      next === undefined ? limit + margin : (limit + next) / 2,
    ];
  });
  return values.map(toText);
}

/** Lists of up to as many values as there are conditions: each can ask for one value of its own, never for two. */
function toLists(
  singles: string[],
  longest: number,
  effort: Effort,
): { lists: string[][]; isExact: boolean } {
  let level: string[][] = singles.map((text) => [text]);
  const lists = [...level];
  for (let length = 2; length <= longest; length += 1) {
    level = level.flatMap((list) => {
      const rest = singles.slice(singles.indexOf(list.at(-1) ?? '') + 1);
      return rest.map((text) => [...list, text]);
    });
    effort.left -= level.length * length;
    if (lists.length + level.length > maximumLists) {
      return { lists, isExact: false };
    }
    lists.push(...level);
  }
  return { lists, isExact: true };
}
