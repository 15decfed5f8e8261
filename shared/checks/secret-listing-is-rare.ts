/**
 * Claims that in the time that was read the API server answered no list or watch of Secrets across namespaces but of
 * whom the cluster itself needs and whom the configuration expects. Does not claim that values were in a list (one of
 * metadata alone looks the same in the log), nor anything of lists of Helm’s own releases.
 */
import { hasSucceeded, type Reads, sumReads } from '../activity/sum-reads.ts';
import type { ReadTally } from '../evidence/reads.ts';
import { defineCheck } from './check.ts';
import { toUnexpected } from './reads/expected-readers.ts';
import { readFacts, readSecretReads } from './reads/read-facts.ts';
import { type ManyNames, toTold } from './reads/told-as.ts';
import { toExpectable, toExpectWords, toHowWords, toIdentityWords, toLookUpWords } from './reads/words.ts';

interface Listed extends Reads, ManyNames {
  lookUp: string;
  expectable: string | null;
}

const isAcross = ({ verb, namespace, isOfHelm }: ReadTally): boolean =>
  namespace === null && (verb === 'list' || verb === 'watch') && !isOfHelm;

export const secretListingIsRare = defineCheck({
  id: 'secret-listing-is-rare',
  kind: 'event',
  link: 6,
  scope: 'cluster',
  subject: 'identity',
  facts: readFacts,
  title: 'Nobody lists Secrets across namespaces unless expected to',
  rationale:
    'One list or watch across namespaces hands out every Secret of the cluster at once, with its values. Controllers that do it make whoever takes over their pod the owner of all Secrets; a person who does it has a copy of them.',
  remediation: {
    text: 'Give the identity a Role in the namespaces that it needs in place of a ClusterRole, or names of Secrets (resourceNames) with get alone: list and watch can’t be bound to names safely. If it has to see all, name it in expected.secretReaders.',
    url: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/',
  },
  references: [
    'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets',
    'https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html',
  ],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.1.2'],
    'NIST 800-53': ['AU-6', 'AC-6', 'SI-4'],
    'PCI DSS 4': ['10.4'],
  },
  outcomes: {
    listed: {
      severity: 'medium',
      message: (listed: Listed) =>
        `${toIdentityWords(listed)} read Secrets of all namespaces by ${Object.keys(listed.verbs).join(' and ')} ${toHowWords(listed)}: one answer may hold every Secret of the cluster.`,
      fix: ({ lookUp, expectable }: Listed) =>
        `Find out what asks for all Secrets${lookUp}, and narrow its rights to the namespaces that it needs.${toExpectWords('secretReaders', expectable)}`,
    },
  },
  pass: 'In the time that was read, nobody but Kubernetes itself, EKS and expected identities was answered with Secrets across namespaces.',
  *evaluate(evidence, settings) {
    const { tallies, knowledge } = readSecretReads(evidence, settings);
    const lists = tallies.filter((tally) => isAcross(tally) && hasSucceeded(tally));
    const toMinded = (tally: ReadTally) => toUnexpected(tally, knowledge);
    const minded = lists.filter((tally) => toMinded(tally).length > 0);
    for (const { subject, tallies: those, ...told } of toTold(minded, toMinded)) {
      yield {
        outcome: 'listed',
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
