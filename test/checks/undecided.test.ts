import { describe, expect, it } from 'vitest';
import { keyAdministratorsCannotDecrypt } from '../../shared/checks/key-administrators-cannot-decrypt.ts';
import { keyPolicyHasNoPublicStatement } from '../../shared/checks/key-policy-has-no-public-statement.ts';
import { keyPolicyTrustsOnlyTheOrganization } from '../../shared/checks/key-policy-trusts-only-the-organization.ts';
import { judge } from './cases.ts';
import { allow, deny, outside, toPolicy, toRole, when } from './policies.ts';

/** Text and numbers asked of one key cannot be tried together, so nobody knows whether a value meets both. */
const both = (Principal: unknown) => [
  allow(Principal, {
    Sid: 'Odd',
    Condition: { StringLike: { 'aws:PrincipalTag/a': 'x*' }, NumericLessThan: { 'aws:PrincipalTag/a': '5' } },
  }),
  deny(when('Null', 'aws:PrincipalTag/a', 'true')),
];

describe('a statement whose values are too many to try', () => {
  it.each([
    [keyPolicyHasNoPublicStatement, '*'],
    [keyPolicyTrustsOnlyTheOrganization, { AWS: outside }],
    [keyAdministratorsCannotDecrypt, { AWS: toRole('ops') }],
  ])('is unknown to $id', (check, principal) => {
    const verdicts = judge(check, { policy: toPolicy(...both(principal)) });
    expect(verdicts).toMatchObject([{ status: 'unknown', reason: 'unsupported' }]);
    expect(verdicts[0]?.message).toBe(
      'statement Odd: The values of aws:PrincipalTag/a are too many to try them all.',
    );
  });
});
