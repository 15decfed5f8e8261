/**
 * Claims that in the time that was read the API server answered nobody with a Secret but whom the cluster itself needs
 * and whom the configuration expects. Does not claim that no value was seen: the log does not tell what of a Secret an
 * answer held, and nothing of copies of etcd, of nodes’ files, or of what went before it.
 */
import { hasSucceeded, isReading, type Reads, sumReads } from '../activity/sum-reads.ts';
import { toCount } from '../activity/sum-uses.ts';
import type { ReadTally } from '../evidence/reads.ts';
import { toList } from './activity/words.ts';
import { defineCheck } from './check.ts';
import {
  isUnbound,
  type ReaderKnowledge,
  toParties,
  toUnexpected,
  toWho,
  type Who,
} from './reads/expected-readers.ts';
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

interface Read extends Reads, ManyNames {
  /** How to see one of the requests whole. */
  lookUp: string;
  /** What a line of the configuration would have to name; null where none can name this one alone. */
  expectable: string | null;
  /** Other reads of the identity that this check minds, of less weight. */
  lesserReads: number;
}

type OutcomeName = 'anonymous' | 'person' | 'node' | 'automation' | 'serviceAccount' | 'helmRelease';
/** The worst first: an identity has one finding. */
const outcomeNames: readonly OutcomeName[] = [
  'anonymous',
  'person',
  'node',
  'automation',
  'serviceAccount',
  'helmRelease',
];

const outcomeOf: Record<Who, OutcomeName> = {
  anonymous: 'anonymous',
  person: 'person',
  node: 'node',
  automation: 'automation',
  'service-account': 'serviceAccount',
  // Whoever impersonates one of the system's own is not of the system, and decides.
  'control-plane': 'serviceAccount',
  eks: 'serviceAccount',
};

/** The worst of those behind a read; what it read may weigh less than who read it. */
const toOutcome = (tally: ReadTally, knowledge: ReaderKnowledge): OutcomeName => {
  const parties = toParties(tally).map((reader) => outcomeOf[toWho(reader, knowledge)]);
  const worst = outcomeNames.find((name) => parties.includes(name)) ?? 'person';
  return tally.isOfHelm && worst !== 'anonymous' ? 'helmRelease' : worst;
};

const toMessage =
  (what: string) =>
  (read: Read): string =>
    `${toIdentityWords(read)} read ${toSecretWords(read)} ${toHowWords(read)}. ${what}`;

/** Of an impersonated read the impersonator has the credentials, and the rights that were misused. */
const toEnding = ({ identity, impersonators, count, impersonatedCount }: Read): string =>
  [
    ...(impersonatedCount < count
      ? [`end the sessions of ${identity}, take its rights to read Secrets`]
      : []),
    ...(impersonators.length > 0
      ? [
          `end the sessions of ${toList(impersonators)}, take ${impersonators.length === 1 ? 'its' : 'their'} rights to impersonate`,
        ]
      : []),
    `and replace what ${impersonators.length > 0 ? 'was' : 'it'} read`,
  ].join(', ');

const fix = (read: Read): string =>
  `Find out who asked and what for${read.lookUp}; if nobody knows, ${toEnding(read)}.${toExpectWords('secretReaders', read.expectable)}`;

export const secretReadersAreExpected = defineCheck({
  id: 'secret-readers-are-expected',
  kind: 'event',
  link: 6,
  scope: 'cluster',
  subject: 'identity',
  facts: readFacts,
  title: 'Only expected identities read Secrets',
  rationale:
    'Whoever reads a Secret through the Kubernetes API gets its values in clear, whatever key seals it in etcd. The audit log alone tells who did: kubelets, controllers and each workload in its own namespace have a reason; a person, or a workload of another namespace, seldom has.',
  remediation: {
    text: 'Find the requests in the audit log by their audit ids, and whoever made them. If nobody knows them, end the sessions, take the rights to read Secrets (secret-access-is-limited says by which binding), and replace the Secrets that were read. If the reads are meant, name the identity in expected.secretReaders; keyward learn prints the line.',
    url: 'https://kubernetes.io/docs/concepts/security/secrets-good-practices/',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html',
    'https://kubernetes.io/docs/reference/access-authn-authz/node/',
    'https://docs.aws.amazon.com/eks/latest/userguide/default-roles-users.html',
  ],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.1.2'],
    'NIST 800-53': ['AU-6', 'AC-6', 'SI-4'],
    'PCI DSS 4': ['10.4'],
  },
  outcomes: {
    anonymous: {
      severity: 'high',
      message: toMessage('Nobody had to say who he is: somebody let system:anonymous read Secrets.'),
      fix: ({ lookUp }: Read) =>
        `Take the binding away that gives system:anonymous or system:unauthenticated Secrets${lookUp}, and replace what was read.`,
    },
    person: {
      severity: 'high',
      message: toMessage('Nobody expects it to: a person or a role has seen their values.'),
      fix,
    },
    node: {
      severity: 'high',
      message: (read: Read) =>
        toMessage(
          isUnbound(read.groups)
            ? 'No authorizer holds it to what its pods need: aws-auth puts it into system:masters, as which it may read every Secret.'
            : 'That is no kubelet reading what its pods need: a node’s credentials were used otherwise.',
        )(read),
      fix,
    },
    automation: {
      severity: 'medium',
      message: toMessage('It is a role that programs alone can become, and nobody expects it to.'),
      fix,
    },
    serviceAccount: {
      severity: 'medium',
      message: toMessage('They are not of its own namespace, and nobody expects it to.'),
      fix,
    },
    helmRelease: {
      severity: 'low',
      message: toMessage(
        'These are Helm’s own releases: they carry the values that a chart was rendered with, passwords among them where somebody passed any.',
      ),
      fix,
    },
  },
  pass: 'In the time that was read, nobody but Kubernetes itself, EKS, workloads in their own namespace and expected identities was answered with a Secret.',
  *evaluate(evidence, settings) {
    const { tallies, knowledge } = readSecretReads(evidence, settings);
    const reads = tallies.filter((tally) => isReading(tally) && hasSucceeded(tally));
    const toMinded = (tally: ReadTally) => toUnexpected(tally, knowledge);
    const minded = reads.filter((tally) => toMinded(tally).length > 0);
    for (const { subject, tallies: those, ...told } of toTold(minded, toMinded)) {
      const byOutcome = Map.groupBy(those, (tally) => toOutcome(tally, knowledge));
      const outcome = outcomeNames.find((name) => byOutcome.has(name));
      const worst = outcome && byOutcome.get(outcome);
      if (!worst) continue;
      const summed = sumReads(subject, worst);
      yield {
        outcome,
        subject,
        evidence: {
          ...summed,
          ...told,
          lookUp: toLookUpWords(evidence.cluster, worst),
          expectable: toExpectable(those.flatMap(toMinded)),
          lesserReads: toCount(those) - summed.count,
        },
      };
    }
  },
});
