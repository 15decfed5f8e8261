import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { type Access, type Aws, eachAttempt } from '../../runtime/aws.ts';

/** Gives a client for an account and Region, at the rates of the run. */
export const openCloudTrail = (
  { configure, limit }: Pick<Aws, 'configure' | 'limit'>,
  access: Access,
  region: string,
): CloudTrailClient => {
  const client = new CloudTrailClient(configure(access, region));
  client.middlewareStack.add(limit(access, region), eachAttempt);
  return client;
};
