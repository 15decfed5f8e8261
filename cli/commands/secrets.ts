/** `keyward secrets`: how the Secrets of one cluster are kept and consumed, by a kubeconfig and without AWS. */
import { loadConfig } from '../../shared/runtime/config.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toEvidenceLines } from '../../shared/store/saved-evidence.ts';
import { readAccessOfRun } from '../../shared/use-cases/access-of-run.ts';
import { secrets as readSecrets } from '../../shared/use-cases/secrets.ts';
import { parseReadsOfPath } from '../audit-options.ts';
import { loadBaseline, toIsLookedAt, withBaseline } from '../baseline.ts';
import { checks as allChecks, checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { toExitCode } from '../exit-code.ts';
import { parseNamespace } from '../kubernetes-options.ts';
import { parseChecks, parseFailOn } from '../options.ts';
import { createProgress } from '../progress.ts';
import { withRefused } from '../refused.ts';
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
  const progress = createProgress(surroundings, values);
  const store = createMemoryStore();
  try {
    const result = await readSecrets(store, allChecks, {
      kubeconfig: { file, context, folder, env },
      namespace,
      isWithMetadata: values['no-metadata'] !== true,
      checks,
      configuration,
      settings,
      reads,
      onNotice: progress.note,
      onProgress: progress.show,
      onAttempt: progress.attempt,
      signal,
    });
    progress.clear();
    await report.evidence?.write(toEvidenceLines(store, result.runId));
    const isInterrupted = signal.aborted;
    const compared = await withBaseline({ ...result, isInterrupted }, baseline, toIsLookedAt(namespace));
    const exitCode = toExitCode(compared, {
      failOn,
      isStrict: values.strict === true,
      isInterrupted,
    });
    const rendered = await report.render(compared, readAccessOfRun(store, result.runId));
    const ending = {
      asked: progress.requests.toAsked(),
      isTable: report.isTable,
      findings: compared.findings,
    };
    return { ...(await withRefused(rendered, ending, values, surroundings)), exitCode };
  } finally {
    progress.finish();
    await report.discard();
  }
};
