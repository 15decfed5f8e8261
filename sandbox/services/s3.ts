/** S3: objects of one bucket each, with its conditional writes and pages. Which buckets there are is not asked. */
import { createHash } from 'node:crypto';
import {
  DeleteObject$,
  type DeleteObjectCommandInput,
  GetBucketEncryption$,
  type GetBucketEncryptionCommandInput,
  GetObject$,
  type GetObjectCommandInput,
  ListObjectsV2$,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObject$,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restXml } from '../wire/rest-xml.ts';

const getBucket = ({ Bucket = '' }: { Bucket?: string }, { world }: Call): Map<string, Buffer> => {
  const bucket = world.buckets.get(Bucket) ?? new Map<string, Buffer>();
  world.buckets.set(Bucket, bucket);
  return bucket;
};

/** An object that was put, or a log file that a trail has delivered. */
const getBody = (input: { Bucket?: string; Key?: string }, call: Call): Buffer | undefined =>
  getBucket(input, call).get(input.Key ?? '') ??
  call.world.logBuckets.get(input.Bucket ?? '')?.get(input.Key ?? '');

const toETag = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

const getObject = (input: GetObjectCommandInput, call: Call) => {
  const body = getBody(input, call);
  if (body === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  return { Body: body, ETag: toETag(body), ContentLength: body.length };
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const putObject = (input: PutObjectCommandInput, call: Call) => {
  const { Key = '', Body, IfMatch, IfNoneMatch } = input;
  const bucket = getBucket(input, call);
  const before = bucket.get(Key);
  if (IfMatch !== undefined && before === undefined)
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  const isAsExpected = IfMatch === undefined || (before !== undefined && toETag(before) === IfMatch);
  if (!isAsExpected || (IfNoneMatch !== undefined && before !== undefined))
    throw new AwsError(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      412,
    );
  const body = Buffer.isBuffer(Body) ? Body : Buffer.alloc(0);
  bucket.set(Key, body);
  return { ETag: toETag(body) };
};

const deleteObject = (input: DeleteObjectCommandInput, call: Call) => {
  getBucket(input, call).delete(input.Key ?? '');
  return {};
};

/** Keys below the prefix; those that go on past a delimiter stand for their common beginning, which ends with it. */
const rollUp = (below: string[], prefix: string, delimiter: string | undefined): string[] => {
  if (delimiter === undefined || delimiter === '') return below;
  const rolledUp = below.map((name) => {
    const end = name.indexOf(delimiter, prefix.length);
    return end === -1 ? name : name.slice(0, end + delimiter.length);
  });
  return [...new Set(rolledUp)];
};

const listObjects = (
  input: ListObjectsV2CommandInput,
  call: Call,
): Omit<ListObjectsV2CommandOutput, '$metadata'> => {
  const { Bucket = '', Prefix = '', Delimiter, StartAfter, MaxKeys, ContinuationToken } = input;
  const refuse = () => new AwsError('InvalidArgument', 'The continuation token provided is incorrect', 400);
  const put = [...getBucket(input, call).keys()].filter((name) => name.startsWith(Prefix));
  const below = [...put, ...(call.world.logBuckets.get(Bucket)?.names(Prefix) ?? [])];
  // S3 lists keys in the order of their UTF-8 bytes.
  const names = rollUp(below, Prefix, Delimiter)
    .filter((name) => StartAfter === undefined || name > StartAfter)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const { items, next } = toPage(names, toPageSize(MaxKeys, 1000, 1000, refuse), ContinuationToken, refuse);
  const isRolledUp = (name: string) => Delimiter && name.indexOf(Delimiter, Prefix.length) !== -1;
  return {
    Name: Bucket,
    Prefix,
    Delimiter,
    KeyCount: items.length,
    IsTruncated: next !== undefined,
    NextContinuationToken: next,
    Contents: items
      .filter((name) => !isRolledUp(name))
      .map((Key) => ({ Key, Size: getBody({ Bucket, Key }, call)?.length })),
    CommonPrefixes: items.filter(isRolledUp).map((name) => ({ Prefix: name })),
  };
};

/** Every bucket encrypts by default. https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html */
const getBucketEncryption = ({ Bucket = '' }: GetBucketEncryptionCommandInput, { world }: Call) => ({
  ServerSideEncryptionConfiguration: {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: world.fleet.bucketEncryption?.[Bucket] ?? {
          SSEAlgorithm: 'AES256' as const,
        },
      },
    ],
  },
});

export const s3: Service = {
  name: 's3',
  namespace: 'com.amazonaws.s3',
  protocol: restXml,
  operations: [
    { schema: GetObject$, answer: getObject },
    { schema: PutObject$, answer: putObject },
    { schema: DeleteObject$, answer: deleteObject },
    { schema: GetBucketEncryption$, answer: getBucketEncryption },
    { schema: ListObjectsV2$, answer: listObjects },
  ],
};
