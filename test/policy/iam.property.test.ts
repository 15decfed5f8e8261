import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Request } from '../../shared/policy/decide.ts';
import { findPrincipalWitness } from '../../shared/policy/principal-witness.ts';
import { longest, toRuns } from '../runs.ts';
import { additions, conditioned, denial, removals, toTurned } from './changes.ts';
import { contexts, principals, type RawPolicies, rawPolicies } from './iam-generators.ts';
import { parseRaw } from './iam-parse.ts';
import { keyArn } from './policies.ts';

const runs = { numRuns: toRuns(600) };
const request: fc.Arbitrary<Request> = fc
  .tuple(principals, contexts, fc.boolean())
  .map(([principal, context, isClosed]) => ({
    principal,
    action: 'kms:Decrypt',
    resource: keyArn,
    context,
    isClosed,
  }));
const answer = (asked: Request, raw: RawPolicies) => decide(asked, parseRaw(raw)).effect;

const rank = { denied: 0, undecided: 1, allowed: 2 };

describe('decide over every kind of policy', { timeout: longest }, () => {
  it('gives nobody more when a Deny comes', () => {
    fc.assert(
      fc.property(request, rawPolicies, fc.constantFrom(denial, conditioned), (asked, raw, deny) => {
        const before = rank[answer(asked, raw)];
        for (const add of additions) {
          expect(rank[answer(asked, add(raw, deny))]).toBeLessThanOrEqual(before);
        }
      }),
      runs,
    );
  });

  it('gives nobody more when an Allow or a grant goes', () => {
    fc.assert(
      fc.property(request, rawPolicies, (asked, raw) => {
        const before = rank[answer(asked, raw)];
        for (const remove of removals) {
          expect(rank[answer(asked, remove(raw))]).toBeLessThanOrEqual(before);
        }
      }),
      runs,
    );
  });

  it('answers the same in whatever order statements, policies and grants stand', () => {
    fc.assert(
      fc.property(request, rawPolicies, (asked, raw) => {
        expect(answer(asked, toTurned(raw))).toBe(answer(asked, raw));
      }),
      runs,
    );
  });

  it('answers an open request for all that it may become', () => {
    fc.assert(
      fc.property(request, contexts, rawPolicies, (asked, more, raw) => {
        const open = answer({ ...asked, isClosed: false }, raw);
        const closed = answer({ ...asked, context: { ...more, ...asked.context }, isClosed: true }, raw);
        if (open !== 'undecided') expect(closed).toBe(open);
      }),
      runs,
    );
  });
});

describe('findPrincipalWitness over every kind of policy', { timeout: longest }, () => {
  it('finds only what decide allows, and misses nothing that the principal could ask', () => {
    fc.assert(
      fc.property(
        principals,
        fc.array(contexts, { minLength: 4, maxLength: 8 }),
        rawPolicies,
        (principal, tries, raw) => {
          const policies = parseRaw(raw);
          const result = findPrincipalWitness({ principal, actions: ['kms:Decrypt'], keyArn }, policies);
          if ('found' in result) {
            expect(decide(result.found, policies).effect).toBe('allowed');
            return;
          }
          expect(result).toEqual({ none: true });
          for (const context of tries) {
            const asked = { principal, action: 'kms:Decrypt', resource: keyArn, context, isClosed: true };
            expect(decide(asked, policies).effect).not.toBe('allowed');
          }
        },
      ),
      runs,
    );
  });
});
