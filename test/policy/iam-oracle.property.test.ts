import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Request } from '../../shared/policy/decide.ts';
import { findPrincipalWitness } from '../../shared/policy/principal-witness.ts';
import { longest, toRuns } from '../runs.ts';
import { callers } from './case-file.ts';
import { contexts, principals, type RawPolicies, type RawStatement, rawPolicies } from './iam-generators.ts';
import { askOracle } from './iam-oracle.ts';
import { parseRaw } from './iam-parse.ts';
import { keyAccountId, keyArn } from './policies.ts';

const runs = { numRuns: toRuns(1_000) };
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

describe('decide beside another simulator', { timeout: longest }, () => {
  it('agrees on key policies, IAM policies, boundaries and organisation policies', async () => {
    await fc.assert(
      fc.asyncProperty(request, withoutGrants, async (asked, raw) => {
        expect(decide(asked, parseRaw(raw)).effect).toBe(await askOracle(asked, raw));
      }),
      runs,
    );
  });

  it('finds only requests of a principal that both allow', async () => {
    await fc.assert(
      fc.asyncProperty(principals, withoutGrants, async (principal, raw) => {
        const result = findPrincipalWitness({ principal, actions: ['kms:Decrypt'], keyArn }, parseRaw(raw));
        if ('found' in result) {
          expect(await askOracle(result.found, raw)).toBe('allowed');
        }
      }),
      runs,
    );
  });
});

describe('where the other simulator differs', () => {
  const open = { identity: [], boundary: null, serviceControl: [], resourceControl: [], grants: [] };
  const reader = callers.session;
  const allow = (more: RawStatement): RawStatement => ({
    Effect: 'Allow',
    Principal: '*',
    Action: 'kms:Decrypt',
    Resource: '*',
    ...more,
  });

  it.each<[string, RawStatement[], Record<string, string[]>, 'allowed' | 'denied']>([
    [
      // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context
      'it drops the encryption context',
      [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:app': 'a' } } })],
      { 'kms:EncryptionContext:app': ['a'] },
      'allowed',
    ],
    [
      // The account stands for its root user there; whoever is spared must be named as well.
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
      'it spares everybody of an account that a NotPrincipal names',
      [allow({}), { Effect: 'Deny', NotPrincipal: { AWS: keyAccountId }, Action: 'kms:*', Resource: '*' }],
      {},
      'denied',
    ],
  ])('%s', async (_, keyPolicy, context, effect) => {
    const asked = { principal: reader, action: 'kms:Decrypt', resource: keyArn, context, isClosed: true };
    const raw = { ...open, keyPolicy };
    expect(decide(asked, parseRaw(raw)).effect).toBe(effect);
    expect(await askOracle(asked, raw)).not.toBe(effect);
  });
});
