/** What `scan` and `secrets` have in common: they read into a store of their own, judge it, and tell what came of it. */
import type { Severity } from '../shared/evidence/settings.ts';
import { createMemoryStore } from '../shared/store/memory-store.ts';
import { toEvidenceLines } from '../shared/store/saved-evidence.ts';
import type { Store } from '../shared/store/store.ts';
import { readAccessOfRun } from '../shared/use-cases/access-of-run.ts';
import type { CollectOptions } from '../shared/use-cases/collect-run.ts';
import type { scan } from '../shared/use-cases/scan.ts';
import type { Values } from './arguments.ts';
import { type loadBaseline, withBaseline } from './baseline.ts';
import type { Answer, Surroundings } from './command.ts';
import { toExitCode } from './exit-code.ts';
import { createProgress } from './progress.ts';
import { withRefused } from './refused.ts';
import type { Report } from './report.ts';

interface Telling {
  report: Report;
  failOn: Severity;
  baseline: Awaited<ReturnType<typeof loadBaseline>>;
  isLookedAt?: Parameters<typeof withBaseline>[2];
}
type Watch = Required<Pick<CollectOptions, 'signal' | 'onProgress' | 'onNotice' | 'onAttempt'>>;
type Run = Omit<Awaited<ReturnType<typeof scan>>, 'isInterrupted'>;

/** Takes all that was opened before anything is asked, and what reads and judges; gives its answer. */
export const answerRun = async (
  values: Values,
  surroundings: Surroundings,
  { report, failOn, baseline, isLookedAt }: Telling,
  run: (store: Store, watch: Watch) => Promise<Run>,
): Promise<Answer> => {
  const { signal } = surroundings;
  const progress = createProgress(surroundings, values);
  const store = createMemoryStore();
  try {
    const result = await run(store, {
      signal,
      onProgress: progress.show,
      onNotice: progress.note,
      onAttempt: progress.attempt,
    });
    progress.clear();
    await report.evidence?.write(toEvidenceLines(store, result.runId));
    const isInterrupted = signal.aborted;
    const compared = await withBaseline({ ...result, isInterrupted }, baseline, isLookedAt);
    const exitCode = toExitCode(compared, { failOn, isStrict: values.strict === true, isInterrupted });
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
