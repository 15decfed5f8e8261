/**
 * Claims that on no complete UTC day the control plane, or a principal that is expected to decrypt, opened far more
 * with the key than on its other days. Does not claim that its calls were right, nor that a fall means nothing: only
 * a rise is told, and only a large one.
 */
import { findDepartures, listCompleteDays } from '../activity/baseline.ts';
import { getCalledContext, isControlPlane } from '../activity/control-plane.ts';
import { toCount, toSpan } from '../activity/sum-uses.ts';
import { mostNamed, type UseTally } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import { readClusterContexts } from './activity/cluster-contexts.ts';
import { defineCheck } from './check.ts';

interface Departed {
  key: string;
  principal: string;
  /** The UTC day that stands out most. */
  day: string;
  count: number;
  /** A day's usual count, and the most that would have been no news. */
  median: number;
  limit: number;
  days: string[];
  comparedDays: number;
  first: string;
  last: string;
}

/** EKS calls as more than one identity, and AWS documents none: its calls for the cluster are one principal here. */
const controlPlane = 'eks.amazonaws.com';

export const decryptVolumeIsNormal = defineCheck({
  id: 'decrypt-volume-is-normal',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'principal',
  facts: ['key.use', 'key.grants'],
  title: 'Expected users of the key opened as much as ever',
  rationale:
    'A principal that is allowed to decrypt is the one worth stealing. What it does then shows in how much, against its own other days: the calls themselves look as always.',
  remediation: {
    text: 'Ask the principal’s owner what ran on that day: an upgrade, a restore, a new workload. If nobody knows, treat its credentials as stolen.',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'SI-4'], 'PCI DSS 4': ['10.4'] },
  outcomes: {
    risen: {
      severity: 'low',
      message: ({ key, principal, day, count, median, limit, days }: Departed) =>
        `${principal} opened something with ${key} ${count} times on ${day}; a usual day has ${median}, and up to ${limit} would be no news${days.length > 1 ? `. So it was on ${days.length} days` : ''}.`,
    },
  },
  pass: 'On no complete day that was read an expected user of the key opened far more with it than on its other days.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const use = read('key.use');
    const fact = peek('key.use');
    const complete = listCompleteDays(use, isKnown(fact) ? fact.missing : []);
    const { baselineDays } = settings.thresholds;
    if (complete.length <= baselineDays)
      return yield {
        unknown: 'incomplete-window',
        detail: `a baseline needs ${baselineDays} complete days beside the one that is judged, and ${complete.length} were read`,
      };
    const { own, isWhole, gap } = readClusterContexts({ peek, key, cluster });
    const toName = (tally: UseTally): string | undefined => {
      if (tally.outcome !== 'success') return undefined;
      if (tally.operation !== 'Decrypt' && tally.operation !== 'ReEncryptFrom') return undefined;
      // Other clusters on the key come and go.
      if (isControlPlane(tally, own))
        return !isWhole || own.includes(getCalledContext(tally) ?? '') ? controlPlane : undefined;
      const isExpected = isExpectedPrincipal(tally.principal, cluster.name, settings.expected.decrypters);
      return isExpected ? tally.principal : undefined;
    };
    const calls = complete.flatMap((day) =>
      (use.days[day] ?? []).flatMap((tally) => {
        const principal = toName(tally);
        return principal === undefined ? [] : [{ day, principal, tally }];
      }),
    );
    const isTooNew: string[] = [];
    for (const [principal, those] of Map.groupBy(calls, (call) => call.principal)) {
      const since = those.map(({ day }) => day).sort()[0] ?? '';
      const counts = new Map(
        complete
          .filter((day) => day >= since)
          .map((day) => [day, toCount(those.filter((call) => call.day === day).map(({ tally }) => tally))]),
      );
      const departures = findDepartures(counts, baselineDays);
      if (!departures) isTooNew.push(principal);
      const [worst] = [...(departures ?? [])].sort((a, b) => b.count - a.count || (a.day < b.day ? -1 : 1));
      if (!departures || !worst) continue;
      const days = departures.map(({ day }) => day).sort();
      const told = those.filter(({ day }) => days.includes(day)).map(({ tally }) => tally);
      const evidence = {
        key: key.arn,
        principal,
        ...worst,
        days: days.slice(-mostNamed),
        comparedDays: counts.size - 1,
        ...toSpan(told),
      };
      yield { outcome: 'risen', subject: principal, evidence };
    }
    if (isTooNew.length > 0)
      yield {
        unknown: 'incomplete-window',
        detail: `${isTooNew.sort().join(', ')} used the key for the first time less than ${baselineDays} complete days ago: no baseline yet`,
      };
    if (gap) yield { unknown: gap.unknown, detail: gap.detail };
  },
});
