/** Organizations: the accounts, told to the management account and its delegates only. */
import {
  DescribeOrganization$,
  type DescribeOrganizationResponse,
  ListAccounts$,
  type ListAccountsRequest,
  type ListAccountsResponse,
} from '@aws-sdk/client-organizations';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';
import { policyOperations } from './organization-policies.ts';
import { getOrganization, getReadableOrganization } from './organization-reader.ts';
import { toAccount, treeOperations } from './organization-tree.ts';

const describeOrganization = (_: object, call: Call): DescribeOrganizationResponse => {
  const { id, managementAccount } = getOrganization(call);
  return {
    Organization: {
      Id: id,
      Arn: `arn:aws:organizations::${managementAccount}:organization/${id}`,
      FeatureSet: 'ALL',
      MasterAccountId: managementAccount,
      MasterAccountArn: `arn:aws:organizations::${managementAccount}:account/${id}/${managementAccount}`,
    },
  };
};

const listAccounts = (input: ListAccountsRequest, call: Call): ListAccountsResponse => {
  const organization = getReadableOrganization(call);
  const refuse = () => new AwsError('InvalidInputException', 'You specified an invalid value.');
  const size = toPageSize(input.MaxResults, 20, 20, refuse);
  const members = call.world.fleet.accounts.filter(({ isOutside }) => isOutside !== true);
  // A token that ends in '.' stands before its page, one that doesn't before an empty page.
  if (organization.hasEmptyPages === true && input.NextToken?.endsWith('.') !== true) {
    return { Accounts: [], NextToken: `${input.NextToken ?? ''}.` };
  }
  const marker = input.NextToken?.replace(/\.$/, '');
  const page = toPage(members, size, marker === '' ? undefined : marker, refuse);
  return {
    Accounts: page.items.map((account) => toAccount(account, organization)),
    NextToken: page.next,
  };
};

export const organizations: Service = {
  name: 'organizations',
  namespace: 'com.amazonaws.organizations',
  protocol: awsJson('AWSOrganizationsV20161128'),
  isGlobal: true,
  codes: {
    accessDenied: { code: 'AccessDeniedException', status: 400 },
    throttled: { code: 'TooManyRequestsException', status: 400 },
    serverError: { code: 'ServiceException', status: 500 },
  },
  operations: [
    { schema: DescribeOrganization$, answer: describeOrganization },
    { schema: ListAccounts$, answer: listAccounts },
    ...treeOperations,
    ...policyOperations,
  ],
};
