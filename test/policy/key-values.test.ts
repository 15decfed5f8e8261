/** One value of a condition key for each class of values that conditions can tell apart. */
import { describe, expect, it } from 'vitest';
import { free, known, toChosen } from '../../shared/policy/caller-domains.ts';
import { evaluateCondition } from '../../shared/policy/condition.ts';
import { effortOfPolicy } from '../../shared/policy/effort.ts';
import { type KeyDomain, toKeyValues } from '../../shared/policy/key-values.ts';
import { toArnPattern, toPattern } from '../../shared/policy/pattern.ts';
import type { Lookup } from '../../shared/policy/policy-variables.ts';
import { type Atom, toInstance, toRepresentatives } from '../../shared/policy/value-classes.ts';
import { hasUnfilled, toFirstTakenIn, toVariableAtoms } from '../../shared/policy/variable-atoms.ts';
import { keyArn, open, toPolicy } from './policies.ts';

const version = '2012-10-17';
const nothing: Lookup = () => 'unknown';
const toConditions = (block: object) =>
  toPolicy(open({ Condition: block })).statements.flatMap(({ conditions }) => conditions);
const toValues = (domain: KeyDomain, block: object, atoms: Atom[] = [], left = effortOfPolicy) => {
  const effort = { left };
  return { ...toKeyValues(domain, toConditions(block), atoms, version, nothing, effort), left: effort.left };
};
const list: KeyDomain = { ...free, isList: true };
const text: KeyDomain = { ...free, canBeAbsent: false };
/** How the conditions answer to each value, sorted. */
const toAnswers = (values: (string[] | null)[], block: object) => {
  const conditions = toConditions(block);
  const answers = values.map((value) =>
    conditions
      .map((condition) =>
        evaluateCondition(condition, version, () => value ?? 'absent') === true ? 'y' : 'n',
      )
      .join(''),
  );
  return [...new Set(answers)].sort();
};

