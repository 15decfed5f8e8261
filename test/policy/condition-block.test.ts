import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../shared/policy/condition-block.ts';
import { PolicyError } from '../../shared/policy/policy-error.ts';

const parse = (name: string, values: unknown = 'a', key = 'aws:X') =>
  parseCondition(name, key, values, 'Statement 1');
const variable = ['$', '{aws:username}'].join('');
const texts =
  'StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike BinaryEquals ArnEquals ArnNotEquals ArnLike ArnNotLike';
const numbers = 'Equals NotEquals LessThan LessThanEquals GreaterThan GreaterThanEquals';
const operators: [operator: string, value: string, unreadable: string | null][] = [
  ...texts.split(' ').map((operator): [string, string, null] => [operator, 'a', null]),
  ...numbers.split(' ').flatMap((name): [string, string, string][] => [
    [`Numeric${name}`, '5', 'a'],
    [`Date${name}`, '2026-01-01', 'soon'],
  ]),
  ['Bool', 'true', 'yes'],
  ['Null', 'FALSE', 'no'],
  ['IpAddress', '10.0.0.0/8', '10.0.0.0/99'],
  ['NotIpAddress', '::1', 'here'],
];

describe('a condition', () => {
  it.each(operators)('reads %s of %s', (operator, value, unreadable) => {
    const read = {
      operator,
      ifExists: false,
      qualifier: null,
      key: 'aws:x',
      originalKey: 'aws:X',
      values: [value],
    };
    expect(parse(operator, value)).toEqual(read);
    expect(parse(operator.toUpperCase(), [value])).toEqual(read);
    expect(parse(`ForAnyValue:${operator}`, value)).toEqual({ ...read, qualifier: 'ForAnyValue' });
    expect(parse(`forallvalues:${operator}`, value)).toEqual({ ...read, qualifier: 'ForAllValues' });
    expect(parse(operator, variable)).toEqual({ ...read, values: [variable] });
    if (operator !== 'Null') {
      expect(parse(`${operator}IfExists`, value)).toEqual({ ...read, ifExists: true });
      expect(parse(`ForAnyValue:${operator}IfExists`, value)).toMatchObject({
        ifExists: true,
        qualifier: 'ForAnyValue',
      });
    }
    if (unreadable !== null) {
      expect(() =>
        parse(
          operator,
          ['5', '2026-01-01', 'true', '10.0.0.0'].filter((text) => text === value).concat(unreadable),
        ),
      ).toThrow(new PolicyError(`Statement 1 has a condition value that ${operator} cannot read.`));
    }
  });

  it('reads numbers and booleans as their text', () => {
    expect(parse('NumericEquals', [5, '6']).values).toEqual(['5', '6']);
    expect(parse('Bool', true).values).toEqual(['true']);
  });

  it.each<[says: string, name: string, values: unknown, key: string, message: string]>([
    ['an operator that there is not', 'StringMatches', 'a', 'k', 'has an unknown condition operator.'],
    [
      'a qualifier that there is not',
      'ForSomeValues:StringEquals',
      'a',
      'k',
      'has an unknown condition operator.',
    ],
    ['more before it', 'xForAnyValue:StringEquals', 'a', 'k', 'has an unknown condition operator.'],
    ['more behind it', 'StringEqualsIfExistsNow', 'a', 'k', 'has an unknown condition operator.'],
    ['no name', '', 'a', 'k', 'has an unknown condition operator.'],
    ['Null, if it exists', 'NullIfExists', 'true', 'k', 'has an unknown condition operator.'],
    ['no key', 'StringEquals', 'a', '', 'has a condition without a key.'],
    [
      'a list in a list',
      'StringEquals',
      [['a']],
      'k',
      'has a condition value that is not text, a number or a boolean.',
    ],
    [
      'nothing for a value',
      'StringEquals',
      null,
      'k',
      'has a condition value that is not text, a number or a boolean.',
    ],
    ['a truth with more', 'Bool', 'trueish', 'k', 'has a condition value that Bool cannot read.'],
    ['a truth behind more', 'Bool', 'untrue', 'k', 'has a condition value that Bool cannot read.'],
    [
      'an address with a port',
      'IpAddress',
      '10.0.0.1:80',
      'k',
      'has a condition value that IpAddress cannot read.',
    ],
  ])('is not understood with %s', (_, name, values, key, message) => {
    expect(() => parse(name, values, key)).toThrow(new PolicyError(`Statement 1 ${message}`));
  });
});
