/**
 * Claims that in the time that was read no person made, changed or deleted a Secret but those whom the configuration
 * expects. Does not claim anything of workloads, controllers and roles that programs alone can become: making Secrets is
 * what many of them are for.
 */
import { hasSucceeded, isReading, type Reads, sumReads } from '../activity/sum-reads.ts';
import type { Reader, ReadTally } from '../evidence/reads.ts';
import { toList } from './activity/words.ts';
import { defineCheck } from './check.ts';
import { isNamed, type ReaderKnowledge, toParties, toWho } from './reads/expected-readers.ts';
import { readFacts, readSecretReads } from './reads/read-facts.ts';
import { type ManyNames, toTold } from './reads/told-as.ts';
import {
  toExpectable,
  toExpectWords,
  toHowWords,
  toIdentityWords,
  toLookUpWords,
  toSecretWords,
} from './reads/words.ts';

interface Changed extends Reads, ManyNames {
  lookUp: string;
  expectable: string | null;
}

/** The people behind a change whom nobody expects: who impersonates a workload is a person all the same. */
const toUnexpectedPeople = (tally: ReadTally, knowledge: ReaderKnowledge): Reader[] =>
  toParties(tally).filter((reader) => {
    const who = toWho(reader, knowledge);
    const isPerson = who === 'person' || who === 'anonymous';
    return isPerson && !isNamed(reader, knowledge, knowledge.settings.expected.secretWriters);
  });

export const secretChangesAreExpected = defineCheck({
  id: 'secret-changes-are-expected',
  kind: 'event',
  link: 6,
  scope: 'cluster',
  subject: 'identity',
  facts: readFacts,
  title: 'Only expected people change Secrets',
  rationale:
    'A Secret changed by hand is one that its source does not know of: the next deployment undoes it, or keeps what nobody reviewed. Somebody who wants a workload’s traffic swaps its certificate just so.',
  remediation: {
    text: 'Ask whoever made the change, and bring it to where the Secret comes from. If people are meant to write Secrets here, name them in expected.secretWriters.',
    url: 'https://kubernetes.io/docs/concepts/security/secrets-good-practices/',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html'],
  frameworks: { 'NIST 800-53': ['AU-6', 'AC-6', 'CM-5'], 'PCI DSS 4': ['10.4'] },
  outcomes: {
    changed: {
      severity: 'low',
      message: (changed: Changed) =>
        `${toIdentityWords(changed)} changed ${toSecretWords(changed, '')} (${Object.keys(changed.verbs).join(', ')}) ${toHowWords(changed)}.`,
      fix: ({ identity, impersonators, names, lookUp, expectable }: Changed) =>
        `Ask ${names ? toList(impersonators) : identity} what for${lookUp}.${toExpectWords('secretWriters', expectable)}`,
    },
  },
  pass: 'In the time that was read, no person but expected ones made, changed or deleted a Secret.',
  *evaluate(evidence, settings) {
    const { tallies, knowledge } = readSecretReads(evidence, settings);
    const changes = tallies.filter((tally) => !isReading(tally) && hasSucceeded(tally));
    const toMinded = (tally: ReadTally) => toUnexpectedPeople(tally, knowledge);
    const minded = changes.filter((tally) => toMinded(tally).length > 0);
    for (const { subject, tallies: those, ...told } of toTold(minded, toMinded)) {
      yield {
        outcome: 'changed',
        subject,
        evidence: {
          ...sumReads(subject, those),
          ...told,
          lookUp: toLookUpWords(evidence.cluster, those),
          expectable: toExpectable(those.flatMap(toMinded)),
        },
      };
    }
  },
});
