import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type Access, type Aws, eachAttempt } from '../../runtime/aws.ts';

/** Gives a client for an account and Region, at the rates of the run. */
export const openCloudWatchLogs = (
  { configure, limit }: Pick<Aws, 'configure' | 'limit'>,
  access: Access,
  region: string,
): CloudWatchLogsClient => {
  const client = new CloudWatchLogsClient(configure(access, region));
  client.middlewareStack.add(limit(access, region), eachAttempt);
  return client;
};
