import { describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { PreconditionError } from '../../shared/runtime/errors.ts';
import { makeBucket } from './stores.ts';

describe('The S3 store', () => {
  it('lists every page', async () => {
    const { store, sandbox } = await makeBucket();
    const names = Array.from({ length: 2_001 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    sandbox.world.buckets.set('runs', new Map(names.map((name) => [name, Buffer.from('{}')])));
    expect(await Array.fromAsync(store.list('many/'))).toEqual(names);
    expect(sandbox.requests.counts.get('s3:ListObjectsV2')).toBe(3);
  });

  it('counts a replacement of what is gone as written by somebody else', async () => {
    const { store } = await makeBucket();
    const etag = await store.put('a', '1');
    await store.remove('a');
    await expect(store.put('a', '2', { ifMatch: etag })).rejects.toThrow(PreconditionError);
  });

  it('counts a conflict of two writers at once as written by somebody else', async () => {
    const { store, sandbox } = await makeBucket();
    sandbox.setFaults([{ kind: 'conflict', service: 's3', operation: 'PutObject', times: 1 }]);
    await expect(store.put('a', '1', { ifNoneMatch: '*' })).rejects.toThrow(PreconditionError);
    await store.put('a', '1', { ifNoneMatch: '*' });
  });

  it.each<[string, Fault['kind']]>([
    ['AccessDenied', 'access-denied'],
    ['SlowDown', 'throttle'],
  ])('throws what S3 says: %s', async (name, kind) => {
    const { store, sandbox } = await makeBucket();
    await store.put('a', '1');
    sandbox.setFaults([{ kind, service: 's3' }]);
    await expect(store.get('a')).rejects.toMatchObject({ name });
    await expect(store.put('a', '2', { ifNoneMatch: '*' })).rejects.toMatchObject({ name });
    await expect(Array.fromAsync(store.list(''))).rejects.toMatchObject({ name });
  });
});
