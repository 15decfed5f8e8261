import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { findWitness, type Question } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { document, statement, words } from './documents.ts';
import { keyAccountId, keyArn, organizationId, outsideAccountId, toPolicy } from './policies.ts';

const actions = ['kms:Decrypt', 'kms:CreateGrant'];
const zones: Exclude<Zone, { kind: 'principal' }>[] = [
  { kind: 'anyone', organizationId },
  { kind: 'service', organizationId },
  {
    kind: 'outside',
    organizationId,
    classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
  },
];

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
const requestOf = (asked: (typeof zones)[number]): fc.Arbitrary<Request> => {
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
    'aws:TagKeys': fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
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
