/** Which requests one finding tells: an identity's, but of who uses many names of others all that he did in them. */
import { toToldIdentity } from '../../activity/sum-reads.ts';
import { mostNamed } from '../../evidence/events.ts';
import { otherIdentities, type Reader, type ReadTally } from '../../evidence/reads.ts';

/** In how many names somebody asked, where they are more than are told one by one. */
export interface ManyNames {
  names?: { toldApart: number; areAll: boolean };
}

interface Told extends ManyNames {
  subject: string;
  tallies: ReadTally[];
}

/**
 * Takes requests that are minded, and who of those behind one is unexpected; gives them by finding. In whose name
 * somebody asks is his to choose, thousands a day. An impersonator who is expected, such as a proxy that people come
 * through, leaves it to each of them: they are told one by one, however many.
 */
export const toTold = (
  minded: readonly ReadTally[],
  toUnexpected: (tally: ReadTally) => readonly Reader[],
): Told[] => {
  const namesOf = new Map<string, Set<string>>();
  const getImpersonator = (tally: ReadTally): string | undefined =>
    tally.impersonator && toUnexpected(tally).includes(tally.impersonator)
      ? tally.impersonator.identity
      : undefined;
  for (const tally of minded) {
    const impersonator = getImpersonator(tally);
    if (impersonator === undefined) continue;
    const names = namesOf.get(impersonator) ?? new Set();
    namesOf.set(impersonator, names.add(tally.identity));
  }
  const told = new Map<string, Told>();
  for (const tally of minded) {
    const impersonator = getImpersonator(tally) ?? '';
    const names = namesOf.get(impersonator) ?? new Set();
    const areAll = !names.has(otherIdentities);
    const one: Told =
      names.size > mostNamed
        ? {
            subject: `${impersonator} as others`,
            tallies: [],
            names: { toldApart: areAll ? names.size : names.size - 1, areAll },
          }
        : { subject: toToldIdentity(tally), tallies: [] };
    const known = told.get(one.subject) ?? one;
    told.set(one.subject, known);
    known.tallies.push(tally);
  }
  return [...told.values()];
};
