import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Request } from '../../shared/policy/decide.ts';
import { contexts, principals, type RawPolicies, rawPolicies } from './iam-generators.ts';
import { askOracle } from './iam-oracle.ts';
import { parseRaw } from './iam-parse.ts';
import { keyArn } from './policies.ts';

const request: fc.Arbitrary<Request> = fc.tuple(principals, contexts).map(([principal, context]) => ({
  principal,
  action: 'kms:Decrypt',
  resource: keyArn,
  context: toKnown(context),
  isClosed: true,
}));
// The oracle knows no grants, and drops kms:EncryptionContext:… from a request: another key takes its place.
const toKnown = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll('kms:EncryptionContext:app', 'kms:ViaService'));
const withoutGrants: fc.Arbitrary<RawPolicies> = rawPolicies.map((raw) => toKnown({ ...raw, grants: [] }));

describe('decide beside another simulator', () => {
  it('agrees on key policies, IAM policies, boundaries and organisation policies', async () => {
    await fc.assert(
      fc.asyncProperty(request, withoutGrants, async (asked, raw) => {
        expect(decide(asked, parseRaw(raw)).effect).toBe(await askOracle(asked, raw));
      }),
      { numRuns: Number(process.env.RUNS ?? 500) },
    );
  });
});
