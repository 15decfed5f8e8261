/** `keyward plan CLUSTER`: what to do about its key, in order. */
import { toPlanTable } from '../../shared/report/plan-table.ts';
import { toPrintableJson } from '../../shared/report/printable.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { UsageError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { plan as planCluster } from '../../shared/use-cases/plan.ts';
import { checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { parseCluster, parseTableOrJson } from '../options.ts';
import { createProgress } from '../progress.ts';
import { withRefused } from '../refused.ts';
import { toTableOptions } from '../report.ts';
import { parseTargets } from '../target-options.ts';

export const plan: Command = async ({ values, operands }, surroundings) => {
  const { signal, folder } = surroundings;
  const cluster = parseCluster(operands);
  const format = parseTableOrJson('plan', values);
  const key = parseKey(values.key);
  const targets = parseTargets(values);
  const { settings } = await loadConfig(values.config, { folder, checkIds, signal });
  const progress = createProgress(surroundings, values);
  try {
    const document = await planCluster(createMemoryStore(), {
      ...targets,
      cluster,
      key,
      profile: values.profile,
      settings,
      isGentle: values.gentle === true,
      signal,
      onProgress: progress.show,
      onNotice: progress.note,
      onAttempt: progress.attempt,
    });
    progress.clear();
    const isUnread =
      typeof document.sealedWith !== 'string' ||
      document.preflight.some(({ id, answer }) => id === 'key-can-be-read' && answer === 'unknown');
    const exitCode = isUnread || signal.aborted ? 2 : 0;
    const text =
      format === 'json'
        ? [`${toPrintableJson(document)}\n`]
        : toPlanTable(document, toTableOptions(values, surroundings));
    const ending = { asked: progress.requests.toAsked(), isTable: format === 'table' };
    return { ...(await withRefused({ text }, ending, values, surroundings)), exitCode };
  } finally {
    progress.finish();
  }
};

const parseKey = (key: string | undefined): string | undefined => {
  if (key === undefined || keyName.test(key)) return key;
  throw new UsageError('WRONG_KEY', `--key: ${JSON.stringify(key)} is no ARN of a key or an alias`, {
    hint: 'It looks like arn:aws:kms:REGION:ACCOUNT:key/ID.',
  });
};

const keyName = /^arn:[^:\s]+:kms:[^:\s]+:\d{12}:(key\/[\w-]+|alias\/[\w/-]+)$/;
