/** Which workloads refer to a Secret, and how. */
import type { Secret } from '../../evidence/kubernetes/secret.ts';
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import { toKey } from './secret-index.ts';
import { getPullSecrets, getReferences } from './secret-uses.ts';

export interface Referral {
  workload: Workload;
  /** Whether it is only to pull images with. */
  isPull: boolean;
}

type Named = Pick<Secret, 'namespace' | 'name'>;

/** Takes all workloads; gives a function from a Secret to those that refer to it, each once a way. */
export const getReferrers = (workloads: readonly Workload[]): ((secret: Named) => Referral[]) => {
  const bySecret = new Map<string, Referral[]>();
  const add = (workload: Workload, names: readonly string[], isPull: boolean) => {
    for (const name of new Set(names)) {
      const key = toKey({ namespace: workload.namespace, name });
      const referrals = bySecret.get(key);
      if (referrals) referrals.push({ workload, isPull });
      else bySecret.set(key, [{ workload, isPull }]);
    }
  };
  for (const workload of workloads) {
    add(workload, getReferences(workload.spec), false);
    add(workload, getPullSecrets(workload.spec), true);
  }
  return (secret) => bySecret.get(toKey(secret)) ?? [];
};
