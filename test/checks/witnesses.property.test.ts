import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../shared/checks/check.ts';
import { keyAdministratorsCannotDecrypt } from '../../shared/checks/key-administrators-cannot-decrypt.ts';
import { keyPolicyHasNoPublicStatement } from '../../shared/checks/key-policy-has-no-public-statement.ts';
import { keyPolicyTrustsOnlyTheOrganization } from '../../shared/checks/key-policy-trusts-only-the-organization.ts';
import { decide } from '../../shared/policy/decide.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';
import { document } from '../policy/documents.ts';
import { toReplay } from '../policy/replay.ts';
import { toRuns } from '../runs.ts';
import { judge, keyArn } from './cases.ts';

const checks: [string, Check][] = [
  keyPolicyHasNoPublicStatement,
  keyPolicyTrustsOnlyTheOrganization,
  keyAdministratorsCannotDecrypt,
].map((check) => [check.id, check]);

describe.each(checks)('%s, whatever the policy', (_, check) => {
  it('fails only with a request that the policy allows, and names no subject twice', () => {
    fc.assert(
      fc.property(document, ({ allows, denies }) => {
        const policy = { Version: '2012-10-17', Statement: [...allows, ...denies] };
        const keyPolicy = parsePolicy(JSON.stringify(policy));
        const verdicts = judge(check, { policy });
        const subjects = verdicts.map(({ subject }) => subject);
        expect(new Set(subjects).size).toBe(subjects.length);
        for (const { evidence } of verdicts.filter(({ status }) => status === 'fail')) {
          const witnesses = [evidence.witness, evidence.administeringWitness].filter(
            (told) => told !== undefined,
          );
          expect(witnesses.length).toBeGreaterThan(0);
          for (const witness of witnesses) {
            const request = toReplay(witness);
            expect(request.resource).toBe(keyArn);
            expect(decide(request, { keyPolicy }).effect, JSON.stringify({ witness, policy })).toBe(
              'allowed',
            );
          }
        }
      }),
      { numRuns: toRuns(150) },
    );
  });
});