describe('the values of a key', () => {
  it('are its options, where it has some', () => {
    expect(toValues(known('a'), { StringEquals: { k: 'b' } })).toMatchObject({
      values: [['a']],
      isExact: true,
    });
  });

  it.each<[says: string, domain: KeyDomain, block: object, answers: string[]]>([
    ['a text or another', text, { StringEquals: { k: 'a' } }, ['n', 'y']],
    [
      'two texts or others',
      text,
      { StringEquals: { k: ['a', 'b'] }, StringLike: { k: 'a*' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    [
      'a text in any case',
      text,
      { StringEqualsIgnoreCase: { k: 'aB' }, StringEquals: { k: 'Ab' } },
      ['nn', 'yn', 'yy'],
    ],
    [
      'patterns that overlap',
      text,
      { StringLike: { k: 'a*' }, StringNotLike: { k: '*b' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    [
      'an ARN or another',
      text,
      { ArnLike: { k: 'arn:aws:iam::1:role/*' }, ArnEquals: { k: 'arn:aws:iam::1:role/a' } },
      ['nn', 'yn', 'yy'],
    ],
    [
      'numbers around each limit',
      text,
      { NumericLessThan: { k: '5' }, NumericLessThanEquals: { k: '5' }, NumericGreaterThan: { k: '7' } },
      ['nnn', 'nny', 'nyn', 'yyn'],
    ],
    [
      'numbers below, between and beyond',
      text,
      { NumericGreaterThan: { k: '5' }, NumericLessThan: { k: '6' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    ['a number beyond the last', text, { NumericGreaterThan: { k: '5' } }, ['n', 'y']],
    ['a number before the first', text, { NumericLessThan: { k: '5' } }, ['n', 'y']],
    [
      'moments around each limit',
      text,
      { DateLessThan: { k: '2026-01-01' }, DateGreaterThan: { k: '2026-01-02' } },
      ['nn', 'ny', 'yn'],
    ],
    [
      'moments between limits',
      text,
      { DateGreaterThan: { k: '2026-01-01' }, DateLessThan: { k: '2026-01-02' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    [
      'addresses in and around each range',
      text,
      { IpAddress: { k: '10.0.0.0/8' }, NotIpAddress: { k: '10.1.0.0/16' } },
      ['ny', 'yn', 'yy'],
    ],
    [
      'true, false, neither or nothing',
      free,
      { Bool: { k: 'true' }, BoolIfExists: { k: 'false' } },
      ['nn', 'ny', 'yn'],
    ],
    ['true beside a text', text, { Bool: { k: 'true' }, StringEquals: { k: 'x' } }, ['nn', 'ny', 'yn']],
    ['absent', free, { StringEqualsIfExists: { k: 'a' }, StringEquals: { k: 'b' } }, ['nn', 'ny', 'yn']],
    ['null', free, { Null: { k: 'true' } }, ['n', 'y']],
    [
      'lists with a value for each',
      list,
      { 'ForAnyValue:StringEquals': { k: 'a' }, 'ForAnyValue:StringLike': { k: 'b' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    [
      'lists of nothing but',
      list,
      { 'ForAllValues:StringEquals': { k: ['a', 'b'] }, 'ForAnyValue:StringEquals': { k: 'b' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
    [
      'lists with what another lacks',
      list,
      { 'ForAnyValue:StringEquals': { k: 'a' }, 'ForAnyValue:StringNotEquals': { k: 'a' } },
      ['nn', 'ny', 'yn', 'yy'],
    ],
  ])('stand for all: %s', (_, domain, block, answers) => {
    const { values, isExact } = toValues(domain, block);
    expect(toAnswers(values, block)).toEqual(answers);
    expect(isExact).toBe(true);
  });

  it('are no list where the key holds one value, and absent only where it can be', () => {
    const block = { 'ForAnyValue:StringEquals': { k: 'a' }, 'ForAnyValue:StringLike': { k: 'b' } };
    expect(toValues(text, block).values.every((value) => value?.length === 1)).toBe(true);
    expect(toValues(free, block).values[0]).toBeNull();
    expect(toValues(list, block).values.some((value) => value?.length === 2)).toBe(true);
    expect(
      toValues(list, { 'ForAnyValue:StringEquals': { k: 'a' } }).values.every(
        (value) => (value?.length ?? 1) === 1,
      ),
    ).toBe(true);
  });

  it('are suggested first', () => {
    expect(toValues({ ...text, suggestions: ['nice'] }, { StringLike: { k: 'a*' } }).values).toContainEqual([
      'nice',
    ]);
    expect(toValues(text, { StringLike: { k: '*part*' } }).values).toContainEqual(['part']);
    expect(toValues(text, { StringLike: { k: ['x*'] }, StringNotLike: { k: '*y' } }).values).toContainEqual([
      'xy',
    ]);
  });

  it('are not all there are where conditions of two kinds ask of one key', () => {
    expect(toValues(text, { StringLike: { k: 'a*' }, NumericLessThan: { k: '5' } }).isExact).toBe(false);
    expect(toValues(text, { NumericLessThan: { k: '5' }, Null: { k: 'true' } }).isExact).toBe(true);
    expect(toValues(text, { Bool: { k: 'true' }, NumericLessThan: { k: '5' } }).isExact).toBe(false);
  });

  it('are no true and false where the key is of another shape', () => {
    const chosen = toChosen('AROA:', 'any', []);
    expect(toValues(chosen, { Bool: { k: 'true' } }).values).toEqual([['AROA:any']]);
  });

  it('of an address are none of somebody’s own network', () => {
    const address: KeyDomain = { kind: 'address' };
    expect(toValues(address, { IpAddress: { k: '10.0.0.0/8' } })).toMatchObject({
      values: [null, ['203.0.113.50'], ['2001:db8::50']],
      isExact: true,
    });
    expect(toValues(address, { IpAddress: { k: ['0.0.0.0/1', '203.0.113.0/24'] } }).values).toEqual([
      null,
      ['128.0.0.0'],
      ['2001:db8::50'],
      ['0.0.0.0'],
    ]);
    expect(toValues(address, { StringLike: { k: '10.*' } }).isExact).toBe(false);
    expect(toValues(address, { Null: { k: 'true' } }).isExact).toBe(true);
  });

  it('are no more than so many lists, and cost what they are', () => {
    const names = Array.from({ length: 12 }, (_, index) => `v${index}`);
    const block = Object.fromEntries(
      [
        'StringEquals',
        'StringLike',
        'StringEqualsIgnoreCase',
        'StringNotEquals',
        'StringNotLike',
        'StringNotEqualsIgnoreCase',
      ].map((operator, index) => [`ForAnyValue:${operator}`, { k: names.slice(index * 2, index * 2 + 2) }]),
    );
    const many = {
      ...block,
      'ForAllValues:StringEquals': { k: names },
      'ForAllValues:StringLike': { k: 'v1*' },
      'ForAnyValue:ArnLike': { k: 'v' },
      'ForAllValues:StringNotLike': { k: '*9' },
      'ForAnyValue:StringEqualsIfExists': { k: 'v3' },
    };
    const { values, isExact, left } = toValues(list, many);
    expect(values.length).toBeLessThanOrEqual(3001);
    expect(isExact).toBe(false);
    expect(left).toBeLessThan(effortOfPolicy - values.length);
    const texts = toValues(text, { StringEquals: { k: ['a', 'b', 'c'] } });
    expect(texts.left).toBeLessThan(effortOfPolicy - 3);
    const [few, more] = [2, 20].map(
      (count) =>
        toValues(text, {
          IpAddress: { k: Array.from({ length: count }, (_, index) => `10.${index}.0.0/16`) },
        }).left,
    );
    expect((few ?? 0) - (more ?? 0)).toBeGreaterThan(20 ** 2 - 2 ** 2 - 1);
  });

  it('hold what other keys ask of them', () => {
    const atoms: Atom[] = [
      { patterns: [toPattern([{ text: 'x-7', isLiteral: true }])], before: 'x-', after: '' },
    ];
    expect(toValues(text, {}, atoms).values).toContainEqual(['7']);
  });
});

describe('texts that stand for all', () => {
  const glob = (pattern: string) => toPattern([{ text: pattern, isLiteral: false }]);
  const ask = (...patterns: string[]): Atom[] =>
    patterns.map((pattern) => ({ patterns: [glob(pattern)], before: '', after: '' }));
  const find = (
    atoms: Atom[],
    {
      within = [],
      without = [],
      suggestions = [],
      left = 100_000,
      alphabet = null,
    }: {
      within?: string[];
      without?: string[];
      suggestions?: string[];
      left?: number;
      alphabet?: string[] | null;
    } = {},
  ) =>
    toRepresentatives(
      atoms,
      { within: within.map(glob), without: without.map(glob) },
      suggestions,
      { left },
      alphabet,
    );

  it.each<[says: string, atoms: Atom[], space: Parameters<typeof find>[1], values: string[]]>([
    ['nothing asked', [], {}, ['x']],
    ['one pattern', ask('a*'), {}, ['a', 'x']],
    ['one text', ask('ab'), {}, ['a', 'ab']],
    ['a text of every character at hand', ask('xqzjvwkyXQZJ0~_'), { within: ['?'] }, ['x']],
    ['a suggestion', ask('a*'), { suggestions: ['abc', 'nice'] }, ['abc', 'nice']],
    ['a suggestion that does not fit', ask('a*'), { suggestions: ['nice'], within: ['a*', 'b'] }, ['a', 'b']],
    ['no empty text', ask('*'), { suggestions: [''] }, ['x']],
    ['a text that changes nothing', ask('*a*'), { suggestions: ['a'] }, ['a', 'x']],
    ['within a shape', ask('9*'), { within: ['??'], alphabet: ['9', '8'] }, ['99', '89']],
    ['without a text', ask('a?'), { without: ['ax', 'x'] }, ['a', 'aq']],
    ['without what all are', ask('a'), { without: ['*'] }, []],
    ['without the text that is asked for', ask('a'), { without: ['a'] }, ['x']],
    ['before and after', [{ patterns: [glob('a-?-b')], before: 'a-', after: '-b' }], {}, ['x', 'x-']],
    [
      'any of several patterns',
      [{ patterns: [glob('a'), glob('b*')], before: '', after: '' }],
      {},
      ['a', 'x'],
    ],
  ])('with %s', (_, atoms, space, values) => {
    expect(find(atoms, space)).toEqual({ values, isComplete: true });
  });

  it('are read in either case where a pattern ignores it', () => {
    const either = (text: string) => toPattern([{ text, isLiteral: true }], true);
    const atom: Atom = { patterns: [either('a')], before: '', after: '' };
    expect(find([atom, ...ask('A')]).values.sort()).toEqual(['A', 'a', 'x']);
    expect(find([atom, ...ask('a')]).values.sort()).toEqual(['A', 'a', 'x']);
    const lower = [...'xqzjvwky'].map(either);
    expect(find([{ patterns: lower, before: '', after: '' }]).values).toEqual(['x', '0']);
  });

  it('hold colons where a pattern stops at them', () => {
    const atoms: Atom[] = [
      { patterns: [toArnPattern([{ text: 'a?:*', isLiteral: false }])], before: '', after: '' },
      ...ask('a*'),
    ];
    const { values } = find(atoms);
    expect(values.map((value) => [/^a[^:]:[^:]*$/.test(value), value.startsWith('a')].join()).sort()).toEqual(
      ['false,false', 'false,true', 'true,true'],
    );
    const segment = toArnPattern([{ text: 'a*', isLiteral: false }]);
    expect(find([{ patterns: [segment], before: '', after: '' }, ...ask('a*')]).values.sort()).toEqual([
      'a',
      'a:',
      'x',
    ]);
  });

  it('find a character that no pattern asks for', () => {
    const taken = [...'xqzjvwkyXQZJ0~_'].join('');
    const { values } = find(ask(`*${taken}`, '?'), { within: ['?'] });
    expect(values).toEqual(['x']);
    const none = find([{ patterns: [glob('¡'), ...[...taken].map(glob)], before: '', after: '' }]);
    expect(none.values).toContain('¢');
  });

  it('are not complete where the walk is too long', () => {
    const atoms = ask('*a*b*c*d*', '*d*c*b*a*', '*b*d*a*c*', '*c*a*d*b*');
    expect(find(atoms, { left: 2_000 }).isComplete).toBe(false);
    expect(find(atoms, { left: 10_000_000 }).isComplete).toBe(true);
    const costly = find(ask('a*'), {
      suggestions: Array.from({ length: 500 }, (_, index) => `b${index}`),
      left: 400,
    });
    expect(costly.isComplete).toBe(false);
    // What was found is as good as it is.
    expect(costly.values).toEqual(['b0']);
  });

  it('leave the question most of what it has', () => {
    const effort = { left: 400 };
    const suggestions = Array.from({ length: 500 }, (_, index) => `b${index}`);
    toRepresentatives(ask('a*'), { within: [], without: [] }, suggestions, effort);
    expect(effort.left).toBeGreaterThan(200);
  });

  it('are not looked for where none can be', () => {
    const atoms = ask('*a*b*c*d*', '*d*c*b*a*', '*b*d*a*c*', '*c*a*d*b*');
    // Beyond the one character that there is room for.
    expect(find(atoms, { within: ['?'], left: 2_000 })).toEqual({ values: ['a'], isComplete: true });
    // By patterns beside one that takes in everything.
    const patterns = [...atoms.flatMap((atom) => atom.patterns), glob('*')];
    expect(find([{ patterns, before: '', after: '' }], { left: 2_000 })).toEqual({
      values: ['x'],
      isComplete: true,
    });
  });

  it('have an instance of each pattern, as short as it can be', () => {
    expect(toInstance(glob('a?b*c'))).toBe('axbc');
  });
});

describe('what conditions on other keys ask of a key', () => {
  const variable = (name: string) => ['$', `{${name}}`].join('');
  const own = variable('aws:PrincipalTag/own');
  const domains: Record<string, KeyDomain> = {
    'aws:principalaccount': known('111122223333'),
    'aws:maybe': { kind: 'options', options: [null, ['a', 'b']] },
    'aws:star': known('*a'),
    'aws:userid': toChosen('AROA:', 'x', []),
  };
  const ask = (block: object, lookup: Lookup = nothing) => {
    const { atoms, isExact } = toVariableAtoms('aws:principaltag/own', {
      statements: toPolicy(open({ Condition: block })).statements,
      resource: keyArn,
      version,
      lookup,
      toDomain: (key) => domains[key] ?? free,
    });
    return {
      isExact,
      atoms: atoms.map(
        ({ patterns, before, after }) => `${before}|${patterns.map(toInstance).join()}|${after}`,
      ),
    };
  };
  it.each<[says: string, block: object, atoms: string[], isExact: boolean]>([
    ['nothing, where they do not take it in', { StringEquals: { 'aws:PrincipalAccount': 'x' } }, [], true],
    [
      'nothing, where they take another in',
      { StringEquals: { 'aws:PrincipalAccount': variable('aws:PrincipalTag/other') } },
      [],
      true,
    ],
    [
      'to be the one value of a key',
      { StringEquals: { 'aws:PrincipalAccount': own } },
      ['|111122223333|'],
      true,
    ],
    [
      'to be what is around it',
      { StringEquals: { 'aws:PrincipalAccount': `1${own}3` } },
      ['|1112222333|'],
      true,
    ],
    [
      'nothing, where what is around it makes another value',
      { StringEquals: { 'aws:PrincipalAccount': `a${own}` } },
      [],
      true,
    ],
    ['to be each of several values', { StringLike: { 'aws:maybe': own } }, ['|a|', '|b|'], true],
    [
      'what others ask of a free key',
      { StringEquals: { 'aws:x': own }, StringLike: { 'aws:x': 'q?' } },
      ['|qx|'],
      true,
    ],
    [
      'nothing of what others ask of other keys',
      { StringEquals: { 'aws:x': own }, StringLike: { 'aws:y': 'q?' } },
      [],
      true,
    ],
    ['what a key has room for', { ArnEquals: { 'aws:userid': own } }, ['|AROA:x|', '|*,?|'], true],
    ['nothing, where a free key need not be more', { StringLike: { 'aws:x': `${own}*` } }, [], true],
    [
      'nothing, where a free key need not be more twice',
      {
        StringLike: { 'aws:x': `${own}*` },
        StringNotLike: { 'aws:x': `${own}*` },
        Null: { 'aws:x': 'false' },
      },
      [],
      true,
    ],
    [
      'who knows what, with a wildcard beside it',
      { StringLike: { 'aws:x': [`${own}*`, 'a'] }, StringNotLike: { 'aws:x': 'q' } },
      [],
      false,
    ],
    [
      'who knows what, with a wildcard before it',
      { ArnLike: { 'aws:x': `?${own}` }, StringNotLike: { 'aws:x': 'q' } },
      [],
      false,
    ],
    ['what is left of a value between wildcards', { StringLike: { 'aws:star': `?${own}*` } }, ['|a|'], true],
    [
      'what others ask of a third key by way of another',
      {
        StringEquals: { 'aws:x': `a${own}`, 'aws:y': `b${variable('aws:x')}` },
        StringLike: { 'aws:y': 'q?' },
      },
      ['ba|qx|'],
      true,
    ],
    [
      'to be part of the key by way of another',
      { StringEquals: { 'aws:x': own, 'kms:x': `${variable('aws:x')}b` }, StringLike: { 'kms:x': 'q' } },
      ['|q|b'],
      true,
    ],
    [
      'who knows what, in a circle',
      { StringEquals: { 'aws:x': own, 'aws:PrincipalTag/own': variable('aws:x') } },
      [],
      false,
    ],
    [
      'a wildcard for text, by an operator that knows none',
      { StringEquals: { 'aws:star': `*${own}`, 'aws:PrincipalAccount': `*${own}` } },
      ['|a|'],
      true,
    ],
    [
      'an escaped wildcard for text',
      {
        StringLike: {
          'aws:star': `${variable('*')}${own}`,
          'aws:PrincipalAccount': `${variable('*')}${own}`,
        },
      },
      ['|a|'],
      true,
    ],
    [
      'who knows what, beside another variable',
      { StringEquals: { 'aws:x': `${own}${variable('aws:y')}` }, StringLike: { 'aws:x': 'q?' } },
      [],
      false,
    ],
    ['who knows what, by a number', { NumericEquals: { 'aws:x': own } }, [], false],
    ['who knows what, of itself', { StringEquals: { 'aws:PrincipalTag/own': own } }, [], false],
    [
      'as Bool and Binary do',
      { Bool: { 'aws:PrincipalAccount': own }, BinaryEquals: { 'aws:PrincipalAccount': own } },
      ['|111122223333|', '|111122223333|'],
      true,
    ],
  ])('%s', (_, block, atoms, isExact) => {
    expect(ask(block)).toEqual({ atoms, isExact });
  });

  it.each<[says: string, block: object, atoms: string[], isExact?: boolean]>([
    ['nothing, behind what has no value', { StringEquals: { 'aws:x': `${variable('aws:none')}${own}` } }, []],
    ['nothing, before what has no value', { StringEquals: { 'aws:x': `${own}${variable('aws:none')}` } }, []],
    [
      'what is left behind what is known',
      { StringEquals: { 'aws:x': `${variable('aws:k')}${own}` } },
      ['k|qx|'],
    ],
    [
      'what is left before what is known',
      { StringEquals: { 'aws:x': `${own}${variable('aws:k')}` } },
      ['|qx|k'],
    ],
    [
      'who knows what, behind an open key',
      { StringEquals: { 'aws:x': `${variable('aws:y')}${own}` } },
      [],
      false,
    ],
    ['nothing, of a key that is absent', { StringEquals: { 'aws:none': own } }, []],
    ['to be true or false', { Bool: { 'aws:SecureTransport': own } }, ['|true|', '|false|']],
    [
      'to be true or false, where that must be said',
      { Bool: { 'aws:SecureTransport': own }, Null: { 'aws:SecureTransport': 'false' } },
      ['|true|', '|false|'],
    ],
    [
      'to be what is neither, where that is asked for',
      { Bool: { 'aws:SecureTransport': own }, StringEquals: { 'aws:SecureTransport': 'x' } },
      ['|x|'],
    ],
    [
      'nothing, where two conditions say the same',
      { StringEquals: { 'aws:z': [own, 'a'] }, StringNotEquals: { 'aws:z': [own, 'a'] } },
      [],
    ],
    [
      'who knows what, where one of two says more',
      { StringEquals: { 'aws:z': own }, StringLike: { 'aws:z': [own, 'a'] } },
      ['|a|'],
      false,
    ],
    [
      'what others ask, whatever the case of what is around',
      { StringEqualsIgnoreCase: { 'aws:K2': `VA${own}` } },
      ['|lue|'],
    ],
  ])('%s', (_, block, atoms, isExact = true) => {
    const lookup: Lookup = (key) =>
      ({ 'aws:k': ['k'], 'aws:k2': ['value'], 'aws:none': 'absent' as const })[key] ?? 'unknown';
    const { StringLike, ...rest }: { StringLike?: object } = { ...block };
    const asked = { ...rest, StringLike: { ...StringLike, 'aws:x': 'q?' } };
    expect(ask(asked, lookup)).toEqual({ atoms, isExact });
  });

  it('to be what is known of a key', () => {
    const lookup: Lookup = (key) => (key === 'aws:x' ? ['a', 'b'] : key === 'aws:y' ? 'absent' : 'unknown');
    expect(ask({ StringEquals: { 'aws:x': own } }, lookup).atoms).toEqual(['|a|', '|b|']);
    expect(ask({ StringEquals: { 'aws:y': own } }, lookup).atoms).toEqual([]);
  });
});

describe('the key to choose first', () => {
  const variable = (name: string) => ['$', `{${name}}`].join('');
  const conditions = toConditions({
    StringEquals: {
      'aws:a': ['x', variable('aws:b')],
      'aws:b': `${variable('aws:known')}${variable('aws:c')}`,
      'aws:d': variable('aws:e'),
      'aws:e': variable('aws:d'),
      'aws:f': [variable('aws:f'), variable('aws:known')],
    },
  });
  const lookup: Lookup = (key) => (key === 'aws:known' ? ['k'] : 'unknown');
  it.each([
    ['itself, where nothing is taken in', 'aws:c', 'aws:c'],
    ['what is taken in', 'aws:b', 'aws:c'],
    ['what that takes in', 'aws:a', 'aws:c'],
    ['the last before a circle closes', 'aws:d', 'aws:e'],
    ['itself, where it is taken in by itself', 'aws:f', 'aws:f'],
  ])('is %s', (_, key, first) => {
    expect(toFirstTakenIn(key, conditions, version, lookup)).toBe(first);
  });

  it('is told by whether a condition has room for what is not known yet', () => {
    const toUnfilled = (values: string[]) =>
      hasUnfilled(toConditions({ StringEquals: { k: values } }), version, lookup);
    expect(toUnfilled(['x', variable('aws:b')])).toBe(true);
    expect(toUnfilled(['x', variable('aws:known')])).toBe(false);
  });
});
