import type { S3Client } from '@aws-sdk/client-s3';
import type { Aws } from '../runtime/aws.ts';

/** Gives a client for a bucket that the caller reads, which may lie in any Region. */
export const openCallersS3 = async (aws: Aws): Promise<S3Client> => {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    ...aws.configure(aws.access, aws.region),
    followRegionRedirects: true,
    // Emulators answer under one name, as they do to the AWS CLI.
    forcePathStyle:
      process.env.AWS_ENDPOINT_URL_S3 !== undefined || process.env.AWS_ENDPOINT_URL !== undefined,
  });
  aws.observe(client, aws.access, aws.region);
  return client;
};
