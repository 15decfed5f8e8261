import { toDaysBetween } from '../evidence/timestamp.ts';
import { adopt } from '../findings/adopt.ts';
import { type Look, reconcile } from '../findings/reconcile.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import type { Refusal } from '../publish/security-hub.ts';
import { type TargetState, updateState } from '../store/state.ts';
import type { JudgedCluster } from './judged.ts';
import { type Link, listMissingLinks, putLinks, removeLinks, toKeys } from './key-index.ts';
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
): Promise<{ isOutdated: boolean; isTracked: boolean; refused?: Refusal }> => {
  const { account, region } = place;
  let isOutdated = false;
  let answer: TrackedFinding[] | Refusal | undefined;
  let fresh: Link[] = [];
  let stale: Link[] = [];
  const askSecurityHub = async (): Promise<TrackedFinding[] | undefined> => {
    answer ??= await hub.readBack();
    return Array.isArray(answer) ? answer : undefined;
  };

  const after = await updateState(store, account, region, async (state) => {
    fresh = stale = [];
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
    const earlier = state?.keys ?? {};
    const keys = toKeys(earlier, look.listed, clusters);
    fresh = listMissingLinks(keys, earlier);
    stale = listMissingLinks(earlier, keys);
    // All of them: a run that was killed may have left one out.
    await putLinks(store, place, listMissingLinks(keys, {}));
    return {
      collectedAt: look.collectedAt,
      readBackAt: published ? look.collectedAt : state?.readBackAt,
      findings: tracked,
      alerts: [...(state?.alerts ?? []), ...transitions.map((transition) => ({ transition }))],
      keys,
    } satisfies TargetState;
  });
  // Once more, now that the state has them: a run that it overtook may have removed them.
  await putLinks(store, place, fresh);
  await removeLinks(store, place, stale);
  return {
    isOutdated,
    isTracked: after !== undefined,
    ...(answer && !Array.isArray(answer) ? { refused: answer } : {}),
  };
};
