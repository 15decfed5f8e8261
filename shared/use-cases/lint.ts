import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Check, FactName, Subject } from '../checks/check.ts';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import type { Settings } from '../evidence/settings.ts';
import { addCounts, toCounts } from '../findings/counts.ts';
import { applyExceptions, judgeExceptions } from '../findings/exceptions.ts';
import type { Finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import { type ReadManifests, readManifests } from '../manifests/read-manifests.ts';
import { toNow } from '../runtime/clock.ts';
import { UsageError } from '../runtime/errors.ts';
import { version } from '../runtime/version.ts';
import { toKubernetesFacts } from './subjects.ts';
import type { RunResult } from './summarise-run.ts';

interface LintRequest {
  /** The current folder. */
  folder: string;
  stdin: () => Readable;
  settings: Settings;
  /** The configuration file's name, where there is one. */
  configuration?: string;
  /** Check ids, where only some were asked for. */
  checks?: string[];
  signal?: AbortSignal;
}

export type LintResult = RunResult & Pick<ReadManifests, 'objects' | 'files' | 'skipped' | 'problems'>;

/**
 * Judges manifests by the checks of a cluster's inside, as far as manifests can tell. Throws UsageError where a path is
 * not there, or where nothing of Kubernetes was found at all: a rendering that failed must not pass.
 */
export const lint = async (
  paths: readonly string[],
  allChecks: readonly Check[],
  { folder, stdin, settings, configuration, checks: chosen, signal }: LintRequest,
): Promise<LintResult> => {
  const startedAt = toNow();
  const read = await readManifests(paths, { folder, stdin, collectedAt: startedAt, signal });
  if (read.objects === 0 && read.problems.length === 0)
    throw new UsageError(
      'NO_MANIFESTS',
      `no object of Kubernetes was found in ${paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ')}`,
    );
  const { asked, notAsked } = pickLintChecks(allChecks, chosen, settings);
  const subject = toSubject(read.evidence);
  const judged = asked.flatMap((check) => toFindings(check, subject, settings).sort(byPlace));
  const today = startedAt.slice(0, 10);
  const findings = applyExceptions(judged, settings.exceptions, today);
  const ofExceptions = judgeExceptions(settings, new Set(), { today, configuration, isWholeRun: false });
  const { clusters, ...summary } = addCounts([
    toCounts(findings, settings.exceptions),
    toCounts(ofExceptions, []),
  ]);
  const { objects, files, skipped, problems } = read;
  const run = {
    id: `${startedAt.replace(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`,
    startedAt,
    finishedAt: toNow(),
    version,
    notAsked,
    targets: [],
  };
  const told = [...findings, ...ofExceptions];
  const all = {
    async *[Symbol.asyncIterator]() {
      yield* told;
    },
  };
  return { run, findings: all, summary, clusters, objects, files, skipped, problems };
};

const toSubject = (inside: KubernetesEvidence): Subject => ({
  cluster: { arn: 'manifests', name: '', account: '', region: '' },
  facts: toKubernetesFacts(inside),
  collectedAt: inside.collectedAt,
});

/** What manifests tell, as far as they go. */
const toldFacts = [
  'kubernetes.secrets',
  'kubernetes.workloads',
  'kubernetes.serviceAccounts',
  'kubernetes.ingresses',
  'kubernetes.roles',
  'kubernetes.roleBindings',
  'kubernetes.awsAuth',
  'kubernetes.backupLocations',
] as const satisfies FactName[];

/** Checks of facts that are told, but not the part of them that these judge. */
const untold: Readonly<Record<string, string>> = {
  'secrets-are-renewed': 'a manifest does not tell when a Secret was written',
};

/**
 * Which checks manifests can answer: those whose first fact they tell, and that judge no key. Of the others it is said
 * why not, once each reason.
 */
export const pickLintChecks = (
  checks: readonly Check[],
  chosen: readonly string[] | undefined,
  settings: Pick<Settings, 'checks'>,
): { asked: Check[]; notAsked: string[] } => {
  const isOthers = ({ scope, facts }: Check): boolean =>
    !toldFacts.some((fact) => fact === facts[0]) || scope === 'key' || scope === 'family';
  const toReason = (check: Check): string | undefined => {
    if (isOthers(check)) return 'manifests do not tell of clusters and keys';
    if (untold[check.id] !== undefined) return untold[check.id];
    if (settings.checks[check.id] === 'off') return 'off in the configuration';
    return chosen?.includes(check.id) === false ? 'not among the checks that were asked for' : undefined;
  };
  // Nobody expects them here, unless they were asked for by name.
  const toName = (check: Check) =>
    isOthers(check) && check.link < 5 && !chosen?.includes(check.id)
      ? `the checks of link ${check.link}`
      : check.id;
  const reasons = checks.map((check) => ({ check, reason: toReason(check) }));
  const left = reasons.flatMap(({ check, reason }) =>
    reason === undefined ? [] : { name: toName(check), reason },
  );
  return {
    asked: reasons.flatMap(({ check, reason }) => (reason === undefined ? [check] : [])),
    notAsked: [...Map.groupBy(left, ({ reason }) => reason)].map(
      ([reason, alike]) => `${[...new Set(alike.map(({ name }) => name))].join(', ')}: ${reason}`,
    ),
  };
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byPlace = (a: Finding, b: Finding): number =>
  compare(a.resource, b.resource) || compare(a.subject ?? '', b.subject ?? '');
