/** Who read Secrets: what the cluster's audit log tells, identity by identity. Not who used the key. */
import { isAbout, type SecretName } from '../activity/read-tally.ts';
import { hasSucceeded, isDenied, isReading, sumReads, toToldIdentity } from '../activity/sum-reads.ts';
import type { Subject } from '../checks/check.ts';
import {
  isExpectedRead,
  isOwn,
  type ReaderKnowledge,
  toUnexpected,
} from '../checks/reads/expected-readers.ts';
import { isNameable } from '../checks/reads/words.ts';
import { type Fact, isKnown, toUnknown } from '../evidence/fact.ts';
import type { ReadTally, SecretReads } from '../evidence/reads.ts';
import type { Settings } from '../evidence/settings.ts';
import { peekAt } from './access.ts';
import type { Coverage, ReadBy, WhoRead } from './document.ts';
import type { Seen } from './learned.ts';

const notAsked = toUnknown('incomplete-window', 'nothing was asked of the cluster’s audit log (--audit-log)');

/**
 * Takes a cluster, and maybe a Secret; gives who read Secrets, or may have read that one, and of which time that is
 * known.
 */
export const toWhoRead = (subject: Subject, settings: Settings, secret?: SecretName): WhoRead => {
  if (!subject.facts['secret.reads']) return notAsked;
  const fact = peekAt(subject)('secret.reads');
  if (!isKnown(fact)) return fact;
  const knowledge = toKnowledge(subject, settings, fact.value);
  const tallies = Object.values(fact.value.days)
    .flat()
    .filter((tally) => isReading(tally) && (hasSucceeded(tally) || isDenied(tally)))
    .filter((tally) => secret === undefined || isAbout(tally, secret));
  const identities = [...Map.groupBy(tallies, toPair).values()]
    .flatMap((those) => toReadBy(those, knowledge) ?? [])
    .sort((a, b) => Number(a.expected) - Number(b.expected) || (toPairText(a) < toPairText(b) ? -1 : 1));
  return {
    coverage: toCoverage(fact),
    ...(secret ? { secret: `${secret.namespace}/${secret.name}` } : {}),
    identities,
  };
};

const toPair = ({ identity, impersonator }: ReadTally): string =>
  toPairText({ identity, impersonator: impersonator?.identity });
const toPairText = ({ identity, impersonator = '' }: Pick<ReadBy, 'identity' | 'impersonator'>): string =>
  JSON.stringify([identity, impersonator]);

const toKnowledge = (subject: Subject, settings: Settings, { own }: SecretReads): ReaderKnowledge => {
  const peek = peekAt(subject);
  return {
    cluster: subject.cluster,
    settings,
    own,
    organization: peek('organization'),
    iam: peek('iam.cluster'),
  };
};

const toReadBy = (tallies: readonly ReadTally[], knowledge: ReaderKnowledge): ReadBy | undefined => {
  const [first] = tallies;
  if (!first) return undefined;
  const { groups, impersonators, verbs, denied, secrets, agents, sources, sessions, ...summed } = sumReads(
    toToldIdentity(first),
    tallies,
  );
  const [impersonator] = impersonators;
  return {
    identity: summed.identity,
    groups,
    ...(impersonator === undefined ? {} : { impersonator }),
    verbs,
    denied,
    secrets,
    agents,
    sources,
    sessions,
    first: summed.first,
    last: summed.last,
    expected: tallies.every((tally) => isExpectedRead(tally, knowledge)),
    isKeyward: tallies.every((tally) => !tally.impersonator && isOwn(tally, tally, knowledge)),
  };
};

const toCoverage = (
  fact: { value: SecretReads } & Extract<Fact<SecretReads>, { value: unknown }>,
): Coverage => {
  const { from, to, sources } = fact.value;
  const gaps = fact.missing.map((part) => ({
    from: part.from ?? from,
    to: part.to ?? to,
    reason: `${part.reason}: ${part.what}`,
  }));
  return { from, to, source: sources.join(', '), gaps };
};

export interface LearnedReaders {
  coverage: Coverage;
  readers: Seen[];
  /** Of those whom nobody expects, how many a line of the configuration can't name without naming others. */
  unnameable: number;
}

/**
 * Takes a cluster; gives whom a person might expect to read Secrets: whoever was answered with any, and who impersonated
 * somebody to that end. Undefined where no audit log was read.
 */
export const toLearnedReaders = (subject: Subject, settings: Settings): LearnedReaders | undefined => {
  const fact = subject.facts['secret.reads'];
  if (!fact || !isKnown(fact)) return undefined;
  const knowledge = toKnowledge(subject, settings, fact.value);
  const parts = Object.values(fact.value.days)
    .flat()
    .filter((tally) => isReading(tally) && hasSucceeded(tally))
    .flatMap((tally) => toUnexpected(tally, knowledge).map((reader) => ({ reader, tally })));
  const byIdentity = [...Map.groupBy(parts, ({ reader }) => reader.identity)];
  const nameable = byIdentity.filter(([, those]) => those.every(({ reader }) => isNameable(reader)));
  return {
    coverage: toCoverage(fact),
    readers: nameable
      .map(([principal, those]) => {
        const { verbs, first, last } = sumReads(
          principal,
          those.map(({ tally }) => tally),
        );
        return { principal, calls: verbs, first, last };
      })
      .sort((a, b) => (a.principal < b.principal ? -1 : 1)),
    unnameable: byIdentity.length - nameable.length,
  };
};
