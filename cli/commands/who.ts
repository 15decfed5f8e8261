/** `keyward who CLUSTER`: who may decrypt with its key, administer or destroy it; or who may read one of its Secrets. */
import { toPrintableJson } from '../../shared/report/printable.ts';
import { toWhoSecretTable } from '../../shared/report/who-secret-table.ts';
import { toCanTable, toWhoTable } from '../../shared/report/who-table.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { UsageError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { who as askWho } from '../../shared/use-cases/who.ts';
import { whoMayRead } from '../../shared/use-cases/who-secret.ts';
import type { Values } from '../arguments.ts';
import { parseReads } from '../audit-options.ts';
import { checkIds } from '../check-ids.ts';
import type { Answer, Command } from '../command.ts';
import { parseEvents } from '../event-options.ts';
import { readKeyPolicyFile } from '../key-policy-file.ts';
import { parseKubernetes, parseSecret } from '../kubernetes-options.ts';
import { parseCluster, parseTableOrJson } from '../options.ts';
import { createProgress } from '../progress.ts';
import { withRefused } from '../refused.ts';
import { toTableOptions } from '../report.ts';
import { parseTargets } from '../target-options.ts';

export const who: Command = async ({ values, operands }, surroundings) => {
  const { signal, folder } = surroundings;
  const cluster = parseCluster(operands);
  const format = parseTableOrJson('who', values);
  const can = parseCan(values);
  if (can && values['key-policy'] !== undefined)
    throw new UsageError('CONTRADICTION', '--can and --key-policy exclude each other');
  const targets = parseTargets(values);
  const events = await parseEvents(values, folder);
  const reads = await parseReads(values, folder);
  const secret = parseSecret(values);
  // Nothing outside a cluster tells who may read in it: without another way, EKS's own is taken.
  const isByEks =
    values.kubernetes ?? (secret && values.kubeconfig === undefined && values.context === undefined);
  const kubernetes = parseKubernetes({ ...values, kubernetes: isByEks }, surroundings);
  if (secret) requireSecretAlone(values);
  if (values.timeline) requireTimeline(values, events !== undefined, format);
  const policyFile = values['key-policy'];
  const readPolicy =
    policyFile === undefined ? undefined : await readKeyPolicyFile(policyFile, { folder, signal });
  const { settings } = await loadConfig(values.config, { folder, checkIds, signal });
  const progress = createProgress(surroundings, values);
  const store = createMemoryStore();
  const asked = {
    ...targets,
    cluster,
    profile: values.profile,
    settings,
    isGentle: values.gentle === true,
    signal,
    onProgress: progress.show,
    onNotice: progress.note,
    onAttempt: progress.attempt,
  };
  const options = toTableOptions(values, surroundings);
  const end = async (text: Answer['text'], exitCode: Answer['exitCode']): Promise<Answer> => {
    const ending = { asked: progress.requests.toAsked(), isTable: format === 'table' };
    return { ...(await withRefused({ text }, ending, values, surroundings)), exitCode };
  };
  try {
    if (secret && kubernetes) {
      const answer = await whoMayRead(store, { ...asked, kubernetes, reads, secret });
      progress.clear();
      const exitCode = 'unknown' in answer.may || signal.aborted ? 2 : 0;
      return end(format === 'json' ? toJsonText(answer) : toWhoSecretTable(answer, options), exitCode);
    }
    const { answer, timeline } = await askWho(store, {
      ...asked,
      events,
      kubernetes,
      reads,
      can,
      readPolicy,
    });
    progress.clear();
    const isUnanswered = 'may' in answer && 'unknown' in answer.may;
    const exitCode = isUnanswered || signal.aborted ? 2 : 0;
    if (format === 'json') return end(toJsonText(answer), exitCode);
    if (answer.schema === 'keyward/can-v1') return end(toCanTable(answer, options), exitCode);
    return end(toWhoTable(answer, options, values.timeline ? timeline : undefined), exitCode);
  } finally {
    progress.finish();
  }
};

const toJsonText = (document: object): string[] => [`${toPrintableJson(document)}\n`];

const requireSecretAlone = (values: Values): void => {
  const others = ['can', 'action', 'key-policy', 'trail', 'logs', 'timeline'] as const;
  for (const other of others)
    if (values[other] !== undefined)
      throw new UsageError('CONTRADICTION', `--secret and --${other} exclude each other`);
  if (values.since !== undefined && values['audit-log'] === undefined)
    throw new UsageError('CONTRADICTION', '--secret and --since exclude each other without --audit-log');
};

const requireTimeline = (values: Values, hasEvents: boolean, format: string): void => {
  const other =
    values.can !== undefined ? '--can' : values['key-policy'] === undefined ? undefined : '--key-policy';
  if (other) throw new UsageError('CONTRADICTION', `--timeline and ${other} exclude each other`);
  if (format !== 'table')
    throw new UsageError('CONTRADICTION', '--timeline is drawn in the table; the JSON has no timeline');
  if (!hasEvents) throw new UsageError('SINCE_MISSING', '--timeline needs --since: how far back it is drawn');
};

const parseCan = ({ can: principal, action }: Values) => {
  if (principal === undefined) {
    if (action === undefined) return undefined;
    throw new UsageError('CONTRADICTION', '--action needs --can PRINCIPAL');
  }
  if (!principalName.test(principal))
    throw new UsageError('WRONG_PRINCIPAL', `--can: ${JSON.stringify(principal)} is no principal`, {
      hint: 'Give the ARN of a role, user or session, an account of 12 digits, or a service (lambda.amazonaws.com).',
    });
  return { principal, action: action ?? 'kms:Decrypt' };
};

// Groups and policies are no principals: nobody calls as one, and a "no" would be read as one about their members.
const principalName =
  /^(arn:[^:]+:iam::\d{12}:(root$|(role|user|saml-provider|oidc-provider)\/.)|arn:[^:]+:sts::\d{12}:(assumed-role\/[^/]+|federated-user)\/.|\d{12}$|[a-z0-9.-]+\.amazonaws\.com(\.cn)?$)/;
