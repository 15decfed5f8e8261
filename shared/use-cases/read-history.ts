import { type KeyHistory, keyHistory } from '../evidence/events.ts';
import { toUnknown, type Unknown } from '../evidence/fact.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { readObject, type Store } from '../store/store.ts';

/**
 * What the store holds, by this name, of what happened to a key; undefined where nothing. One that is corrupt, or of a newer version,
 * is an unknown of this key alone, and stays as it is for whoever can read it.
 */
export const readHistory = async (
  store: Pick<Store, 'get'>,
  name: string,
): Promise<KeyHistory | Unknown | undefined> => {
  try {
    return await readObject(store, name, keyHistory);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return toUnknown('failed', `what was kept of the key's events can’t be read: ${error.message}`);
  }
};
