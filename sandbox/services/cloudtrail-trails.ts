/** Which trails an account sees in a Region: its own, their shadows from other Regions, and its organisation's. */
import { AwsError } from '../aws-error.ts';
import type { SandboxTrail } from '../fleets/fleet.ts';
import { reachesAccount } from '../fleets/trails.ts';
import type { Call } from '../service.ts';
import { parseArn } from '../world.ts';

const accountOf = ({ TrailARN }: SandboxTrail): string => parseArn(TrailARN)?.account ?? '';

export const listTrails = ({ caller, region, world }: Call): SandboxTrail[] => {
  const isMember = world.accounts.get(caller.account)?.isOutside !== true;
  return (world.fleet.trails ?? []).filter(
    (trail) =>
      (trail.HomeRegion === region || trail.IsMultiRegionTrail === true) &&
      reachesAccount(trail, caller.account, isMember),
  );
};

/** In the words that a caller of another Region or account was told. */
export const refuseTrail = (name: string, { caller }: Call): AwsError =>
  new AwsError('TrailNotFoundException', `Unknown trail: ${name} for the user: ${caller.account}`);

/** Takes a trail's name or ARN; gives it as the caller sees it, or throws. */
export const findTrail = (name: string, call: Call): SandboxTrail => {
  if (name.startsWith('arn:') && parseArn(name)?.service !== 'cloudtrail')
    throw new AwsError('CloudTrailARNInvalidException', `ARN is not valid: ${name}`);
  const trail = listTrails(call).find(({ Name, TrailARN }) => name === TrailARN || name === Name);
  if (trail === undefined) throw refuseTrail(name, call);
  return trail;
};

/**
 * Selectors are told in the trail's own account and home Region. Users report TrailNotFoundException from elsewhere;
 * AWS's reference does not say it.
 */
export const requireOwnTrail = (trail: SandboxTrail, call: Call): void => {
  if (trail.HomeRegion !== call.region || accountOf(trail) !== call.caller.account)
    throw refuseTrail(trail.TrailARN, call);
};
