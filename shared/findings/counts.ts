/** What findings add up to: kept beside them, so that nobody has to hold a whole run's findings to count them. */
import { z } from 'zod';
import { unknownReason } from '../evidence/fact.ts';
import { type Exception, severities } from '../evidence/settings.ts';
import { findNeededExceptions } from './exceptions.ts';
import { type Finding, type Summary, statuses, summary } from './finding.ts';

export const counts = z.strictObject({
  summary,
  clusters: z.int(),
  /** The exceptions (by index in the settings) that match a failure or an unknown. */
  neededExceptions: z.array(z.int()),
});
export type Counts = z.infer<typeof counts>;

/** Takes the findings of one account, or such as are about no cluster; gives their counts. */
export const toCounts = (findings: readonly Finding[], exceptions: readonly Exception[]): Counts => {
  const failures = findings.filter(({ status, exception }) => status === 'fail' && !exception);
  const unknowns = findings.filter(({ status }) => status === 'unknown');
  const clusters = findings.filter(({ cluster }) => cluster !== null);
  return {
    summary: {
      byStatus: count(
        statuses,
        findings.map(({ status }) => status),
      ),
      bySeverity: count(
        severities,
        failures.map(({ severity }) => severity),
      ),
      unknownReasons: Object.fromEntries(
        Map.groupBy(unknowns, ({ reason }) => unknownReason.parse(reason))
          .entries()
          .map(([reason, alike]) => [reason, alike.length]),
      ),
    },
    clusters: new Set(clusters.map(({ region, cluster }) => `${region}/${cluster}`)).size,
    neededExceptions: findNeededExceptions(findings, exceptions),
  };
};

const count = <Name extends string>(all: readonly Name[], names: Name[]): Record<Name, number> => {
  const counted = Object.fromEntries(all.map((name) => [name, 0])) as Record<Name, number>;
  for (const name of names) counted[name] += 1;
  return counted;
};

/** The sum of several counts, reasons in their fixed order. */
export const addCounts = (all: readonly Counts[]): Summary & { clusters: number } => {
  const add = <Name extends string>(
    names: readonly Name[],
    parts: Partial<Record<Name, number>>[],
  ): Record<Name, number> =>
    Object.fromEntries(
      names.map((name) => [name, parts.reduce((sum, part) => sum + (part[name] ?? 0), 0)]),
    ) as Record<Name, number>;
  const summaries = all.map((part) => part.summary);
  const reasons = add(
    unknownReason.options,
    summaries.map(({ unknownReasons }) => unknownReasons),
  );
  return {
    byStatus: add(
      statuses,
      summaries.map(({ byStatus }) => byStatus),
    ),
    bySeverity: add(
      severities,
      summaries.map(({ bySeverity }) => bySeverity),
    ),
    unknownReasons: Object.fromEntries(Object.entries(reasons).filter(([, times]) => times > 0)),
    clusters: all.reduce((sum, part) => sum + part.clusters, 0),
  };
};
