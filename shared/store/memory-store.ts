import { PreconditionError } from '../runtime/errors.ts';
import type { ErasableStore, PutCondition } from './store.ts';

/** A store that lives as long as the process. */
export const createMemoryStore = (): ErasableStore => {
  // Bytes, not strings: half the size, and nothing that a garbage collector has to move.
  const objects = new Map<string, { body: Buffer; etag: string }>();
  let writes = 0;
  return {
    get: async (name) => {
      const stored = objects.get(name);
      return stored && { body: stored.body.toString(), etag: stored.etag };
    },
    put: async (name, body, condition) => {
      assertCondition(name, objects.get(name)?.etag, condition);
      writes += 1;
      const etag = String(writes);
      objects.set(name, { body: Buffer.from(body), etag });
      return etag;
    },
    remove: async (name) => {
      objects.delete(name);
    },
    list: async function* (prefix) {
      yield* [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
  };
};

/** Throws PreconditionError unless an object with that etag, or none, may be written under the condition. */
export const assertCondition = (
  name: string,
  etag: string | undefined,
  condition: PutCondition | undefined,
): void => {
  if (!condition) return;
  const holds = 'ifMatch' in condition ? condition.ifMatch === etag : etag === undefined;
  if (!holds) throw new PreconditionError('PRECONDITION_FAILED', `${name} was written by somebody else`);
};
