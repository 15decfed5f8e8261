import { randomUUID } from 'node:crypto';
import type { Check } from '../checks/check.ts';
import { readInside } from '../collect/kubernetes/collect-inside.ts';
import { type Kubeconfig, pickContext } from '../collect/kubernetes/kubeconfig.ts';
import { toKubernetesUnknown } from '../collect/kubernetes/kubernetes-error.ts';
import { getGap, isKnown, type Unknown } from '../evidence/fact.ts';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { OnAttempt } from '../runtime/attempt.ts';
import { toNow } from '../runtime/clock.ts';
import { TargetError } from '../runtime/errors.ts';
import { version } from '../runtime/version.ts';
import { toContextHistoryName, toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { type AuditLogLocation, addReads, toReadsOfStart } from './collect-reads.ts';
import { type KubeconfigChoice, openKubeconfig } from './connect-by-kubeconfig.ts';
import { evaluateContext } from './evaluate-context.ts';
import { pickChecks } from './pick-checks.ts';
import type { OnProgress } from './progress.ts';
import { openAuditLog, readAuditSource } from './read-audit-files.ts';
import { type RunResult, summariseRun } from './summarise-run.ts';

export interface SecretsOptions {
  kubeconfig: KubeconfigChoice;
  /** Only this namespace. */
  namespace?: string;
  isWithMetadata: boolean;
  /** Its audit log, a folder or file, and how far back it is judged: all of it, where that is not given. */
  reads?: { path: string; sinceHours?: number };
  onNotice?: (text: string) => void;
  onProgress?: OnProgress;
  onAttempt?: OnAttempt;
  /** Check ids, where only some are asked for. */
  checks?: string[];
  /** The configuration's name, where there is one. */
  configuration?: string;
  settings: Settings;
  signal: AbortSignal;
}

/**
 * Reads inside the one cluster that a kubeconfig's context leads to and judges how its Secrets are kept and consumed,
 * and who read them where its audit log is given;
 * AWS is not asked. Throws UsageError where there is no such context, and TargetError where nothing could be read.
 */
export const secrets = async (
  store: Store,
  allChecks: readonly Check[],
  options: SecretsOptions,
): Promise<RunResult & { runId: string }> => {
  const { isWithMetadata, namespace, checks: ids, configuration, settings, signal } = options;
  const kubeconfig = await openKubeconfig(options.kubeconfig, signal);
  const context = pickContext(kubeconfig, options.kubeconfig.context);
  const startedAt = toNow();
  const start: RunStart = {
    id: `${startedAt.replace(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`,
    startedAt,
    version,
    partition: '',
    caller: '',
    context,
    accounts: [],
    regions: [],
    configuration,
    checks: ids,
    kubernetes: { clusters: '*', metadata: isWithMetadata, namespace },
    reads: options.reads && toReadsOfStart({ ...options.reads, log: toLocation(options.reads) }, startedAt),
  };
  const inside = await readContext(kubeconfig, context, options);
  const names = toRunNames(start.id);
  await writeObject(store, names.accounts, start);
  await writeObject(store, names.settings, settings);
  await writeObject(store, names.kubernetesOfContext, inside);
  if (options.reads) await readAuditLog(store, start, context, options.reads.path, options);
  await writeObject(store, names.end, { finishedAt: toNow(), isInterrupted: signal.aborted });
  await evaluateContext(store, start, context, pickChecks(allChecks, start, settings), settings);
  return { runId: start.id, ...(await summariseRun(store, start, allChecks, settings)) };
};

const toLocation = ({ path }: { path: string }): AuditLogLocation => ({ kind: 'folder', path });

/** Adds what the context's audit log tells. As whom a kubeconfig reads the cluster, it does not say. */
const readAuditLog = async (
  store: Store,
  start: RunStart,
  context: string,
  path: string,
  { settings, signal, onNotice, onProgress }: SecretsOptions,
): Promise<void> => {
  const source = await openAuditLog(path, context);
  const reading = await readAuditSource(source, {
    since: start.reads?.from,
    signal,
    isGentle: false,
    ...(onNotice ? { onNotice } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const cluster = { cluster: `kubernetes:${context}`, own: [] };
  await addReads(store, toContextHistoryName(context), cluster, reading, start, settings);
};

/** What stands inside the context's cluster; of what could be read at least something. */
const readContext = async (
  kubeconfig: Kubeconfig,
  context: string,
  { namespace, isWithMetadata, onAttempt, signal }: SecretsOptions,
): Promise<KubernetesEvidence> => {
  let read: KubernetesEvidence;
  try {
    const connection = await kubeconfig.connect(context, signal);
    read = await readInside(connection, { namespace, isWithMetadata }, signal, {
      place: { cluster: context },
      onAttempt,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw toTargetError(context, toKubernetesUnknown(error, `reach ${context}`));
  }
  const { collectedAt: _, ...facts } = read;
  const unread = Object.values(facts).flatMap((fact) => ('unknown' in fact ? fact : []));
  if (unread[0] && unread.length === Object.keys(facts).length) throw toTargetError(context, unread[0]);
  if (namespace !== undefined && isEmpty(read))
    throw new TargetError(
      'NAMESPACE_EMPTY',
      `${context}: the namespace ${namespace} holds nothing, not even a service account: is there one of that name?`,
    );
  return read;
};

/** Kubernetes gives each namespace a service account; of one that is not there it lists nothing, and says no more. */
const isEmpty = ({ secrets: ofSecrets, workloads, serviceAccounts, ingresses }: KubernetesEvidence) =>
  [ofSecrets, workloads, serviceAccounts, ingresses].every(
    (fact) => !getGap<unknown[]>(fact) && isKnown<unknown[]>(fact) && fact.value.length === 0,
  );

const toTargetError = (context: string, { unknown, detail }: Unknown): TargetError =>
  new TargetError('CLUSTER_UNREADABLE', `${context}: ${unknown}: ${detail}`, {
    hint: 'docs/kubernetes.md tells what access it takes.',
  });
