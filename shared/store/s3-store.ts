import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { PreconditionError } from '../runtime/errors.ts';
import { createS3List } from './s3-list.ts';
import type { Store } from './store.ts';

/** For how long nobody may delete a version, but in GOVERNANCE who may bypass that. */
export interface Lock {
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  days: number;
}

/**
 * A store of the objects of a bucket, none of which it can remove. Conditional writes are S3's own, and its reads and lists show every write at once:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. A lock is put on all that it writes; a
 * bucket without Object Lock refuses that, and the write with it.
 */
export const createS3Store = (bucket: string, client = new S3Client({}), lock?: Lock): Store => ({
  get: async (name) => {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
      return { body: (await Body?.transformToString()) ?? '', etag: ETag ?? '' };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  },
  put: async (name, body, condition) => {
    const conditions =
      condition && ('ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: '*' });
    const ContentType = name.endsWith('.html') ? 'text/html; charset=utf-8' : 'application/json';
    const retention = lock && {
      ObjectLockMode: lock.mode,
      ObjectLockRetainUntilDate: new Date(Date.now() + lock.days * 86_400_000),
    };
    const object = { Bucket: bucket, Key: name, Body: body, ContentType, ...conditions, ...retention };
    try {
      return (await client.send(new PutObjectCommand(object))).ETag ?? '';
    } catch (cause) {
      if (condition && isConditionMissed(cause))
        throw new PreconditionError('PRECONDITION_FAILED', `${name} was written by somebody else`, { cause });
      throw cause;
    }
  },
  ...createS3List(bucket, client),
});

/** 412: it is not as it was. 409: somebody else writes it right now. 404: it was to be replaced, and is gone. */
const isConditionMissed = (error: unknown): boolean =>
  error instanceof S3ServiceException &&
  ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(error.name);
