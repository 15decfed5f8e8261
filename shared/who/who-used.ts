/** Who used the key: what the events of CloudTrail tell, principal by principal, over every member of its family. */
import { isByService } from '../activity/services.ts';
import { sumUses, toCount } from '../activity/sum-uses.ts';
import { decryptDenialsAreRare } from '../checks/decrypt-denials-are-rare.ts';
import { decryptsComeFromTheCluster } from '../checks/decrypts-come-from-the-cluster.ts';
import type { EventGap, KeyUse, UseTally } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { type Fact, isKnown, toUnknown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from './access.ts';
import type { Coverage, UsedBy, WhoUsed } from './document.ts';

/** Takes a cluster's key, then its relatives; gives who used any of them, and of which time that is known. */
export const toWhoUsed = (family: readonly [KeySubject, ...KeySubject[]], settings: Settings): WhoUsed => {
  const read = family.map((subject) => ({ subject, use: peekAt(subject)('key.use') }));
  const known = read.flatMap(({ use }) => (isKnown(use) ? use : []));
  const [first] = known;
  if (!first) return toUnknownUse(read.map(({ use }) => use));
  const isExpected = createExpectation(family, settings);
  const tallies = known.flatMap(({ value }) => Object.values(value.days).flat());
  const principals = [...Map.groupBy(tallies, ({ principal }) => principal)]
    .map(([principal, all]) => toUsedBy(principal, all, isExpected))
    .sort((a, b) => Number(a.expected) - Number(b.expected) || (a.principal < b.principal ? -1 : 1));
  return {
    coverage: toCoverage(read.map(({ subject, use }) => ({ key: subject.key.arn, use }))),
    principals,
  };
};

const toUnknownUse = (facts: Fact<KeyUse>[]) => {
  const gap = facts.find((fact) => !isKnown(fact));
  return gap && !isKnown(gap) ? gap : toUnknown('failed', 'no key was read');
};

/**
 * Whether somebody's calls are expected: EKS's are, those of AWS services for other resources, and whom the
 * configuration names, unless a check of who used the key minds them.
 */
export const createExpectation = (
  family: readonly [KeySubject, ...KeySubject[]],
  settings: Settings,
): ((principal: string, calls: readonly UseTally[]) => boolean) => {
  const minded = new Set(
    family.flatMap((subject) =>
      [decryptsComeFromTheCluster, decryptDenialsAreRare].flatMap((check) =>
        check.judge(subject, settings).flatMap(({ status, subject: who }) => (status === 'fail' ? who : [])),
      ),
    ),
  );
  const { name } = family[0].cluster;
  return (principal, calls) =>
    !minded.has(principal) &&
    (isExpectedPrincipal(principal, name, settings.expected.decrypters) || calls.every(isByService));
};

const toUsedBy = (
  principal: string,
  tallies: UseTally[],
  isExpected: ReturnType<typeof createExpectation>,
): UsedBy => {
  const { first, last, sources, contexts } = sumUses(tallies);
  const [succeeded, failed] = [true, false].map((isSuccess) =>
    tallies.filter(({ outcome }) => (outcome === 'success') === isSuccess),
  );
  return {
    principal,
    operations: sumUses(succeeded ?? []).operations,
    denied: toCount(failed ?? []),
    first,
    last,
    sources,
    contexts,
    expected: isExpected(principal, tallies),
  };
};

/** The time that every member's answer covers; what any of them lacks is a gap. */
const toCoverage = (read: { key: string; use: Fact<KeyUse> }[]): Coverage => {
  const known = read.flatMap(({ use }) => (isKnown(use) ? use : []));
  const from =
    known
      .map(({ value }) => value.from)
      .sort()
      .at(-1) ?? '';
  const to = known.map(({ value }) => value.to).sort()[0] ?? '';
  const gaps = read.flatMap(({ key, use }): (Pick<EventGap, 'from' | 'to'> & { reason: string })[] =>
    isKnown(use)
      ? use.missing.map((part) => ({
          from: part.from ?? from,
          to: part.to ?? to,
          reason: `${part.reason}: ${part.what}`,
        }))
      : [{ from, to, reason: `${use.unknown}: ${key}: ${use.detail}` }],
  );
  const source = [...new Set(known.flatMap(({ value }) => value.sources))].sort().join(', ');
  return { from, to, source, gaps };
};
