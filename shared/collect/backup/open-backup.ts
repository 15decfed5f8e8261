import { BackupClient } from '@aws-sdk/client-backup';
import { type Access, type Aws, eachAttempt } from '../../runtime/aws.ts';

/** Gives a client for an account and Region, at the rates of the run. */
export const openBackup = (
  { configure, limit }: Pick<Aws, 'configure' | 'limit'>,
  access: Access,
  region: string,
): BackupClient => {
  const client = new BackupClient(configure(access, region));
  client.middlewareStack.add(limit(access, region), eachAttempt);
  return client;
};
