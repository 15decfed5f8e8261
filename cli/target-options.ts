/** Where to look, validated before anything is asked. Whether it exists AWS will say. */
import { BucketLocationConstraint } from '@aws-sdk/client-s3';
import { UsageError } from '../shared/runtime/errors.ts';
import type { Values } from './arguments.ts';
import { parseList, toHint } from './options.ts';

export interface Targets {
  regions: string[] | 'all' | undefined;
  accounts: string[] | 'organization' | 'caller';
  roleName?: string;
}

/** Takes the options that say where to look; gives the targets asked for. Whether they exist AWS will say. */
export const parseTargets = (values: Values): Targets => {
  const { accounts, organization: isOrganization = false, 'role-name': roleName } = values;
  if (accounts !== undefined && isOrganization)
    throw new UsageError('CONTRADICTION', '--accounts and --organization exclude each other');
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
  if (roleName !== undefined && !/^[\w+=,.@-]{1,64}$/.test(roleName))
    throw new UsageError('WRONG_ROLE', `--role-name: ${JSON.stringify(roleName)} is not the name of a role`, {
      hint: 'Give its name, not its ARN.',
    });
  const list = accounts === undefined ? undefined : parseList('--accounts', accounts);
  for (const account of list ?? [])
    if (!/^\d{12}$/.test(account))
      throw new UsageError('WRONG_ACCOUNT', `--accounts: ${JSON.stringify(account)} is not 12 digits`);
  if (roleName === undefined && (isOrganization || (list && list.length > 1)))
    throw new UsageError('ROLE_MISSING', 'other accounts are reached through a role; --role-name is missing');
  return {
    regions: parseRegions(values),
    accounts: isOrganization ? 'organization' : (list ?? 'caller'),
    roleName,
  };
};

/** AWS names Regions by directions: one after which it named none yet is a typing error where a Region is near it. */
const direction = /^(central|(north|south)?(east|west)|north|south)$/;
/** Those that S3 has buckets in: all but the isolated partitions'; the first one has no name there. */
const knownRegions = ['us-east-1', ...Object.values(BucketLocationConstraint)].filter(
  (name) => name !== 'EU',
);

const parseRegions = ({ regions }: Values): Targets['regions'] => {
  if (regions === undefined || regions === 'all') return regions;
  const list = parseList('--regions', regions);
  for (const region of list) {
    // A Region that is newer than Keyward is none to doubt.
    const isShaped = /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region);
    if (isShaped && direction.test(region.split('-').at(-2) ?? '')) continue;
    const meant = toHint(region, knownRegions);
    if (meant || !isShaped)
      throw new UsageError('WRONG_REGION', `--regions: ${JSON.stringify(region)} is not a Region`, {
        hint: meant ?? 'A Region looks like eu-central-1; all stands alone for every enabled one.',
      });
  }
  return list;
};
