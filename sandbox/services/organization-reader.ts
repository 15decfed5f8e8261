/** Who may ask about the organisation. */
import { AwsError } from '../aws-error.ts';
import type { SandboxOrganization } from '../fleets/fleet.ts';
import type { Call } from '../service.ts';

/** The organisation of the caller's account; refused as AWS does where that is in none. */
export const getOrganization = ({ world, caller }: Call): SandboxOrganization => {
  const { organization } = world.fleet;
  if (organization !== undefined && world.accounts.get(caller.account)?.isOutside !== true)
    return organization;
  throw new AwsError('AWSOrganizationsNotInUseException', 'Your account is not a member of an organization.');
};

/** Whether the caller may ask about the whole organisation. */
export const isOrganizationReader = ({ caller, world }: Call): boolean => {
  const { organization } = world.fleet;
  return (
    organization?.managementAccount === caller.account ||
    organization?.delegatedAdministrators?.includes(caller.account) === true
  );
};

/** The organisation, for the management account and its delegates; refused to any other. */
export const getReadableOrganization = (call: Call): SandboxOrganization => {
  const organization = getOrganization(call);
  if (isOrganizationReader(call)) return organization;
  throw new AwsError('AccessDeniedException', "You don't have permissions to access this resource.");
};
