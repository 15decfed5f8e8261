/** Whom a person might expect: who used or changed a cluster's key, or read its Secrets, though nobody expects it. */
import { isMending, isOfGrants, isToEks } from '../activity/ordinary-changes.ts';
import { isByService } from '../activity/services.ts';
import { toCount } from '../activity/sum-uses.ts';
import type { Subject } from '../checks/check.ts';
import type { KeyChange } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { isOfKey, type KeySubject, peekAt } from './access.ts';
import type { Coverage, UsedBy } from './document.ts';
import { type LearnedReaders, toLearnedReaders } from './who-read.ts';
import { toUsedBy, toUses, toWhoUsed } from './who-used.ts';

export interface Seen {
  principal: string;
  /** How often each call succeeded. */
  calls: Record<string, number>;
  first: string;
  last: string;
}

export interface Learned {
  cluster: { arn: string; name: string };
  /** Of which time this is known. */
  coverage: Coverage | undefined;
  /** How often expected users opened something. */
  ordinaryCalls: number;
  /** How often EKS called under a context that no grant has: nobody can be named for it. */
  strayCalls: number;
  decrypters: Seen[];
  administrators: Seen[];
  /** Not given where no audit log was read. */
  readers?: LearnedReaders;
  /** Principals that the configuration expects already. */
  expected: number;
}

/**
 * Takes a cluster with its key, if it has one, and that key's relatives; gives who was seen. Calls that failed taught
 * nobody anything.
 */
export const toLearned = (subjects: readonly [Subject, ...Subject[]], settings: Settings): Learned => {
  const [{ cluster }] = subjects;
  const family = subjects.filter(isOfKey);
  const [named, ...relatives] = family;
  const used = named && toWhoUsed([named, ...relatives], settings);
  const uses = named ? toUses([named, ...relatives], settings) : [];
  const users = uses
    .filter(({ isStray }) => !isStray)
    .map(toUsedBy)
    .filter(hasOpened);
  const isConfigured = ({ principal }: UsedBy) =>
    isExpectedPrincipal(principal, cluster.name, settings.expected.decrypters);
  const readers = toLearnedReaders(subjects[0], settings);
  return {
    cluster,
    coverage: !used || 'unknown' in used ? undefined : used.coverage,
    ordinaryCalls: toOpenedCount(users.filter(({ expected }) => expected)),
    strayCalls: toCount(uses.flatMap(({ isStray, tallies }) => (isStray ? tallies : []))),
    decrypters: users
      .filter(({ expected }) => !expected)
      .map(({ principal, operations, first, last }) => ({ principal, calls: operations, first, last })),
    administrators: toAdministrators(family, cluster.name, settings),
    ...(readers ? { readers } : {}),
    expected: users.filter(isConfigured).length,
  };
};

/** Whoever only seals has nothing to be expected for: no check minds it. */
const hasOpened = (user: UsedBy): boolean => toOpenedCount([user]) > 0;

const toOpenedCount = (users: readonly UsedBy[]): number =>
  users.reduce((sum, { operations }) => sum + (operations.Decrypt ?? 0) + (operations.ReEncryptFrom ?? 0), 0);

/** Nobody is to be expected for what no check minds: least of all whom EC2 made a volume's grant for. */
const isOrdinary = (change: KeyChange): boolean =>
  isMending(change) || (isOfGrants(change) && (isByService(change) || isToEks(change)));

const toAdministrators = (
  family: readonly KeySubject[],
  clusterName: string,
  { expected }: Settings,
): Seen[] => {
  const changes = family
    .map((subject) => peekAt(subject)('key.changes'))
    .filter(isKnown)
    .flatMap(({ value }) => value.changes)
    .filter((change) => change.outcome === 'success' && !isOrdinary(change))
    .filter(({ principal }) => !isExpectedPrincipal(principal, clusterName, expected.administrators));
  return [...Map.groupBy(changes, ({ principal }) => principal)]
    .map(([principal, all]) => ({ principal, ...toCalls(all) }))
    .sort((a, b) => (a.principal < b.principal ? -1 : 1));
};

const toCalls = (changes: KeyChange[]): Omit<Seen, 'principal'> => {
  const times = changes.map(({ time }) => time).sort();
  const calls = Object.fromEntries(
    [...Map.groupBy(changes, ({ name }) => name)].map(([name, all]) => [name, all.length]),
  );
  return { calls, first: times[0] ?? '', last: times.at(-1) ?? '' };
};
