import type { KeyQuestion } from './holding.ts';
import { parsePolicy } from './policy-document.ts';

/**
 * The question who may do something with the custom key stores of a key's account and Region. KMS asks IAM alone, as
 * if a key policy delegated everything, and for no resource: only `*` is about a key store. The resource asked for
 * stands for that; it is no ARN, so that no pattern for keys takes it in.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
export function toKeyStoreQuestion({ keyArn, accounts }: KeyQuestion): KeyQuestion {
  const [, partition = '', , region = '', account = ''] = keyArn.split(':');
  const delegation = {
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return {
    keyArn: `*:${partition}:*:${region}:${account}:*`,
    keyPolicy: parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: delegation })),
    grants: [],
    resourceControl: [],
    accounts: accounts.filter((one) => one.account === account),
  };
}
