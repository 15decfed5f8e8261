/** Who used the key: what the events of CloudTrail tell, principal by principal, over every member of its family. */
import { getCalledContext } from '../activity/control-plane.ts';
import { isByService } from '../activity/services.ts';
import { sumUses, toCount } from '../activity/sum-uses.ts';
import type { Check } from '../checks/check.ts';
import { decryptContextMatchesCluster, isUseByEks } from '../checks/decrypt-context-matches-cluster.ts';
import { decryptDenialsAreRare } from '../checks/decrypt-denials-are-rare.ts';
import { decryptsComeFromTheCluster } from '../checks/decrypts-come-from-the-cluster.ts';
import type { EventGap, KeyUse, UseTally } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { type Fact, isKnown, toUnknown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from './access.ts';
import type { Coverage, UsedBy, WhoUsed } from './document.ts';

/** What one principal did with the key, and whether anybody minds. */
export interface Use {
  principal: string;
  tallies: UseTally[];
  isExpected: boolean;
  /** Whether EKS called for no cluster that a grant tells: whoever it was, no name in a configuration answers for it. */
  isStray: boolean;
}

/** Takes a cluster's key, then its relatives; gives who used any of them, and of which time that is known. */
export const toWhoUsed = (family: readonly [KeySubject, ...KeySubject[]], settings: Settings): WhoUsed => {
  const read = family.map((subject) => ({ subject, use: peekAt(subject)('key.use') }));
  if (!read.some(({ use }) => isKnown(use))) return toUnknownUse(read.map(({ use }) => use));
  const principals = toUses(family, settings)
    .map(toUsedBy)
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

/** The subjects that a check fails. */
const listFailed = (check: Check, subject: KeySubject, settings: Settings): string[] =>
  check
    .judge(subject, settings)
    .flatMap(({ status, subject: failed }) => (status === 'fail' ? (failed ?? []) : []));

/**
 * Takes a key's family; gives what each principal did. EKS's calls are expected, those of AWS services for other
 * resources, and whom the configuration names, unless a check of who used the key minds them. What EKS did under a
 * context of no known cluster is told apart from its other calls.
 */
export const toUses = (family: readonly [KeySubject, ...KeySubject[]], settings: Settings): Use[] => {
  const minded = new Set(
    family.flatMap((subject) =>
      [decryptsComeFromTheCluster, decryptDenialsAreRare].flatMap((check) =>
        listFailed(check, subject, settings),
      ),
    ),
  );
  const calls = family.flatMap((subject) => {
    const use = peekAt(subject)('key.use');
    if (!isKnown(use)) return [];
    const strays = new Set(listFailed(decryptContextMatchesCluster, subject, settings));
    return Object.values(use.value.days)
      .flat()
      .map((tally) => ({
        tally,
        isStray: isUseByEks(tally) && strays.has(getCalledContext(tally) ?? ''),
      }));
  });
  const { name } = family[0].cluster;
  const isExpected = (principal: string, tallies: UseTally[]) =>
    !minded.has(principal) &&
    (isExpectedPrincipal(principal, name, settings.expected.decrypters) || tallies.every(isByService));
  return [true, false].flatMap((isStray) => {
    const tallies = calls.flatMap((call) => (call.isStray === isStray ? call.tally : []));
    return [...Map.groupBy(tallies, ({ principal }) => principal)].map(([principal, all]) => ({
      principal,
      tallies: all,
      isExpected: !isStray && isExpected(principal, all),
      isStray,
    }));
  });
};

export const toUsedBy = ({ principal, tallies, isExpected }: Use): UsedBy => {
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
    expected: isExpected,
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
