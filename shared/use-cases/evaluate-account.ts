import { z } from 'zod';
import type { Check } from '../checks/check.ts';
import {
  type ClusterEvidence,
  getNamedKeyArn,
  type RegionEvidence,
  regionEvidence,
} from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { type Counts, toCounts } from '../findings/counts.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { type JudgedCluster, judgedClusters } from './judged.ts';
import { isAskedOf } from './pick-checks.ts';
import { createSubjectReader, type SubjectsOfCluster } from './subjects.ts';

/** `runs/RUN/judging/ACCOUNT/N`: what a call had judged when it grew late. */
const part = z.strictObject({ judged: judgedClusters, findings: z.array(finding) });

/**
 * Judges the clusters of one account, one at a time with the keys it names. Puts `findings/ACCOUNT`, in the order they
 * are told in (Region, cluster, check, resource, subject) and with the exceptions that cover them, `counts/ACCOUNT`,
 * and `judged/ACCOUNT` with what each cluster hangs on. Given `isLate`, it gives false where it grew late before every
 * cluster was judged: called again, it judges the others, and only the last call puts those three.
 */
export const evaluateAccount = async (
  store: Store,
  start: Pick<RunStart, 'id' | 'startedAt' | 'kubernetes'>,
  account: string,
  checks: readonly Check[],
  settings: Settings,
  isLate?: () => boolean,
): Promise<boolean> => {
  const { id: run, startedAt } = start;
  const names = toRunNames(run);
  if (isLate && (await store.get(names.judged(account)))) return true;
  const earlier = isLate ? await readParts(store, names.judgingOf(account)) : [];
  const judged = earlier.flatMap((one) => one.judged);
  const findings = earlier.flatMap((one) => one.findings);
  const known = new Set(judged.map(toPlace));
  const fresh: z.infer<typeof part> = { judged: [], findings: [] };

  const readSubjects = await createSubjectReader(store, run);
  for await (const [region, cluster] of listClusters(store, names.clustersOf(account))) {
    if (known.has(toPlace({ region: region.region, cluster: cluster.name }))) continue;
    if (isLate?.()) {
      await writeObject(store, names.judging(account, earlier.length), fresh);
      return false;
    }
    const subjects = await readSubjects(region, cluster);
    const isAsked = (check: Check) => isAskedOf(check, start, cluster.name);
    fresh.findings.push(...judgeCluster(subjects, checks.filter(isAsked), settings));
    fresh.judged.push(toJudged(subjects));
  }

  const today = startedAt.slice(0, 10);
  const all = applyExceptions([...findings, ...fresh.findings], settings.exceptions, today);
  const told = all.sort(byPlace(checks));
  await writeObject(store, names.findings(account), told);
  await writeObject(store, names.counts(account), toCounts(told, settings.exceptions) satisfies Counts);
  await writeObject(store, names.judged(account), [...judged, ...fresh.judged]);
  return true;
};

const readParts = async (store: Store, prefix: string): Promise<z.infer<typeof part>[]> => {
  const parts: z.infer<typeof part>[] = [];
  for await (const name of store.list(prefix)) {
    const read = await readObject(store, name, part);
    if (read) parts.push(read);
  }
  return parts;
};

async function* listClusters(
  store: Store,
  prefix: string,
): AsyncIterable<[region: RegionEvidence, cluster: ClusterEvidence]> {
  for await (const name of store.list(prefix)) {
    const region = await readObject(store, name, regionEvidence);
    for (const cluster of region?.clusters ?? []) if (region) yield [region, cluster];
  }
}

const toPlace = ({ region, cluster }: Pick<Finding, 'region' | 'cluster'>): string => `${region}/${cluster}`;

const byPlace = (checks: readonly Check[]) => {
  const rank = new Map(checks.map(({ id }, index) => [id, index]));
  const getRank = ({ check }: Finding) => rank.get(check) ?? checks.length;
  return (a: Finding, b: Finding): number =>
    compare(toPlace(a), toPlace(b)) ||
    getRank(a) - getRank(b) ||
    compare(a.resource, b.resource) ||
    compare(a.subject ?? '', b.subject ?? '');
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const judgeCluster = (
  [named, ...relatives]: SubjectsOfCluster,
  checks: readonly Check[],
  settings: Settings,
): Finding[] =>
  checks.flatMap((check) => {
    const subjects = check.scope === 'family' ? [named, ...relatives] : [named];
    return subjects.flatMap((subject) => toFindings(check, subject, settings));
  });

const toJudged = (subjects: SubjectsOfCluster): JudgedCluster => {
  const [{ cluster, facts }] = subjects;
  const { cluster: description, 'key.metadata': metadata } = facts;
  const isDescribed = description !== undefined && isKnown(description);
  const namesKey = isDescribed && getNamedKeyArn(description.value) !== undefined;
  return {
    region: cluster.region,
    cluster: cluster.name,
    keys: subjects.flatMap(({ key }) => key?.arn ?? []),
    isKnown: namesKey ? metadata !== undefined && isKnown(metadata) : isDescribed,
  };
};
