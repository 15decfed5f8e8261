/** Random closed requests by callers of a zone, in no way made from a policy. */
import fc from 'fast-check';
import type { Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { words } from './documents.ts';
import { keyAccountId, keyArn, organizationId, outsideAccountId } from './policies.ts';

export const actions = ['kms:Decrypt', 'kms:CreateGrant'];
export const zones: Exclude<Zone, { kind: 'principal' }>[] = [
  { kind: 'anyone', organizationId },
  { kind: 'service', organizationId },
  {
    kind: 'outside',
    organizationId,
    classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
  },
];

/** A caller of a zone as anybody might think it up, in no way made from the policy. */
const accountOf = {
  anyone: '987654321098',
  outside: outsideAccountId,
  unknown: outsideAccountId,
  service: '987654321098',
};
const name = words('a', 'ab', 'b', 'abc', 'reader', 'xab');
const value = words('a', 'ab', 'b', 'abc', 'axc', 'xa', 'B', 'c');
export const requestOf = (asked: (typeof zones)[number]): fc.Arbitrary<Request> => {
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
    'aws:PrincipalTag/y': single(fc.oneof(value, fc.constant(keyArn.split('/')[1] ?? ''))),
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
