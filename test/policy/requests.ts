/** Random closed requests of callers of every kind, in no way made from a policy. */
import fc from 'fast-check';
import type { Request } from '../../shared/policy/decide.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { words } from './documents.ts';
import { keyAccountId, keyArn, organizationId, outsideAccountId } from './policies.ts';

const principals = fc
  .tuple(words('a', 'ab', 'b', 'xab'), words(keyAccountId, outsideAccountId, '987654321098'))
  .chain(([name, accountId]) =>
    fc.constantFrom<Principal[]>(
      {
        kind: 'role-session',
        arn: `arn:aws:sts::${accountId}:assumed-role/${name}/one`,
        roleArn: `arn:aws:iam::${accountId}:role/${name}`,
        accountId,
      },
      { kind: 'user', arn: `arn:aws:iam::${accountId}:user/${name}`, accountId },
      { kind: 'account-root', arn: `arn:aws:iam::${accountId}:root`, accountId },
      { kind: 'service', service: 's3.amazonaws.com' },
      { kind: 'anonymous' },
    ),
  );
const value = words('a', 'ab', 'b', 'abc', 'axc', 'xa', 'B', '*');
const single = (options: fc.Arbitrary<string>) => options.map((one) => [one]);
const contexts = fc.record(
  {
    'aws:PrincipalTag/x': single(value),
    'aws:PrincipalTag/y': single(value),
    'aws:TagKeys': fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    'aws:SourceIp': single(words('198.51.100.7', '203.0.113.9', '2001:db8:9::1')),
    'aws:MultiFactorAuthAge': single(words('1', '5', '6', '7')),
    'aws:MultiFactorAuthPresent': single(words('true', 'false')),
    'aws:PrincipalOrgID': single(words(organizationId, 'o-zzzzzzzzzz', 'o-q1q1q1q1q1')),
    'aws:SourceOrgID': single(words(organizationId, 'o-zzzzzzzzzz')),
    'aws:SourceAccount': single(words(keyAccountId, outsideAccountId)),
  },
  { requiredKeys: [] },
);

export const requests: fc.Arbitrary<Request> = fc
  .tuple(principals, contexts, words('kms:Decrypt', 'kms:CreateGrant', 'kms:ListGrants'))
  .map(([principal, context, action]) => ({
    principal,
    action,
    resource: keyArn,
    context: Object.fromEntries(Object.entries(context).map(([key, values]) => [key, values ?? []])),
    isClosed: true,
  }));
