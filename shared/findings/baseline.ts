/**
 * What is new since an earlier run. A finding is known again by its id. What is not told any more is `fixed` only where
 * a check of state looked there again and could see everything; else nobody knows, and it is `not seen`.
 */
import { z } from 'zod';
import { severities } from '../evidence/settings.ts';
import { type Comparison, type Finding, finding, type GoneFinding } from './finding.ts';

/** What an earlier run said of a finding, as far as it matters here. Other versions may say more. */
export const earlierFinding = z.object(finding.shape).pick({
  id: true,
  check: true,
  status: true,
  severity: true,
  account: true,
  region: true,
  cluster: true,
  resource: true,
  subject: true,
  kind: true,
  title: true,
  message: true,
  origin: true,
  exception: true,
});
export type EarlierFinding = z.infer<typeof earlierFinding>;

export interface EarlierRun {
  run: Comparison['run'];
  findings: readonly EarlierFinding[];
}

type Findings = Iterable<Finding> | AsyncIterable<Finding>;

/**
 * Takes a run's findings, which can be gone through more than once, and an earlier run; gives the findings, each marked,
 * and what differs. `isLookedAt` tells of an earlier failure whether this run looked where it stood at all.
 */
export const compareRuns = async (
  findings: Findings,
  { run, findings: before }: EarlierRun,
  isLookedAt: (failure: EarlierFinding) => boolean,
): Promise<{ findings: AsyncIterable<Finding>; baseline: Comparison }> => {
  const earlier = new Map(before.map((one) => [one.id, one]));
  const failing = new Set<string>();
  /** Whether all was seen, by what was judged. */
  const judged = new Map<string, boolean>();
  const newBySeverity: Comparison['newBySeverity'] = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  let unchanged = 0;
  for await (const one of findings) {
    if (one.status !== 'not-applicable') {
      const place = toPlace(one);
      judged.set(place, judged.get(place) !== false && one.status !== 'unknown');
    }
    if (one.status !== 'fail') continue;
    failing.add(one.id);
    if (one.exception) continue;
    if (isUnchanged(one, earlier.get(one.id))) unchanged += 1;
    else newBySeverity[one.severity] += 1;
  }
  const gone = before
    .filter(({ status, id }) => status === 'fail' && !failing.has(id))
    .map((failure): GoneFinding => {
      const isFixed =
        failure.kind === 'state' && judged.get(toPlace(failure)) === true && isLookedAt(failure);
      const { status: _, exception: __, ...told } = failure;
      return { ...told, baseline: isFixed ? 'fixed' : 'not seen' };
    });
  const marked = {
    async *[Symbol.asyncIterator]() {
      for await (const one of findings) {
        const baseline = isUnchanged(one, earlier.get(one.id)) ? 'unchanged' : 'new';
        yield { ...one, baseline } satisfies Finding;
      }
    },
  };
  return { findings: marked, baseline: { run, newBySeverity, unchanged, gone } };
};

/** A failure that grew worse, or that nobody stands behind any more, is not what was known. */
const isUnchanged = (now: Finding, before: EarlierFinding | undefined): boolean => {
  if (before?.status !== now.status) return false;
  if (now.status !== 'fail') return true;
  const isWorse = severities.indexOf(now.severity) < severities.indexOf(before.severity);
  const isOnItsOwn = before.exception !== undefined && now.exception === undefined;
  return !isWorse && !isOnItsOwn;
};

/** All objects of a cluster, and all manifests of a call, are judged at once by a check. */
const toPlace = ({
  check,
  account,
  region,
  cluster,
  resource,
}: Pick<Finding, 'check' | 'account' | 'region' | 'cluster' | 'resource'>): string => {
  const [judged = ''] = resource.split('#', 1);
  const isManifest = cluster === null && judged.startsWith('file:');
  return JSON.stringify([check, account, region, cluster, isManifest ? 'manifests' : judged]);
};
