/** Whom a person might expect: who used or changed a cluster's key though nobody expects it, with counts and times. */
import { isCalledByEks } from '../activity/control-plane.ts';
import type { KeyChange } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from './access.ts';
import type { Coverage, UsedBy } from './document.ts';
import { toWhoUsed } from './who-used.ts';

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
  decrypters: Seen[];
  administrators: Seen[];
  /** Principals that the configuration expects already. */
  expected: number;
}

/** Takes a cluster's key and its relatives; gives who was seen. Calls that failed taught nobody anything. */
export const toLearned = (family: readonly [KeySubject, ...KeySubject[]], settings: Settings): Learned => {
  const used = toWhoUsed(family, settings);
  const users = 'unknown' in used ? [] : used.principals;
  const isConfigured = ({ principal }: UsedBy) =>
    isExpectedPrincipal(principal, family[0].cluster.name, settings.expected.decrypters);
  return {
    cluster: family[0].cluster,
    coverage: 'unknown' in used ? undefined : used.coverage,
    decrypters: users
      .filter((user) => !user.expected && hasOpened(user))
      .map(({ principal, operations, first, last }) => ({ principal, calls: operations, first, last })),
    administrators: toAdministrators(family, settings),
    expected: users.filter((user) => isConfigured(user) && hasOpened(user)).length,
  };
};

/** Whoever only seals has nothing to be expected for: no check minds it. */
const hasOpened = ({ operations }: UsedBy): boolean =>
  ['Decrypt', 'ReEncryptFrom'].some((operation) => operations[operation] !== undefined);

const toAdministrators = (family: readonly [KeySubject, ...KeySubject[]], { expected }: Settings): Seen[] => {
  const changes = family
    .map((subject) => peekAt(subject)('key.changes'))
    .filter(isKnown)
    .flatMap(({ value }) => value.changes)
    .filter((change) => change.outcome === 'success' && change.kind !== 'service' && !isCalledByEks(change))
    .filter(
      ({ principal }) => !isExpectedPrincipal(principal, family[0].cluster.name, expected.administrators),
    );
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
