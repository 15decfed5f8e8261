import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import { findWitness, type Question } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { toRuns } from '../runs.ts';
import { document, statement } from './documents.ts';
import { keyArn, outsideAccountId, toPolicy } from './policies.ts';
import { actions, requestOf, zones } from './zone-requests.ts';

const zone = fc.constantFrom(...zones);

const ask = (asked: Zone, keyPolicy: Policy, more: Partial<Question> = {}) =>
  findWitness({ actions, zone: asked, keyArn, ...more }, { keyPolicy });

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
      { numRuns: toRuns(400) },
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
      { numRuns: toRuns(120) },
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
      { numRuns: toRuns(250) },
    );
  });
});
