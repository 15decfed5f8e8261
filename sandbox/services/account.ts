/** Account Management: which Regions an account has enabled. */
import {
  ListRegions$,
  type ListRegionsRequest,
  type ListRegionsResponse,
  type RegionOptStatus,
} from '@aws-sdk/client-account';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';
import { isOrganizationReader } from './organization-reader.ts';

// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
const optInRegions = [
  'af-south-1',
  'ap-east-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
];

const findAccount = ({ AccountId }: ListRegionsRequest, call: Call) => {
  const { caller, world } = call;
  if (AccountId === undefined) return world.accounts.get(caller.account);
  if (AccountId === world.fleet.organization?.managementAccount) {
    throw new AwsError('ValidationException', 'The management account must be called without an AccountId.');
  }
  const account = world.accounts.get(AccountId);
  if (account !== undefined && isOrganizationReader(call)) return account;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: account:ListRegions`,
  );
};

const listRegions = (input: ListRegionsRequest, call: Call): ListRegionsResponse => {
  const refuse = () => new AwsError('ValidationException', 'MaxResults or NextToken is not valid.');
  const enabled = findAccount(input, call)?.regions ?? [];
  const regions = [...new Set([...enabled, ...optInRegions])].sort().map((name) => {
    const status: RegionOptStatus = !enabled.includes(name)
      ? 'DISABLED'
      : optInRegions.includes(name)
        ? 'ENABLED'
        : 'ENABLED_BY_DEFAULT';
    return { RegionName: name, RegionOptStatus: status };
  });
  const asked = input.RegionOptStatusContains;
  const fitting = regions.filter(
    ({ RegionOptStatus }) => asked === undefined || asked.includes(RegionOptStatus),
  );
  const page = toPage(fitting, toPageSize(input.MaxResults, 50, 50, refuse), input.NextToken, refuse);
  return { Regions: page.items, NextToken: page.next };
};

export const account: Service = {
  name: 'account',
  namespace: 'com.amazonaws.account',
  protocol: restJson,
  isGlobal: true,
  codes: {
    throttled: { code: 'TooManyRequestsException', status: 429 },
    serverError: { code: 'InternalServerException', status: 500 },
  },
  operations: [{ schema: ListRegions$, answer: listRegions }],
};
