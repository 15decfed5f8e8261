import type { Principal } from './principal.ts';

/**
 * The condition keys that follow from who calls, spelt as AWS spells them. They belong together: a request that
 * changes one of them is another caller's. Give the organisation's id where it is known.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
 */
export function toIdentityContext(
  principal: Principal,
  { organizationId }: { organizationId?: string } = {},
): Record<string, string[]> {
  const organization: Record<string, string[]> =
    organizationId === undefined ? {} : { 'aws:PrincipalOrgID': [organizationId] };
  switch (principal.kind) {
    case 'role-session':
      return {
        ...toAccountContext(principal.roleArn, principal.accountId, 'AssumedRole'),
        ...organization,
        ...toUserId(principal.userId),
      };
    case 'role':
      return { ...toAccountContext(principal.arn, principal.accountId, 'AssumedRole'), ...organization };
    case 'user':
      if (principal.arn.includes(':federated-user/')) {
        return {
          ...toAccountContext(principal.arn, principal.accountId, 'FederatedUser'),
          ...organization,
          ...toUserId(principal.userId ?? `${principal.accountId}:${principal.arn.split('/').at(-1) ?? ''}`),
        };
      }
      return {
        ...toAccountContext(principal.arn, principal.accountId, 'User'),
        ...organization,
        'aws:username': [principal.arn.split('/').at(-1) ?? ''],
        ...toUserId(principal.userId),
      };
    case 'account-root':
      return {
        ...toAccountContext(principal.arn, principal.accountId, 'Account'),
        ...organization,
        'aws:userid': [principal.accountId],
      };
    case 'federated':
      return {
        'aws:FederatedProvider': [principal.provider],
        'aws:PrincipalIsAWSService': ['false'],
        ...(principal.accountId === null
          ? {}
          : { 'aws:PrincipalAccount': [principal.accountId], 'kms:CallerAccount': [principal.accountId] }),
      };
    case 'service':
      return { 'aws:PrincipalIsAWSService': ['true'], 'aws:PrincipalServiceName': [principal.service] };
    case 'anonymous':
      return {
        'aws:PrincipalType': ['Anonymous'],
        'aws:PrincipalIsAWSService': ['false'],
        'aws:userid': ['anonymous'],
      };
  }
}

function toAccountContext(arn: string, accountId: string, type: string): Record<string, string[]> {
  return {
    'aws:PrincipalArn': [arn],
    'aws:PrincipalAccount': [accountId],
    'aws:PrincipalType': [type],
    'aws:PrincipalIsAWSService': ['false'],
    'kms:CallerAccount': [accountId],
  };
}

function toUserId(userId: string | undefined): Record<string, string[]> {
  return userId === undefined ? {} : { 'aws:userid': [userId] };
}
