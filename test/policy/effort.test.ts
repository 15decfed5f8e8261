import { describe, expect, it } from 'vitest';
import { effortOfPolicy, toCost } from '../../shared/policy/effort.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { keyArn, open, toPolicy } from './policies.ts';

const anyone: Zone = { kind: 'anyone' };
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});

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

describe('toCost', () => {
  it('counts statements and values, and more for what has to be parsed', () => {
    const { statements } = toPolicy([
      open(when('StringEquals', 'aws:PrincipalTag/a', ['a', 'b'])),
      open(when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])),
      open(),
    ]);
    expect(toCost(statements)).toBe(3 + 2 + 8);
    const ownKey = `arn:aws:kms:*:*:key/${'$'}{aws:PrincipalTag/own}`;
    const onResources = toPolicy([
      open({ Resource: ['*', ownKey, `${ownKey}-2`] }),
      open({ Resource: undefined, NotResource: ownKey }),
    ]);
    expect(toCost(onResources.statements)).toBe(2 + 3 * 64);
    expect(effortOfPolicy).toBeGreaterThan(100_000);
  });
});
