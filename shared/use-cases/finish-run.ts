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

/**
 * Ends a run of the service: it is summed up, the topic is told what changed, and a night is put into the chain, after
 * which nothing of it is written again. Gives what it counts.
 */
export const finishRun = async (
  store: Store,
  topic: Topic,
  run: string,
  checks: readonly Check[],
  { isNightly, location, chain }: { isNightly: boolean; location: string; chain: Chain },
): Promise<{ counts: Record<string, number>; manifest?: Link }> => {
  const { start, settings } = await readRun(store, run);
  await noteEnd(store, run);
  const result = await summariseRun(store, start, checks, settings);
  const { changes } = await sendAlerts(store, topic, start, result, { isDigestCertain: isNightly, location });
  const counts = { ...toRunMetrics(result), Changes: changes, NightlyRuns: isNightly ? 1 : 0 };
  if (!isNightly) return { counts };
  const manifest = (await findManifest(chain, start)) ?? (await writeManifest(store, chain, start, result));
  return { counts, manifest };
};

/** When it was over: noted once, since a manifest may have the hash of it when this is called again. */
const noteEnd = async (store: Store, run: string): Promise<void> => {
  try {
    await writeObject(store, toRunNames(run).end, { finishedAt: toNow() }, { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
  }
};
