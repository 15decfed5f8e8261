/** Whole searches until they are given up: too long to be run against every mutant. */
import { describe, expect, it } from 'vitest';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { deny, keyAccountId, keyArn, open, outsideAccountId, toPolicy } from './policies.ts';

const anyone: Zone = { kind: 'anyone' };
const outside: Zone = {
  kind: 'outside',
  classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
};
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});
const times = <Item>(count: number, toItem: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => toItem(index));
/** Patterns of which a text can match any set at once, so that there are 2 to the power of `count` classes. */
const independent = (count: number) => times(count, (index) => `*<${index}>?*`);
/** Nobody can ask with it: a tag is there or not. */
const impossible = [true, false].map((isNull) => deny(when('Null', 'aws:PrincipalTag/z', String(isNull))));

const tooMuch = 'The search was given up: the conditions of the policy combine in too many ways.';

describe('a question that costs too much', () => {
  it.each<[says: string, statements: object[], undecided: string]>([
    [
      'patterns that combine freely',
      [
        open(),
        ...independent(24).map((text) => deny(when('StringNotLike', 'aws:PrincipalTag/a', text))),
        ...impossible,
      ],
      'The values of aws:PrincipalTag/a are too many to try them all.',
    ],
    [
      'many keys with two values each',
      [
        open(),
        ...times(40, (index) => deny(when('StringLike', `aws:PrincipalTag/${index}`, ['a', 'b']))),
        ...times(40, (index) =>
          deny({
            Condition: { StringNotLike: { [`aws:PrincipalTag/${index}`]: 'c*', 'aws:PrincipalTag/z': 'c*' } },
          }),
        ),
        ...impossible,
      ],
      tooMuch,
    ],
    [
      'sets of many values',
      [
        open(),
        ...times(14, (index) => deny(when('ForAllValues:StringNotEquals', 'aws:TagKeys', `tag-${index}`))),
        ...impossible,
      ],
      'The values of aws:TagKeys are too many to try them all.',
    ],
    [
      'many resources that hang on tags',
      [
        open(),
        ...times(60, (index) =>
          deny({
            Resource: `arn:*${['$', `{aws:PrincipalTag/${index % 12}}`].join('')}*${'?'.repeat(index)}`,
          }),
        ),
        ...impossible,
      ],
      tooMuch,
    ],
    [
      'patterns of accounts that combine freely',
      [
        open(),
        ...times(40, (index) =>
          deny(
            when('StringNotLike', 'aws:PrincipalAccount', [
              `*${index}*${(index * 7) % 10}*${(index * 3) % 10}`,
            ]),
          ),
        ),
        deny(when('StringLike', 'aws:PrincipalAccount', '*')),
        deny(when('Null', 'aws:PrincipalAccount', 'true')),
      ],
      'The accounts, organisations and networks that its patterns tell apart are too many to try them all.',
    ],
  ])('is undecided: %s', (_, statements, undecided) => {
    const result = findWitness(
      { actions: ['kms:Decrypt'], zone: anyone, keyArn },
      { keyPolicy: toPolicy(statements) },
    );
    expect(result).toEqual({ undecided });
  });

  it('still finds what can be found beside a key that was given up', () => {
    const patterns = independent(24).map((text) => deny(when('StringLike', 'aws:PrincipalTag/a', text)));
    const keyPolicy = toPolicy([open(when('StringLike', 'aws:PrincipalTag/a', 'x*')), ...patterns]);
    expect(findWitness({ actions: ['kms:Decrypt'], zone: anyone, keyArn }, { keyPolicy })).toHaveProperty(
      'found',
    );
  });

  it('is given up sooner the more questions a policy makes checks ask', () => {
    const hard = [
      open(),
      ...independent(6).map((text) => deny(when('StringNotLike', 'aws:PrincipalTag/a', text))),
      ...impossible,
    ];
    const others = times(300, () => open({ Action: 'kms:Encrypt' }));
    const ask = (statements: object[]) =>
      Object.keys(
        findWitness({ actions: ['kms:Decrypt'], zone: anyone, keyArn }, { keyPolicy: toPolicy(statements) }),
      );
    expect(ask(hard)).toEqual(['none']);
    expect(ask([...hard, ...others])).toEqual(['undecided']);
  });

  it('has the same answer when it is asked again, of the policy or of a copy', () => {
    const statements = [
      open({ Principal: { AWS: outsideAccountId } }),
      ...independent(24).map((text) => deny(when('StringNotLike', 'aws:PrincipalTag/a', text))),
    ];
    const keyPolicy = toPolicy(statements);
    const ask = (policy: typeof keyPolicy, organizationId?: string) =>
      findWitness(
        { actions: ['kms:Decrypt'], zone: { ...outside, organizationId }, keyArn },
        { keyPolicy: policy },
      );
    const first = ask(keyPolicy);
    expect(ask(keyPolicy)).toEqual(first);
    expect(ask({ ...keyPolicy, statements: [...keyPolicy.statements] })).toEqual(first);
    expect(ask(toPolicy(statements))).toEqual(first);
  });
});
