/** `keyward secrets`: how the Secrets of one cluster are kept and consumed, by a kubeconfig and without AWS. */
import { loadConfig } from '../../shared/runtime/config.ts';
import { secrets as readSecrets } from '../../shared/use-cases/secrets.ts';
import { answerRun } from '../answer-run.ts';
import { parseReadsOfPath } from '../audit-options.ts';
import { loadBaseline, toIsLookedAt } from '../baseline.ts';
import { checks as allChecks, checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { parseNamespace } from '../kubernetes-options.ts';
import { parseChecks, parseFailOn } from '../options.ts';
import { formatsWithoutAccount, openReport } from '../report.ts';

export const secrets: Command = async ({ values }, surroundings) => {
  const { signal, folder, env } = surroundings;
  const failOn = parseFailOn(values);
  const checks = parseChecks(values, checkIds);
  const namespace = parseNamespace(values);
  const reads = await parseReadsOfPath(values, folder);
  const { settings, name: configuration } = await loadConfig(values.config, { folder, checkIds, signal });
  const { kubeconfig: file, context } = values;
  const baseline = await loadBaseline(values, surroundings);
  const inputs = file === undefined ? [] : [file];
  const report = await openReport(values, surroundings, inputs, formatsWithoutAccount);
  const telling = { report, failOn, baseline, isLookedAt: toIsLookedAt(namespace) };
  return answerRun(values, surroundings, telling, (store, watch) =>
    readSecrets(store, allChecks, {
      kubeconfig: { file, context, folder, env },
      namespace,
      isWithMetadata: values['no-metadata'] !== true,
      checks,
      configuration,
      settings,
      reads,
      ...watch,
    }),
  );
};
