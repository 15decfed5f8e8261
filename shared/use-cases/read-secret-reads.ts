import { toSecretReads } from '../activity/cluster-history.ts';
import { type Fact, toUnknown } from '../evidence/fact.ts';
import { clusterHistory, type SecretReads } from '../evidence/reads.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { readObject, type Store } from '../store/store.ts';

/** What the store holds, by this name, of who asked for a cluster's Secrets, as checks read it; undefined where nothing. */
export const readSecretReads = async (
  store: Pick<Store, 'get'>,
  name: string,
): Promise<Fact<SecretReads> | undefined> => {
  try {
    const history = await readObject(store, name, clusterHistory);
    return history && toSecretReads(history);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return toUnknown('failed', `what was kept of the audit log can’t be read: ${error.message}`);
  }
};
