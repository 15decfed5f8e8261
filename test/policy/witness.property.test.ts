import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { findWitness, type Question } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { keyAccountId, keyArn, organizationId, outsideAccountId, root, toPolicy } from './policies.ts';

const actions = ['kms:Decrypt', 'kms:CreateGrant'];
const zones: Zone[] = [
  { kind: 'anyone', organizationId },
  { kind: 'service', organizationId },
  {
    kind: 'outside',
    organizationId,
    classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
  },
];

const words = (...options: string[]): fc.Arbitrary<string> => fc.constantFrom(...options);
const lists = (...options: string[][]): fc.Arbitrary<string[]> => fc.constantFrom(...options);

const text = words(
  'a',
  'ab',
  'b',
  'abc',
  'a*',
  '*b',
  'a?c',
  '*',
  '?*',
  '${aws:PrincipalTag/y}',
  'x${aws:PrincipalTag/y}',
);
const texts = fc.array(text, { minLength: 1, maxLength: 2 });
const textOperator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringEqualsIfExists',
  'StringNotLikeIfExists',
  'ForAnyValue:StringLike',
  'ForAllValues:StringEquals',
  'ForAllValues:StringNotLike',
);
const freeCondition = fc.record({
  operator: textOperator,
  key: fc.constantFrom('aws:PrincipalTag/x', 'custom:list'),
  values: texts,
});
const otherCondition = fc.oneof(
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringLike', 'StringNotEquals', 'StringNotEqualsIfExists'),
    key: fc.constantFrom('aws:PrincipalOrgID', 'aws:SourceOrgID'),
    values: lists([organizationId], ['*'], ['o-zzzzzzzzzz']),
  }),
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringNotLike'),
    key: fc.constantFrom('kms:CallerAccount', 'aws:PrincipalAccount', 'aws:SourceAccount'),
    values: lists([keyAccountId], ['9*'], [outsideAccountId]),
  }),
  fc.record({
    operator: fc.constantFrom('ArnLike', 'ArnNotLike', 'StringLike'),
    key: fc.constantFrom('aws:PrincipalArn'),
    values: lists(['arn:aws:iam::*:role/a*'], [`arn:aws:iam::${outsideAccountId}:user/*`], ['*b']),
  }),
  fc.record({
    operator: fc.constantFrom('IpAddress', 'NotIpAddress'),
    key: fc.constant('aws:SourceIp'),
    values: lists(['203.0.113.0/24'], ['0.0.0.0/0'], ['::/0'], ['0.0.0.0/1']),
  }),
  fc.record({
    operator: fc.constantFrom('NumericLessThan', 'NumericGreaterThanEquals', 'NumericNotEquals'),
    key: fc.constant('aws:MultiFactorAuthAge'),
    values: lists(['5'], ['7']),
  }),
  fc.record({
    operator: fc.constantFrom('Bool', 'BoolIfExists'),
    key: fc.constantFrom('aws:PrincipalIsAWSService', 'aws:MultiFactorAuthPresent'),
    values: lists(['true'], ['false']),
  }),
  fc.record({
    operator: fc.constant('Null'),
    key: fc.constantFrom('aws:PrincipalOrgID', 'aws:PrincipalTag/x', 'custom:list'),
    values: lists(['true'], ['false']),
  }),
);
const principal = fc.constantFrom(
  { Principal: '*' },
  { Principal: '*' },
  { Principal: { AWS: root } },
  { Principal: { AWS: outsideAccountId } },
  { Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/ab` } },
  { Principal: { Service: 's3.amazonaws.com' } },
  { NotPrincipal: { AWS: root } },
);
const statement = (effect: 'Allow' | 'Deny') =>
  fc
    .tuple(
      principal,
      fc.constantFrom('kms:*', 'kms:Decrypt', 'kms:C*'),
      fc.array(fc.oneof(freeCondition, otherCondition), { maxLength: 3 }),
    )
    .map(([who, action, conditions]) => {
      const block: Record<string, Record<string, string[]>> = {};
      for (const { operator, key, values } of conditions) {
        block[operator] = { ...block[operator], [key]: values };
      }
      return { Effect: effect, ...who, Action: action, Resource: '*', Condition: block };
    });
const document = fc.record({
  allows: fc.array(statement('Allow'), { minLength: 1, maxLength: 2 }),
  denies: fc.array(statement('Deny'), { maxLength: 3 }),
});
const zone = fc.constantFrom(...zones);

const ask = (asked: Zone, keyPolicy: Policy, more: Partial<Question> = {}) =>
  findWitness({ actions, zone: asked, keyArn, ...more }, { keyPolicy });

/** A caller of a zone as anybody might think it up, in no way made from the policy. */
const accountOf = {
  anyone: '987654321098',
  outside: outsideAccountId,
  unknown: outsideAccountId,
  service: '987654321098',
};
const name = words('a', 'ab', 'b', 'abc', 'reader', 'xab');
const value = words('a', 'ab', 'b', 'abc', 'axc', 'xa', 'B', 'c');
const requestOf = (asked: Zone): fc.Arbitrary<Request> => {
  const accountId = accountOf[asked.kind];
  const iam = `arn:aws:iam::${accountId}`;
  const caller: fc.Arbitrary<Principal> =
    asked.kind === 'service'
      ? fc.constant({ kind: 'service', service: 's3.amazonaws.com' })
      : name.chain((called) =>
          fc.constantFrom<Principal[]>(
            {
              kind: 'role-session',
              arn: `arn:aws:sts::${accountId}:assumed-role/${called}/one`,
              roleArn: `${iam}:role/${called}`,
              accountId,
            },
            { kind: 'user', arn: `${iam}:user/${called}`, accountId },
            { kind: 'account-root', arn: `${iam}:root`, accountId },
          ),
        );
  const single = (options: fc.Arbitrary<string>) => options.map((one) => [one]);
  const values: Record<string, fc.Arbitrary<string[]>> = {
    'aws:PrincipalTag/x': single(value),
    'aws:PrincipalTag/y': single(value),
    'custom:list': fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    'aws:SourceIp': single(words('198.51.100.7', '8.8.8.8', '2001:db8:9::1')),
    'aws:MultiFactorAuthAge': single(words('1', '5', '6', '7', '9')),
    'aws:MultiFactorAuthPresent': single(words('true', 'false')),
    [asked.kind === 'service' ? 'aws:SourceOrgID' : 'aws:PrincipalOrgID']: single(words('o-q1q1q1q1q1')),
    ...(asked.kind === 'service' ? { 'aws:SourceAccount': single(words(accountId)) } : {}),
  };
  const context = fc
    .record(values, { requiredKeys: [] })
    .map(
      (given): Record<string, string[]> =>
        Object.fromEntries(Object.entries(given).map(([key, list]) => [key, list ?? []])),
    );
  return fc.tuple(caller, context, words(...actions)).map(([who, given, action]) => ({
    principal: who,
    action,
    resource: keyArn,
    context: { ...toIdentityContext(who), ...given },
    isClosed: true,
  }));
};

describe('findWitness, whatever the policy', () => {
  it('finds only what decide allows, and by the statement asked about', () => {
    fc.assert(
      fc.property(document, zone, ({ allows, denies }, asked) => {
        const keyPolicy = toPolicy([...allows, ...denies]);
        for (const index of allows.keys()) {
          const result = ask(asked, keyPolicy, { statement: index });
          if ('found' in result) {
            const { effect, because } = decide(result.found, { keyPolicy });
            expect(effect).toBe('allowed');
            expect(because.map((reason) => reason.statement)).toContain(index);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('misses nothing that a caller of the zone could ask', () => {
    fc.assert(
      fc.property(
        document,
        fc.constantFrom(...zones),
        fc.infiniteStream(fc.nat()),
        ({ allows, denies }, asked, seeds) => {
          const keyPolicy = toPolicy([...allows, ...denies]);
          const result = ask(asked, keyPolicy);
          if ('found' in result || 'undecided' in result) {
            return;
          }
          const [seed = 0] = seeds.take(1);
          // In the zone outside only accounts that the policy names are asked about.
          const isAsked = asked.kind !== 'outside' || JSON.stringify(keyPolicy).includes(outsideAccountId);
          const isServed = asked.kind !== 'service' || JSON.stringify(allows).includes('s3.amazonaws.com');
          for (const request of isAsked && isServed
            ? fc.sample(requestOf(asked), { numRuns: 400, seed })
            : []) {
            expect(decide(request, { keyPolicy }).effect, JSON.stringify({ request, keyPolicy })).not.toBe(
              'allowed',
            );
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it('decides policies of this size', () => {
    const policies = fc.sample(document, { numRuns: 300, seed: 7 });
    const undecided = policies.filter(({ allows, denies }) =>
      zones.some((asked) => 'undecided' in ask(asked, toPolicy([...allows, ...denies]))),
    );
    expect(undecided).toEqual([]);
  });

  it('finds nothing new when a Deny comes or an Allow goes, and the same in any order', () => {
    fc.assert(
      fc.property(document, statement('Deny'), zone, ({ allows, denies }, more, asked) => {
        const answer = (statements: object[]) => Object.keys(ask(asked, toPolicy(statements)))[0];
        const before = answer([...allows, ...denies]);
        expect(answer([...denies.toReversed(), ...allows.toReversed()])).toBe(before);
        // A newcomer may mention an account, which is then asked about in the zone outside.
        if (before === 'none' && asked.kind !== 'outside') {
          expect(answer([...allows, ...denies, more])).not.toBe('found');
          expect(answer([...allows.slice(0, 1), ...denies])).not.toBe('found');
        }
      }),
      { numRuns: 250 },
    );
  });
});
