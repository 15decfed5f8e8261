import type { Link } from '../chain/manifest.ts';
import type { Check } from '../checks/check.ts';
import type { Topic } from '../publish/sns.ts';
import { toNow } from '../runtime/clock.ts';
import { PreconditionError } from '../runtime/errors.ts';
import { toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { readRun } from './read-run.ts';
import { toRunMetrics } from './run-metrics.ts';
import { sendAlerts } from './send-alerts.ts';
import { summariseRun } from './summarise-run.ts';
import { type Chain, findManifest, writeManifest } from './write-manifest.ts';
import { writeReport } from './write-report.ts';

export interface FinishOptions {
  isNightly: boolean;
  /** Where the run lies. */
  location: string;
  /** Whether so little time is left that the report is to be given up. */
  isLate: () => boolean;
  /** Is told why there is no report: everybody has been told of the run by then, and it does not fail. */
  onReportError: (error: unknown) => void;
  /** Where a night's manifest is written. */
  chain: Chain;
}

/**
 * Ends a run of the service: it is summed up, the topic is told what changed, its page is written, and a night is put
 * into the chain, after which nothing of it is written again. Gives what it counts.
 */
export const finishRun = async (
  store: Store,
  topic: Topic,
  run: string,
  checks: readonly Check[],
  { isNightly, location, isLate, onReportError, chain }: FinishOptions,
): Promise<{ counts: Record<string, number>; manifest?: Link }> => {
  const { start, settings } = await readRun(store, run);
  await noteEnd(store, run);
  const result = await summariseRun(store, start, checks, settings);
  const { changes } = await sendAlerts(store, topic, start, result, { isDigestCertain: isNightly, location });
  const counts = {
    ...toRunMetrics(result),
    Changes: (changes ?? []).reduce((sum, { transitions }) => sum + transitions.length, 0),
    ReportFailures: 0,
    NightlyRuns: isNightly ? 1 : 0,
  };
  const written = isNightly ? await findManifest(chain, start) : undefined;
  if (written) return { counts, manifest: written };
  await writeReport(store, start, result, checks, { changes, isLate }).catch((error: unknown) => {
    onReportError(error);
    counts.ReportFailures = 1;
  });
  return isNightly ? { counts, manifest: await writeManifest(store, chain, start, result) } : { counts };
};

/** When it was over: noted once, since a manifest may have the hash of it when this is called again. */
const noteEnd = async (store: Store, run: string): Promise<void> => {
  try {
    await writeObject(store, toRunNames(run).end, { finishedAt: toNow() }, { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
  }
};
