import type { SecretName } from '../activity/read-tally.ts';
import { insideFacts } from '../checks/access/cluster-access.ts';
import type { Store } from '../store/store.ts';
import type { WhoSecretDocument } from '../who/secret-document.ts';
import { toWhoSecret } from '../who/who-secret.ts';
import { collectCluster, type WhoOptions } from './who.ts';

export interface WhoSecretOptions extends Omit<WhoOptions, 'can' | 'readPolicy' | 'events' | 'secret'> {
  secret: SecretName;
  kubernetes: NonNullable<WhoOptions['kubernetes']>;
}

/**
 * Reads one cluster from within, and whom EKS lets into it; gives who may read one of its Secrets, and who did where
 * its audit log is asked. Throws UsageError where there is no such cluster, or more than one.
 */
export const whoMayRead = async (store: Store, options: WhoSecretOptions): Promise<WhoSecretDocument> => {
  const reads = options.reads && { ...options.reads, only: options.secret };
  const [subject] = await collectCluster(store, { ...options, reads }, [{ facts: insideFacts }]);
  return toWhoSecret(subject, options.settings, options.secret);
};
