import { describe, expect, it } from 'vitest';
import { hasMatch } from '../../shared/policy/pattern.ts';
import type { Lookup } from '../../shared/policy/policy-variables.ts';
import { toResourceAtoms } from '../../shared/policy/resource-atoms.ts';
import { keyArn, open, toPolicy } from './policies.ts';

const toVariable = (key: string) => ['$', `{${key}}`].join('');
const own = toVariable('aws:PrincipalTag/own');
const other = toVariable('aws:PrincipalTag/other');
const none = toVariable('aws:PrincipalTag/none');
const region = toVariable('aws:RequestedRegion');
const id = keyArn.replace(/^.*\//, '');
const start = keyArn.replace(id, '');
const lookup: Lookup = (key) =>
  key === 'aws:requestedregion' ? ['eu-west-1'] : key === 'aws:principaltag/other' ? 'unknown' : 'absent';

const ask = (elements: object[], resource = keyArn, version: '2008-10-17' | '2012-10-17' = '2012-10-17') => {
  const { statements } = toPolicy(elements.map(open));
  const { atoms, isExact } = toResourceAtoms('aws:principaltag/own', statements, resource, version, lookup);
  return { isExact, atoms };
};
/** Of some texts, those that each atom takes. */
const toTaken = ({ atoms }: ReturnType<typeof ask>, texts: string[]) =>
  atoms.map(({ patterns }) => texts.filter((text) => patterns.some((pattern) => hasMatch(pattern, text))));

describe('what resources ask of a variable that they take in', () => {
  const texts = [id, id.slice(1), '', `key/${id}`, 'key/', 'eu-west-1', '*'];
  it.each<[says: string, elements: object[], taken: string[][], isExact: boolean]>([
    ['nothing, where they take none in', [{ Resource: keyArn }, { Resource: '*' }], [], true],
    ['to be what is left of the key', [{ Resource: `${start}${own}` }], [[id]], true],
    [
      'the same, where the key is spared',
      [{ Resource: undefined, NotResource: `${start}${own}` }],
      [[id]],
      true,
    ],
    [
      'to be the key, with a wildcard for the rest',
      [{ Resource: `arn:*:${own}` }],
      [[id, `key/${id}`].slice(1)],
      true,
    ],
    [
      'once, what two statements ask',
      [{ Resource: `${start}${own}` }, { Resource: `${start}${own}` }],
      [[id]],
      true,
    ],
    [
      'each on its own, what two texts ask',
      [{ Resource: [`${start}${own}`, `${start}?${own}`] }],
      [[id], [id.slice(1)]],
      true,
    ],
    ['nothing, where they are about another key', [{ Resource: `${start}x${own}` }], [], true],
    ['nothing, where nothing of the key is left', [{ Resource: `${keyArn}${own}` }], [], true],
    [
      'what is left beside a variable that is known',
      [{ Resource: `arn:aws:kms:${region}:111122223333:key/${own}` }],
      [[id]],
      true,
    ],
    [
      'what is left before a variable that is known',
      [{ Resource: `${start.replace('eu-west-1', own).replace('key/', '')}${'key'}/${id}` }],
      [['eu-west-1']],
      true,
    ],
    ['nothing, beside a variable that has no value', [{ Resource: `${start}${own}${none}` }], [], true],
    ['nothing, behind a variable that has no value', [{ Resource: `arn:${none}${own}` }], [], true],
    ['nothing, where another variable alone is taken in', [{ Resource: `${start}${other}` }], [], true],
    [
      'who knows what, beside a variable that is not known',
      [{ Resource: `${start}${own}${other}` }],
      [],
      false,
    ],
    ['who knows what, behind a variable that is not known', [{ Resource: `arn:${other}${own}` }], [], false],
    ['too much, between wildcards on both sides', [{ Resource: `*${own}*` }], [], false],
  ])('%s', (_, elements, taken, isExact) => {
    const found = ask(elements);
    expect(toTaken(found, texts)).toEqual(taken);
    expect(found.isExact).toBe(isExact);
    for (const { before, after } of found.atoms) expect([before, after]).toEqual(['', '']);
  });

  it('is text, in the language that knows no variables', () => {
    expect(ask([{ Resource: `${start}${own}` }], keyArn, '2008-10-17')).toEqual({ atoms: [], isExact: true });
  });

  it('is up to a hundred texts', () => {
    const toResource = (length: number) =>
      Array.from({ length }, (_, index) => String.fromCodePoint(0x100 + index)).join('');
    const most = ask([{ Resource: `*${own}` }], toResource(100));
    expect(most.isExact).toBe(true);
    expect(most.atoms[0]?.patterns).toHaveLength(100);
    expect(ask([{ Resource: `*${own}` }], toResource(101))).toEqual({ atoms: [], isExact: false });
  });

  it('takes a wildcard in the key’s own name for text', () => {
    expect(toTaken(ask([{ Resource: `x/${own}` }], 'x/a*'), ['a*', 'ab'])).toEqual([['a*']]);
  });
});
