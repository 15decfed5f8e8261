/** What the checks of who read Secrets have in common: their facts, and what is known beside the reads. */
import type { Fact } from '../../evidence/fact.ts';
import type { ReadTally } from '../../evidence/reads.ts';
import type { Settings } from '../../evidence/settings.ts';
import type { ClusterIdentity, Facts } from '../check.ts';
import type { ReaderKnowledge } from './expected-readers.ts';

/** The first is what they judge; where one of the others is not known, whoever hangs on it is minded. */
export const readFacts = ['secret.reads', 'organization', 'iam.cluster'] as const;
type ReadFact = (typeof readFacts)[number];

interface Evidence {
  read: (name: 'secret.reads') => Facts['secret.reads'];
  peek: <Name extends ReadFact>(name: Name) => Fact<Facts[Name]>;
  cluster: ClusterIdentity;
}

/** Takes a check's evidence and settings; gives the tallies of all days, by day, and who is who. */
export const readSecretReads = (
  { read, peek, cluster }: Evidence,
  settings: Settings,
): { days: [day: string, tallies: ReadTally[]][]; tallies: ReadTally[]; knowledge: ReaderKnowledge } => {
  const { days, own } = read('secret.reads');
  return {
    days: Object.entries(days),
    tallies: Object.values(days).flat(),
    knowledge: { cluster, settings, own, organization: peek('organization'), iam: peek('iam.cluster') },
  };
};
