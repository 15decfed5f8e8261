import type { Check } from '../checks/check.ts';
import { getNamedKeyArn, regionEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { type Counts, toCounts } from '../findings/counts.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import type { Finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { createSubjectReader, type SubjectsOfCluster } from './subjects.ts';

/** What a cluster hangs on, as far as it could be told. */
export interface JudgedCluster {
  region: string;
  cluster: string;
  /** The ARNs of its key and of the others of that key's family. */
  keys: string[];
  /** Whether that is all: its description was read, and the key that it names, if any. */
  isKnown: boolean;
}

/**
 * Judges the clusters of one account, one at a time with the keys it names. Puts `findings/ACCOUNT`, in the order they
 * are told in (Region, cluster, check, resource, subject) and with the exceptions that cover them, and `counts/ACCOUNT`.
 * Gives what each cluster hangs on.
 */
export const evaluateAccount = async (
  store: Store,
  { id: run, startedAt }: Pick<RunStart, 'id' | 'startedAt'>,
  account: string,
  checks: readonly Check[],
  settings: Settings,
): Promise<JudgedCluster[]> => {
  const names = toRunNames(run);
  const readSubjects = await createSubjectReader(store, run);
  const findings: Finding[] = [];
  const judged: JudgedCluster[] = [];
  for await (const name of store.list(names.clustersOf(account))) {
    const region = await readObject(store, name, regionEvidence);
    if (!region) continue;
    for (const cluster of region.clusters) {
      const subjects = await readSubjects(region, cluster);
      findings.push(...judgeCluster(subjects, checks, settings));
      judged.push(toJudged(subjects));
    }
  }
  const today = startedAt.slice(0, 10);
  const told = applyExceptions(findings, settings.exceptions, today).sort(byPlace(checks));
  await writeObject(store, names.findings(account), told);
  await writeObject(store, names.counts(account), toCounts(told, settings.exceptions) satisfies Counts);
  return judged;
};

const byPlace = (checks: readonly Check[]) => {
  const rank = new Map(checks.map(({ id }, index) => [id, index]));
  const getRank = ({ check }: Finding) => rank.get(check) ?? checks.length;
  const toPlace = ({ region, cluster }: Finding) => `${region}/${cluster}`;
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
