import pMap from 'p-map';
import { z } from 'zod';
import type { Check } from '../checks/check.ts';
import { type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import { everyRegion, isExcluded, type RunStart, runEnd } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { addCounts, type Counts, counts, toCounts } from '../findings/counts.ts';
import { judgeExceptions } from '../findings/exceptions.ts';
import { type Finding, finding, type RunDocument, type Target } from '../findings/finding.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { contextPlace, isOfInsideAlone } from './evaluate-context.ts';
import { toNotAsked } from './pick-checks.ts';

export interface RunResult extends Omit<RunDocument, 'schema' | 'findings'> {
  /** Of how many clusters the findings tell. */
  clusters: number;
  /** In the order they are told in, account by account; can be gone through more than once. */
  findings: AsyncIterable<Finding>;
}

/** An organisation has tens of thousands of targets, each an object. */
const accountsAtOnce = 16;

/** Folds what the accounts of a run gave: its targets, the counts, and the way to the findings. */
export const summariseRun = async (
  store: Store,
  start: RunStart,
  checks: readonly Check[],
  settings: Settings,
): Promise<RunResult> => {
  const { id, startedAt, version, accounts, context } = start;
  const names = toRunNames(id);
  const end = await readObject(store, names.end, runEnd);
  const all = await pMap(
    accounts,
    async (account) => {
      const counted = await readObject(store, names.counts(account), counts);
      const targets = await listTargets(store, start, account);
      return { counted, targets: counted ? targets : targets.map(toUnjudged) };
    },
    { concurrency: accountsAtOnce },
  );
  const targets = all.flatMap((account) => account.targets);
  const ofContext =
    context === undefined ? undefined : await readObject(store, names.counts(contextPlace), counts);
  const parts: Counts[] = [...all.flatMap(({ counted }) => counted ?? []), ...(ofContext ? [ofContext] : [])];
  const isWholeRun =
    start.isOrganization === true &&
    start.regions === 'all' &&
    start.clusters === undefined &&
    start.checks === undefined &&
    targets.every(({ status }) => status === 'scanned' || status === 'excluded');
  const needed = new Set(parts.flatMap(({ neededExceptions }) => neededExceptions));
  const ofExceptions = judgeExceptions(settings, needed, {
    today: startedAt.slice(0, 10),
    configuration: start.configuration,
    isWholeRun,
  });
  const { clusters, ...summary } = addCounts([...parts, toCounts(ofExceptions, [])]);
  const run = {
    id,
    startedAt,
    finishedAt: end?.finishedAt ?? startedAt,
    version,
    notAsked: toNotAsked(context === undefined ? checks : checks.filter(isOfInsideAlone), start, settings),
    targets,
  };
  const findings = {
    async *[Symbol.asyncIterator]() {
      for (const place of context === undefined ? accounts : [contextPlace])
        yield* (await readObject(store, names.findings(place), z.array(finding))) ?? [];
      yield* ofExceptions;
    },
  };
  return { run, summary, clusters, findings };
};

/** What a target's Regions gave. Every Region that was asked for has its line, also when the run ended before it. */
const listTargets = async (store: Store, start: RunStart, account: string): Promise<Target[]> => {
  const names = toRunNames(start.id);
  const targets: Target[] = [];
  for await (const name of store.list(names.clustersOf(account))) {
    const region = await readObject(store, name, regionEvidence);
    if (region) targets.push(toTarget(region, start));
  }
  const reached = new Set(targets.map((target) => target.region));
  const asked = start.regions === 'all' ? (reached.size > 0 ? [] : [everyRegion]) : start.regions;
  const unreached = asked.filter((region) => !reached.has(region));
  return [
    ...targets,
    ...unreached.map(
      (region): Target => ({ account, region, status: 'failed', reason: 'the run ended before it' }),
    ),
  ];
};

/** Read, but its step ended before it had judged what was read: without findings nothing of it is known to hold. */
const toUnjudged = (target: Target): Target =>
  target.status === 'failed' || target.status === 'excluded'
    ? target
    : { ...target, status: 'failed', reason: 'the run ended before it was judged' };

const toTarget = (evidence: RegionEvidence, start: RunStart): Target => {
  const { account, region, listing, clusters } = evidence;
  if (!isKnown(listing)) {
    const reason = `${listing.unknown}: ${listing.detail}`;
    return { account, region, status: isExcluded(evidence, start) ? 'excluded' : 'failed', reason };
  }
  const undescribed = clusters.filter((cluster) => !isKnown(cluster.description)).length;
  const reasons = [
    ...listing.missing.map((part) => part.what),
    ...(undescribed > 0 ? [`${undescribed} of ${clusters.length} clusters could not be described`] : []),
  ];
  if (reasons.length > 0) return { account, region, status: 'partial', reason: reasons.join('; ') };
  return { account, region, status: 'scanned' };
};
