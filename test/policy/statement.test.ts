import { describe, expect, it } from 'vitest';
import type { Lookup } from '../../shared/policy/policy-variables.ts';
import { hasAction, matchCircumstances } from '../../shared/policy/statement.ts';
import { keyArn, open, toPolicy } from './policies.ts';

const evaluate = (elements: object, known: Record<string, string[] | 'absent'> = {}) => {
  const lookup: Lookup = (key) => known[key] ?? 'unknown';
  const { version, statements } = toPolicy(open(elements));
  return statements.map((statement) => matchCircumstances(statement, version, keyArn, lookup))[0];
};
const tag = '$' + '{aws:PrincipalTag/key}';
const when = (operator: string, value: unknown) => ({ Condition: { [operator]: { 'aws:x': value } } });

describe('the resource of a statement', () => {
  const own = keyArn.replace(/[^/]*$/, tag);
  const id = keyArn.replace(/^.*\//, '');
  it.each([
    [{ Resource: keyArn }, {}, true],
    [{ Resource: 'arn:aws:kms:*' }, {}, true],
    [{ Resource: '?' }, {}, false],
    [{ Resource: own }, {}, 'unknown'],
    [{ Resource: own }, { 'aws:principaltag/key': [id] }, true],
    [{ Resource: own }, { 'aws:principaltag/key': ['*'] }, false],
    [{ Resource: own }, { 'aws:principaltag/key': 'absent' as const }, false],
    [{ Resource: undefined, NotResource: own }, {}, 'unknown'],
    [{ Resource: undefined, NotResource: own }, { 'aws:principaltag/key': 'absent' as const }, true],
    [{ Resource: undefined, NotResource: '*' }, {}, false],
  ])('%j with %j is %s', (elements, known, truth) => {
    expect(evaluate(elements, known)).toBe(truth);
  });
});

describe('a number that a variable gives', () => {
  const given = (operator: string) => when(operator, ['$', '{aws:PrincipalTag/key}'].join(''));
  it.each([
    ['NumericLessThan', 'five', '-1', false],
    ['NumericNotEquals', 'five', '5', true],
    ['NumericLessThan', '5', '-1', true],
    ['DateLessThan', 'soon', '2020-01-01T00:00:00Z', false],
    ['DateLessThan', '2021-01-01T00:00:00Z', '2020-01-01T00:00:00Z', true],
    ['IpAddress', 'here', '10.0.0.1', false],
    ['IpAddress', '10.0.0.0/8', '10.0.0.1', true],
  ])('%s %s takes %s: %s', (operator, text, value, truth) => {
    expect(evaluate(given(operator), { 'aws:principaltag/key': [text], 'aws:x': [value] })).toBe(truth);
  });
});

describe('a condition', () => {
  it.each([
    [when('NumericLessThanEquals', '5'), ['5'], true],
    [when('NumericLessThanEquals', '5'), ['6'], false],
    [when('NumericLessThan', '5'), ['5'], false],
    [when('NumericGreaterThanEquals', '5'), ['5'], true],
    [when('NumericGreaterThanEquals', '5'), ['4'], false],
    [when('NumericGreaterThan', '5'), ['5'], false],
    [when('NumericGreaterThanEquals', '5'), ['6'], true],
    [when('NumericGreaterThan', '5'), ['6'], true],
    [when('NumericLessThan', '5'), ['four'], false],
    [when('BinaryEquals', 'QQ=='), ['QQ=='], true],
    [when('BinaryEquals', 'QQ=='), ['qq=='], false],
    [when('Bool', 'TRUE'), ['true'], true],
    [when('StringEquals', 'a'), ['A'], false],
    [when('StringEqualsIgnoreCase', 'a'), ['A'], true],
    [when('StringLike', 'A*'), ['ab'], false],
    [when('NumericEquals', '5'), ['5.0'], true],
    [when('NumericEquals', '5'), ['five'], false],
    [when('DateLessThanEquals', '2026-01-01'), ['2026-01-01T00:00:00Z'], true],
    [when('NotIpAddress', '10.0.0.0/8'), ['10.1.1.1'], false],
    [when('IpAddress', '10.0.0.0/8'), ['no address'], false],
    [when('ArnNotLike', 'arn:aws:iam::*:role/a'), ['arn:aws:iam::1:2:role/a'], true],
    [when('ArnNotLike', 'arn:aws:iam::*:role/a'), ['arn:aws:iam::1:role/a'], false],
    [when('Null', ['true', 'false']), ['a'], true],
    [when('StringEquals', ['a', 'b']), ['b'], true],
    [when('StringEquals', tag), ['a'], 'unknown'],
    [when('StringEquals', [tag, 'a']), ['a'], true],
    [when('StringNotEquals', tag), ['a'], 'unknown'],
  ])('%j of %j is %s', (elements, values, truth) => {
    expect(evaluate(elements, { 'aws:x': values })).toBe(truth);
  });

  it('compares numbers and addresses that variables give', () => {
    const known = { 'aws:x': ['15'], 'aws:principaltag/key': ['5'] };
    expect(evaluate(when('NumericEquals', `1${tag}`), known)).toBe(true);
    expect(evaluate(when('NumericLessThan', `x${tag}`), known)).toBe(false);
    const address = { 'aws:x': ['10.5.0.1'], 'aws:principaltag/key': ['5'] };
    expect(evaluate(when('IpAddress', `10.${tag}.0.0/16`), address)).toBe(true);
    expect(evaluate(when('IpAddress', `x.${tag}.0.0/16`), address)).toBe(false);
  });
});

describe('the actions of a statement', () => {
  it.each([
    [{ Action: 'kms:D*' }, 'kms:decrypt', true],
    [{ Action: 'kms:D*' }, 'kms:Encrypt', false],
    [{ Action: ['kms:Encrypt', '*'] }, 'kms:Decrypt', true],
    [{ Action: undefined, NotAction: 'kms:D*' }, 'kms:Decrypt', false],
    [{ Action: undefined, NotAction: 'kms:D*' }, 'kms:Encrypt', true],
  ])('%j and %s: %s, asked once or again', (elements, action, isAbout) => {
    for (const statement of toPolicy(open(elements)).statements) {
      expect([hasAction(statement, action), hasAction(statement, action)]).toEqual([isAbout, isAbout]);
      expect(hasAction(statement, 'kms:DisableKey')).toBe(hasAction(statement, 'kms:DisableKey'));
    }
  });
});
