/**
 * The only way in which the steps of a run talk to each other: named JSON objects (and one HTML page), in memory for the command
 * line, in a folder or a bucket elsewhere.
 */
import type { z } from 'zod';
import { EvidenceError } from '../runtime/errors.ts';

export interface StoredObject {
  body: string;
  /** Changes with every write of the object. */
  etag: string;
}

/** Write only if the object still is what it was (`ifMatch`), or only if there is none. */
export type PutCondition = { ifMatch: string } | { ifNoneMatch: '*' };

export interface Store {
  get: (name: string) => Promise<StoredObject | undefined>;
  /** Gives the new etag; throws PreconditionError where the condition does not hold. */
  put: (name: string, body: string, condition?: PutCondition) => Promise<string>;
  /** The names that begin with a prefix, sorted. */
  list: (prefix: string) => AsyncIterable<string>;
}

/** A store that objects can be taken out of again, for the one step that may. */
export interface ErasableStore extends Store {
  /** Removes an object; nothing happens where there is none. */
  remove: (name: string) => Promise<void>;
}

/** The object of a name, parsed; undefined where there is none. Throws EvidenceError where it is not of the shape. */
export const readObject = async <S extends z.ZodType>(
  store: Pick<Store, 'get'>,
  name: string,
  shape: S,
): Promise<z.output<S> | undefined> => {
  const stored = await store.get(name);
  if (!stored) return undefined;
  const parsed = shape.safeParse(parseJson(name, stored.body));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new EvidenceError(
    'EVIDENCE_SHAPE',
    `${name}: ${issue?.path.join('.') || 'object'}: ${issue?.message}`,
    {
      hint: 'It was written by another version of keyward, or by something else; collect it again.',
    },
  );
};

export const writeObject = async (
  store: Pick<Store, 'put'>,
  name: string,
  value: object,
  condition?: PutCondition,
): Promise<void> => {
  await store.put(name, JSON.stringify(value), condition);
};

const parseJson = (name: string, body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EvidenceError('EVIDENCE_NOT_JSON', `${name} is not JSON`, { cause });
  }
};
