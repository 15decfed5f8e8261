import { z } from 'zod';
import type { Check } from '../checks/check.ts';
import { type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import { isKnown, unknownReason } from '../evidence/fact.ts';
import { everyRegion, type RunStart, runEnd } from '../evidence/run.ts';
import { type Settings, severities } from '../evidence/settings.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import {
  type Finding,
  finding,
  type RunDocument,
  type Summary,
  statuses,
  type Target,
} from '../findings/finding.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';

export type RunResult = Omit<RunDocument, 'schema'>;

/** Folds what the accounts of a run gave: its targets, its findings in their order, and the counts. */
export const summariseRun = async (
  store: Store,
  start: RunStart,
  checks: readonly Check[],
  settings: Settings,
): Promise<RunResult> => {
  const names = toRunNames(start.id);
  const end = await readObject(store, names.end, runEnd);
  const targets: Target[] = [];
  const found: Finding[] = [];
  for (const account of start.accounts) {
    targets.push(...(await listTargets(store, start, account)));
    found.push(...((await readObject(store, names.findings(account), z.array(finding))) ?? []));
  }
  const isWholeRun =
    start.isOrganization === true &&
    start.regions === 'all' &&
    start.clusters === undefined &&
    start.checks === undefined &&
    targets.every(({ status }) => status === 'scanned' || status === 'excluded');
  const findings = applyExceptions(found, settings, {
    today: start.startedAt.slice(0, 10),
    configuration: start.configuration,
    isWholeRun,
  });
  findings.sort(byPlace(checks));
  const { id, startedAt, version } = start;
  const run = {
    id,
    startedAt,
    finishedAt: end?.finishedAt ?? startedAt,
    version,
    notAsked: toNotAsked(start, checks, settings),
    targets,
  };
  return { run, findings, summary: toSummary(findings) };
};

/** What a target's Regions gave. Every Region that was asked for has its line, also when the run ended before it. */
const listTargets = async (store: Store, start: RunStart, account: string): Promise<Target[]> => {
  const names = toRunNames(start.id);
  const targets: Target[] = [];
  for await (const name of store.list(names.clustersOf(account))) {
    const region = await readObject(store, name, regionEvidence);
    if (region) targets.push(toTarget(region, start.regions === 'all'));
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

const toTarget = ({ account, region, listing, clusters }: RegionEvidence, isEveryRegion: boolean): Target => {
  if (!isKnown(listing)) {
    const reason = `${listing.unknown}: ${listing.detail}`;
    // A Region that nobody named and that the organisation forbids holds nothing to scan.
    const isExcluded =
      isEveryRegion && region !== everyRegion && listing.unknown === 'denied-by-organization';
    return { account, region, status: isExcluded ? 'excluded' : 'failed', reason };
  }
  const undescribed = clusters.filter((cluster) => !isKnown(cluster.description)).length;
  const reasons = [
    ...listing.missing.map((part) => part.what),
    ...(undescribed > 0 ? [`${undescribed} of ${clusters.length} clusters could not be described`] : []),
  ];
  if (reasons.length > 0) return { account, region, status: 'partial', reason: reasons.join('; ') };
  return { account, region, status: 'scanned' };
};

const toNotAsked = (start: RunStart, checks: readonly Check[], settings: Settings): string[] =>
  checks.flatMap(({ id }) => {
    if (start.checks && !start.checks.includes(id))
      return [`${id}: not among the checks that were asked for`];
    return settings.checks[id] === 'off' ? [`${id}: off in the configuration`] : [];
  });

const toSummary = (findings: readonly Finding[]): Summary => {
  const count = <Name extends string>(all: readonly Name[], names: Name[]): Record<Name, number> => {
    const counts = Object.fromEntries(all.map((name) => [name, 0])) as Record<Name, number>;
    for (const name of names) counts[name] += 1;
    return counts;
  };
  const failures = findings.filter(({ status, exception }) => status === 'fail' && !exception);
  const reasons = findings.flatMap(({ status, reason }) =>
    status === 'unknown' ? unknownReason.parse(reason) : [],
  );
  const byReason = count(unknownReason.options, reasons);
  return {
    byStatus: count(
      statuses,
      findings.map(({ status }) => status),
    ),
    bySeverity: count(
      severities,
      failures.map(({ severity }) => severity),
    ),
    unknownReasons: Object.fromEntries(Object.entries(byReason).filter(([, times]) => times > 0)),
  };
};

/** Account, Region, cluster, then the checks in the catalogue's order, then resource and subject. */
const byPlace = (checks: readonly Check[]) => {
  const rank = new Map(checks.map(({ id }, index) => [id, index]));
  const toSortKey = ({ check, account, region, cluster, resource, subject }: Finding) =>
    [
      account ?? '~',
      region ?? '~',
      cluster ?? '~',
      String(rank.get(check) ?? 999).padStart(3, '0'),
      resource,
      subject ?? '',
    ].join('\0');
  const sortKeys = new Map<Finding, string>();
  const getSortKey = (one: Finding): string => {
    const known = sortKeys.get(one) ?? toSortKey(one);
    sortKeys.set(one, known);
    return known;
  };
  return (a: Finding, b: Finding): number => (getSortKey(a) < getSortKey(b) ? -1 : 1);
};
