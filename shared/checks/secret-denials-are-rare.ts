/**
 * Claims that on no UTC day one identity was refused the reading of Secrets more often than allowed. Does not claim
 * anything of tokens that nobody has (401), of Secrets that are not there (404), nor of what a kubelet is refused: its
 * node’s authorizer does that whenever a pod is gone sooner than its Secret’s watch.
 */
import { isDenied, isReading, type Reads, sumReads } from '../activity/sum-reads.ts';
import { toCount } from '../activity/sum-uses.ts';
import { mostNamed } from '../evidence/events.ts';
import { otherIdentities, type Reader, type ReadTally } from '../evidence/reads.ts';
import { defineCheck } from './check.ts';
import { isNamed, isOfTheSystem, type ReaderKnowledge } from './reads/expected-readers.ts';
import { readFacts, readSecretReads } from './reads/read-facts.ts';
import { toHowWords, toLookUpWords, toSecretWords } from './reads/words.ts';

interface Refused extends Reads {
  /** As whom it asked, by impersonation. */
  asWhom: string[];
  /** The UTC day with the most refusals. */
  day: string;
  onThatDay: number;
  /** How many days were above what is allowed. */
  days: number;
  allowed: number;
  lookUp: string;
}

/** Who tries the door: as whom he tries it is his to choose, and would spread his tries over as many names. */
const toAsker = (tally: ReadTally): Reader => tally.impersonator ?? tally;

const isMinded = (tally: ReadTally, knowledge: ReaderKnowledge): boolean => {
  const asker = toAsker(tally);
  return (
    isReading(tally) &&
    isDenied(tally) &&
    asker.identity !== otherIdentities &&
    !isOfTheSystem(asker, tally, knowledge) &&
    !isNamed(asker, knowledge, knowledge.settings.expected.secretReaders)
  );
};

export const secretDenialsAreRare = defineCheck({
  id: 'secret-denials-are-rare',
  kind: 'event',
  link: 6,
  scope: 'cluster',
  subject: 'identity',
  facts: readFacts,
  title: 'Nobody is refused Secrets again and again',
  rationale:
    'Many refused reads by one identity are somebody trying which Secrets its credentials open, or a workload whose rights do not fit what it does. What was refused was not read.',
  remediation: {
    text: 'Find out what the identity runs and why it asks (the audit log, by the audit ids of the evidence). A workload that needs the Secret lacks a Role in that namespace; if nobody knows the requests, treat its credentials as stolen.',
    url: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html',
    'https://kubernetes.io/docs/reference/access-authn-authz/node/',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'AC-6', 'SI-4'], 'PCI DSS 4': ['10.4'] },
  outcomes: {
    many: {
      severity: 'medium',
      message: (refused: Refused) =>
        `${refused.identity} was refused ${toSecretWords(refused)} ${refused.onThatDay} times on ${refused.day} (more than ${refused.allowed} a day on ${refused.days} ${refused.days === 1 ? 'day' : 'days'})${refused.asWhom.length > 0 ? `, as ${refused.asWhom.length === 1 ? refused.asWhom[0] : `${refused.asWhom.length} others${refused.asWhom.length === mostNamed ? ' or more' : ''}`} by impersonation` : ''}; in all ${toHowWords(refused)}.`,
      fix: ({ identity, lookUp }: Refused) => `Find out what ${identity} runs and why it asks${lookUp}.`,
    },
  },
  pass: 'No identity was refused the reading of Secrets more often than allowed on any day that was read.',
  *evaluate(evidence, settings) {
    const allowed = settings.thresholds.deniedReads;
    const { days, knowledge } = readSecretReads(evidence, settings);
    const refusals = days.flatMap(([day, tallies]) =>
      tallies.filter((tally) => isMinded(tally, knowledge)).map((tally) => ({ day, tally })),
    );
    for (const [identity, those] of Map.groupBy(refusals, ({ tally }) => toAsker(tally).identity)) {
      const tallies = those.map(({ tally }) => tally);
      const above = [...Map.groupBy(those, ({ day }) => day)]
        .map(([day, ofDay]) => ({ day, count: toCount(ofDay.map(({ tally }) => tally)) }))
        .filter(({ count }) => count > allowed)
        .sort((a, b) => b.count - a.count || (a.day < b.day ? -1 : 1));
      const [worst] = above;
      if (!worst) continue;
      const summed = sumReads(identity, tallies);
      const asWhom = sumAsWhom(tallies);
      yield {
        outcome: 'many',
        subject: identity,
        evidence: {
          ...summed,
          asWhom,
          day: worst.day,
          onThatDay: worst.count,
          days: above.length,
          allowed,
          lookUp: toLookUpWords(evidence.cluster, tallies),
        },
      };
    }
  },
});

const sumAsWhom = (tallies: readonly ReadTally[]): string[] =>
  [
    ...new Set(
      tallies.flatMap(({ identity, impersonator }) =>
        impersonator && identity !== otherIdentities ? [identity] : [],
      ),
    ),
  ]
    .sort()
    .slice(0, mostNamed);
