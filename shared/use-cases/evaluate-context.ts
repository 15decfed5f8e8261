import type { Check, Subject } from '../checks/check.ts';
import { kubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { type Counts, toCounts } from '../findings/counts.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import { toFindings } from '../findings/to-findings.ts';
import { toContextHistoryName, toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { readSecretReads } from './read-secret-reads.ts';
import { toKubernetesFacts } from './subjects.ts';

/** Where the findings of a run stand that knows a kubeconfig's context and no account. */
export const contextPlace = 'context';

/** Whether a check can be asked of a cluster of which nothing but its inside and its audit log is known. */
export const isOfInsideAlone = ({ facts }: Pick<Check, 'facts'>): boolean =>
  facts[0] === 'secret.reads' ||
  (facts[0]?.startsWith('kubernetes.') === true && !facts.some((fact) => /^(key|iam)\./.test(fact)));

/**
 * Judges what was read inside the cluster of a kubeconfig's context, and in its audit log. Puts its findings and counts as those of an account
 * are put.
 */
export const evaluateContext = async (
  store: Store,
  { id: run, startedAt }: Pick<RunStart, 'id' | 'startedAt'>,
  context: string,
  checks: readonly Check[],
  settings: Settings,
): Promise<void> => {
  const names = toRunNames(run);
  const inside = await readObject(store, names.kubernetesOfContext, kubernetesEvidence);
  const reads = await readSecretReads(store, toContextHistoryName(context));
  const subject: Subject | undefined = inside && {
    cluster: { arn: `kubernetes:${context}`, name: context, account: '', region: '' },
    facts: { ...toKubernetesFacts(inside), ...(reads ? { 'secret.reads': reads } : {}) },
    collectedAt: inside.collectedAt,
  };
  const found = subject
    ? checks.filter(isOfInsideAlone).flatMap((check) => toFindings(check, subject, settings))
    : [];
  const told = applyExceptions(found, settings.exceptions, startedAt.slice(0, 10));
  await writeObject(store, names.findings(contextPlace), told);
  await writeObject(store, names.counts(contextPlace), toCounts(told, settings.exceptions) satisfies Counts);
};
