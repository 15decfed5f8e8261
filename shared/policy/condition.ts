import { hasRange, parseAddressRange, parseDate, parseNumber } from './condition-values.ts';
import { hasMatch, type Pattern, toArnPattern, toPattern } from './pattern.ts';
import type { BaseOperator, Condition, PolicyVersion } from './policy.ts';
import { fillVariables, type Lookup, type TextPart, toTextParts } from './policy-variables.ts';
import { and, not, or, type Truth } from './truth.ts';

/** Whether one condition holds for what a request says. */
export function evaluateCondition(condition: Condition, version: PolicyVersion, lookup: Lookup): Truth {
  const values = lookup(condition.key);
  if (values === 'unknown') {
    return 'unknown';
  }
  if (condition.operator === 'Null') {
    const isNull = values === 'absent';
    return condition.values.some((value) => (value.toLowerCase() === 'true') === isNull);
  }
  if (values === 'absent') {
    return isTrueWhenAbsent(condition);
  }
  const matches = values.map((value) => evaluateValue(condition, version, value, lookup));
  const isNegated = isNegatedOperator(condition.operator);
  switch (condition.qualifier) {
    case 'ForAllValues':
      return and(isNegated ? matches.map(not) : matches);
    case 'ForAnyValue':
      return or(isNegated ? matches.map(not) : matches);
    case null: {
      // Without a qualifier AWS promises nothing for several values; any of them matching is the common reading.
      const any = or(matches);
      return isNegated ? not(any) : any;
    }
  }
}

/**
 * A key that the request lacks fails a plain operator and passes a negated one, an …IfExists, and, since there is
 * no value to object to, ForAllValues.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
function isTrueWhenAbsent({ operator, ifExists, qualifier }: Condition): boolean {
  if (ifExists || qualifier === 'ForAllValues') {
    return true;
  }
  return qualifier === null && isNegatedOperator(operator);
}

function isNegatedOperator(operator: BaseOperator): boolean {
  return operator.includes('Not');
}

function evaluateValue(condition: Condition, version: PolicyVersion, value: string, lookup: Lookup): Truth {
  return or(
    condition.values.values().map((text): Truth => {
      const fixed = getFixedPattern(condition, text);
      if (fixed !== null) {
        return hasMatch(fixed, value);
      }
      const filled = fillVariables(toTextParts(text, version), lookup);
      if (filled === 'unresolved') {
        return false;
      }
      return filled === 'unknown' ? 'unknown' : hasValueMatch(condition.operator, filled, value);
    }),
  );
}

/** The patterns of a condition on text, but for values whose variables are not known or have no value. */
export function toPatterns(condition: Condition, version: PolicyVersion, lookup: Lookup): Pattern[] {
  return condition.values.flatMap((text) => {
    const fixed = getFixedPattern(condition, text);
    if (fixed !== null) {
      return [fixed];
    }
    const parts = fillVariables(toTextParts(text, version), lookup);
    return Array.isArray(parts) ? (toValuePattern(condition.operator, parts) ?? []) : [];
  });
}

const fixedPatterns = new WeakMap<Condition, Map<string, Pattern | null>>();

/** The pattern of a text without variables, made once: every caller and value of every question is held against it. */
function getFixedPattern(condition: Condition, text: string): Pattern | null {
  const patterns = fixedPatterns.get(condition) ?? new Map<string, Pattern | null>();
  fixedPatterns.set(condition, patterns);
  const known = patterns.get(text);
  if (known !== undefined) {
    return known;
  }
  const pattern = text.includes('${')
    ? null
    : toValuePattern(condition.operator, [{ text, isLiteral: false }]);
  patterns.set(text, pattern);
  return pattern;
}

/** The positive half of an operator: StringNotLike asks the same of a value as StringLike. */
function hasValueMatch(
  operator: BaseOperator,
  parts: Exclude<TextPart, { variable: string }>[],
  value: string,
): boolean {
  const pattern = toValuePattern(operator, parts);
  if (pattern !== null) {
    return hasMatch(pattern, value);
  }
  const text = parts.map((part) => part.text).join('');
  if (operator.endsWith('IpAddress')) {
    const [range, address] = [parseAddressRange(text), parseAddressRange(value)];
    return range !== null && address !== null && hasRange(range, address);
  }
  const parse = operator.startsWith('Date') ? parseDate : parseNumber;
  const [limit, actual] = [parse(text), parse(value)];
  return limit !== null && actual !== null && hasOrder(operator, actual, limit);
}

/** The pattern an operator compares with, or null where it compares numbers, dates or addresses. */
function toValuePattern(
  operator: BaseOperator,
  parts: { text: string; isLiteral: boolean }[],
): Pattern | null {
  const literal = parts.map(({ text }) => ({ text, isLiteral: true }));
  switch (operator) {
    case 'StringEquals':
    case 'StringNotEquals':
    case 'BinaryEquals':
      return toPattern(literal);
    case 'StringEqualsIgnoreCase':
    case 'StringNotEqualsIgnoreCase':
    case 'Bool':
      return toPattern(literal, true);
    case 'StringLike':
    case 'StringNotLike':
      return toPattern(parts);
    case 'ArnEquals':
    case 'ArnNotEquals':
    case 'ArnLike':
    case 'ArnNotLike':
      return toArnPattern(parts);
    default:
      return null;
  }
}

function hasOrder(operator: BaseOperator, actual: number, limit: number): boolean {
  if (operator.endsWith('LessThan')) {
    return actual < limit;
  }
  if (operator.endsWith('LessThanEquals')) {
    return actual <= limit;
  }
  if (operator.endsWith('GreaterThan')) {
    return actual > limit;
  }
  if (operator.endsWith('GreaterThanEquals')) {
    return actual >= limit;
  }
  return actual === limit;
}
