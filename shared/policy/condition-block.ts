import { isIP } from 'node:net';
import { parseAddressRange, parseDate, parseNumber } from './condition-values.ts';
import type { BaseOperator, Condition } from './policy.ts';
import { PolicyError } from './policy-error.ts';

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
const baseOperators: BaseOperator[] = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'BinaryEquals',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnNotEquals',
  'ArnLike',
  'ArnNotLike',
  'Null',
];
const byLowerCase = new Map(baseOperators.map((operator) => [operator.toLowerCase(), operator]));

/** One operator, key and value list of a Condition block. Operators, like keys, have no case of their own. */
export function parseCondition(name: string, key: string, values: unknown, where: string): Condition {
  const parts = /^(?:(foranyvalue|forallvalues):)?([a-z]+?)(ifexists)?$/.exec(name.toLowerCase());
  const operator = byLowerCase.get(parts?.[2] ?? '');
  if (operator === undefined || (operator === 'Null' && parts?.[3] !== undefined)) {
    throw new PolicyError(`${where} has an unknown condition operator.`);
  }
  if (key === '') {
    throw new PolicyError(`${where} has a condition without a key.`);
  }
  return {
    operator,
    ifExists: parts?.[3] !== undefined,
    qualifier:
      parts?.[1] === 'foranyvalue' ? 'ForAnyValue' : parts?.[1] === 'forallvalues' ? 'ForAllValues' : null,
    key: key.toLowerCase(),
    originalKey: key,
    values: parseValues(operator, values, where),
  };
}

function parseValues(operator: BaseOperator, values: unknown, where: string): string[] {
  const list: unknown[] = Array.isArray(values) ? values : [values];
  return list.map((value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new PolicyError(`${where} has a condition value that is not text, a number or a boolean.`);
    }
    const text = String(value);
    if (!text.includes('${') && !isReadable(operator, text)) {
      throw new PolicyError(`${where} has a condition value that ${operator} cannot read.`);
    }
    return text;
  });
}

function isReadable(operator: BaseOperator, text: string): boolean {
  if (operator.startsWith('Numeric')) {
    return parseNumber(text) !== null;
  }
  if (operator.startsWith('Date')) {
    return parseDate(text) !== null;
  }
  if (operator === 'IpAddress' || operator === 'NotIpAddress') {
    return isIP(text.split('/')[0] ?? '') !== 0 && parseAddressRange(text) !== null;
  }
  if (operator === 'Bool' || operator === 'Null') {
    return /^(true|false)$/i.test(text);
  }
  return true;
}
