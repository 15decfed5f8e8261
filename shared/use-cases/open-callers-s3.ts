import type { S3Client } from '@aws-sdk/client-s3';
import { type Aws, eachAttempt } from '../runtime/aws.ts';

/** Gives a client for a bucket that the caller reads, which may lie in any Region. */
export const openCallersS3 = async (aws: Aws): Promise<S3Client> => {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const caller = await aws.getAccess(aws.caller.account);
  const client = new S3Client({
    ...aws.configure(caller, aws.region),
    followRegionRedirects: true,
    // Emulators answer under one name, as they do to the AWS CLI.
    forcePathStyle:
      process.env.AWS_ENDPOINT_URL_S3 !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });
  client.middlewareStack.add(aws.observe(caller, aws.region), eachAttempt);
  return client;
};
