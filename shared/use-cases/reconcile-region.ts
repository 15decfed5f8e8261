import { toDaysBetween } from '../evidence/timestamp.ts';
import { adopt } from '../findings/adopt.ts';
import { type Look, reconcile } from '../findings/reconcile.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import type { Refusal } from '../publish/security-hub.ts';
import { indexNames } from '../store/names.ts';
import { type TargetState, updateState } from '../store/state.ts';
import { writeObject } from '../store/store.ts';
import type { JudgedCluster } from './evaluate-account.ts';
import type { Publisher } from './send-owed.ts';

/** Security Hub allows 3 reads a second and shows old versions at times: it is asked only so often, or in need. */
const readBackAfterDays = 7;

/**
 * Brings the state of an account and Region up to a look at it, before anybody is told. Where the state is missing,
 * or a week old in its knowledge of Security Hub, what that knows is adopted first.
 */
export const reconcileRegion = async (
  { store, place, hub }: Publisher,
  look: Look,
  clusters: readonly JudgedCluster[],
): Promise<{ isOutdated?: boolean; refused?: Refusal }> => {
  const { account, region } = place;
  let isOutdated = false;
  let answer: TrackedFinding[] | Refusal | undefined;
  let staleKeys: [cluster: string, key: string][] = [];
  const askSecurityHub = async (): Promise<TrackedFinding[] | undefined> => {
    answer ??= await hub.readBack();
    return Array.isArray(answer) ? answer : undefined;
  };

  await updateState(store, account, region, async (state) => {
    isOutdated = state !== undefined && state.collectedAt > look.collectedAt;
    // Most Regions of most accounts hold nothing, and never did.
    if (isOutdated || (!state && look.listed?.size === 0)) return undefined;
    const isDue =
      !state?.readBackAt || toDaysBetween(state.readBackAt, look.collectedAt) >= readBackAfterDays;
    let published = isDue ? await askSecurityHub() : undefined;
    // What it would say may be another thing in an hour; to go on without it would tell everything anew.
    if (!state && answer && !Array.isArray(answer) && answer.isTransient) return undefined;
    // Without a state, Security Hub alone says whether a later run was here.
    const isLater = ({ publishedAt = '' }: TrackedFinding) => publishedAt > look.collectedAt;
    isOutdated = !state && published?.some(isLater) === true;
    if (isOutdated) return undefined;

    const before = state?.findings ?? [];
    const judge = () => reconcile(published ? adopt(before, published, look.collectedAt) : before, look);
    let { tracked, transitions } = judge();
    // What became of an open event finding decides how its new events are told.
    if (!published && transitions.some(({ kind }) => kind === 'again')) {
      published = await askSecurityHub();
      ({ tracked, transitions } = judge());
    }
    const keys = toKeys(state?.keys ?? {}, look, clusters);
    staleKeys = listLinks(state?.keys ?? {}).filter(([cluster, key]) => !keys[cluster]?.includes(key));
    for (const [cluster, key] of listLinks(keys))
      if (!state?.keys[cluster]?.includes(key))
        await writeObject(store, indexNames.at(key, account, region, cluster), {});
    return {
      collectedAt: look.collectedAt,
      readBackAt: published ? look.collectedAt : state?.readBackAt,
      findings: tracked,
      alerts: [...(state?.alerts ?? []), ...transitions.map((transition) => ({ transition }))],
      keys,
    } satisfies TargetState;
  });
  // Only now, when no later run can have put them anew: one too many in the index costs a scan, one too few a change.
  for (const [cluster, key] of staleKeys) await store.remove(indexNames.at(key, account, region, cluster));
  return { isOutdated, ...(answer && !Array.isArray(answer) ? { refused: answer } : {}) };
};

/** The keys of each cluster: those just seen, and the earlier ones of clusters that were not, unless they are gone. */
const toKeys = (
  before: TargetState['keys'],
  { listed }: Look,
  clusters: readonly JudgedCluster[],
): TargetState['keys'] => {
  const kept = Object.entries(before).filter(([cluster]) => listed?.has(cluster) ?? true);
  const seen = clusters.map(({ cluster, keys, isKnown }): [string, string[]] => [
    cluster,
    isKnown ? keys : [...new Set([...keys, ...(before[cluster] ?? [])])],
  ]);
  return Object.fromEntries([...kept, ...seen]);
};

const listLinks = (keys: TargetState['keys']): [cluster: string, key: string][] =>
  Object.entries(keys).flatMap(([cluster, arns]) => arns.map((arn): [string, string] => [cluster, arn]));
