import { describe, expect, it } from 'vitest';
import { effortOfPolicy, toCost } from '../../shared/policy/effort.ts';
import { toNamedPowers } from '../../shared/policy/named-powers.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { deny, keyAccountId, keyArn, open, toPolicy } from './policies.ts';

const anyone: Zone = { kind: 'anyone' };
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});
const times = <Item>(count: number, toItem: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => toItem(index));
/** Patterns of which a text can match any set at once, so that there are 2 to the power of `count` classes. */
const independent = (count: number) => times(count, (index) => `*<${index}>?*`);
/** Nobody can ask with it: a tag is there or not. */
const impossible = [true, false].map((isNull) => deny(when('Null', 'aws:PrincipalTag/z', String(isNull))));

describe('the mentions of a policy', () => {
  const keyPolicy = toPolicy(open(when('StringEquals', 'aws:PrincipalAccount', '999999999999')));
  const ask = (policy: typeof keyPolicy, arn = keyArn) =>
    findWitness({ actions: ['kms:Decrypt'], zone: anyone, keyArn: arn }, { keyPolicy: policy });

  it('are those of the policy that is asked about, though it begins as another', () => {
    expect(ask(keyPolicy)).toEqual({ none: true });
    const [first] = keyPolicy.statements;
    const longer = toPolicy([open(), open(when('StringEquals', 'aws:PrincipalAccount', '999999999998'))]);
    const both = { ...longer, statements: [...(first ? [first] : []), ...longer.statements.slice(1)] };
    expect(ask(both)).toEqual({ none: true });
  });

  it('are those of the key that is asked about', () => {
    const everybody = toPolicy(open());
    const [region, other] = [ask(everybody), ask(everybody, keyArn.replace('arn:aws:', 'arn:aws-cn:'))];
    expect(region).toHaveProperty('found.principal.arn', expect.stringMatching(/^arn:aws:/));
    expect(other).toHaveProperty('found.principal.arn', expect.stringMatching(/^arn:aws-cn:/));
  });
});

describe('toNamedPowers', () => {
  it('tells of each principal once why it could not be told', () => {
    const arn = `arn:aws:iam::${keyAccountId}:role/ops`;
    const keyPolicy = toPolicy([
      open({ Sid: 'Ops', Principal: { AWS: arn }, Action: 'kms:*' }),
      ...independent(24).map((text) => deny(when('StringNotLike', 'aws:RequestTag/a', text))),
      ...impossible,
    ]);
    expect(toNamedPowers(keyPolicy, keyArn, ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:DisableKey'])).toEqual({
      powers: new Map(),
      undecided: ['statement Ops: The values of aws:RequestTag/a are too many to try them all.'],
    });
  });
});

describe('toCost', () => {
  it('counts statements and values, and more for what has to be parsed', () => {
    const { statements } = toPolicy([
      open(when('StringEquals', 'aws:PrincipalTag/a', ['a', 'b'])),
      open(when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])),
      open(),
    ]);
    expect(toCost(statements)).toBe(3 + 2 + 8);
    expect(effortOfPolicy).toBeGreaterThan(100_000);
  });
});
