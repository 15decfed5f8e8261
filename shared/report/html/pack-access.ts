/** Who may use a cluster's key, who did and its timeline as rows of numbers. */
import type { ClusterAccess } from '../../who/cluster-access.ts';
import type { Coverage, WhoMay, WhoRead, WhoUsed } from '../../who/document.ts';
import type { Timeline } from '../../who/timeline.ts';
import type { AccessData, ActorsData, PrincipalRow, Text, TimelineData } from './page-data.ts';

/** Entries of a timeline that are told: the latest. */
const mostEntries = 100;

/** What gives texts and clusters their numbers. */
interface Numbering {
  addText: (text: string) => Text;
  addMaybe: (text: string | null | undefined) => Text | null;
  addCluster: (place: Pick<ClusterAccess, 'account' | 'region' | 'cluster'>) => number;
}

/** Takes what gives texts and clusters their numbers; gives what turns access into a row. */
export const createAccessPacker = ({
  addText,
  addMaybe,
  addCluster,
}: Numbering): ((access: ClusterAccess) => AccessData) => {
  const packMay = (may: WhoMay): AccessData['may'] =>
    'unknown' in may
      ? addText(`${may.unknown}: ${may.detail}`)
      : may.principals.map(
          (one): PrincipalRow => ({
            principal: addText(one.principal),
            kind: addText(one.kind),
            decrypt: one.decrypt,
            administer: one.administer,
            destroy: one.destroy,
            // As in the table of `keyward who`: only what it may plainly do has to be expected.
            isExpected: (['decrypt', 'administer', 'destroy'] as const).every(
              (power) => one.expected[power] || one[power] !== 'yes',
            ),
            via: one.via.map(({ source, ref }) => addText(`${source} ${ref}`)),
            conditions: one.conditions.map(addText),
            assumableBy: one.assumableBy.map(({ principal }) => addText(principal)),
            group: one.group,
          }),
        );

  const packCoverage = ({ from, to, source, gaps }: Coverage): Omit<ActorsData, 'actors'> => ({
    covered: addText(`${from} to ${to}, by ${source}`),
    gaps: gaps.map((gap) => addText(`${gap.from} to ${gap.to}: ${gap.reason}`)),
  });

  const toDid = (counts: Record<string, number>): Text =>
    addText(
      Object.entries(counts)
        .map(([what, count]) => `${what} ${count}`)
        .join(', '),
    );

  const packUsed = (used: WhoUsed): ActorsData | Text =>
    'unknown' in used
      ? addText(`${used.unknown}: ${used.detail}`)
      : {
          ...packCoverage(used.coverage),
          actors: used.principals.map(({ principal, operations, denied, first, last, expected }) => ({
            actor: addText(principal),
            did: toDid(operations),
            refused: denied,
            first: addText(first),
            last: addText(last),
            isExpected: expected,
          })),
        };

  const packRead = (read: WhoRead): ActorsData | Text =>
    'unknown' in read
      ? addText(`${read.unknown}: ${read.detail}`)
      : {
          ...packCoverage(read.coverage),
          actors: read.identities.map(({ identity, impersonator, verbs, denied, first, last, expected }) => ({
            actor: addText(impersonator === undefined ? identity : `${identity}, through ${impersonator}`),
            did: toDid(verbs),
            refused: denied,
            first: addText(first),
            last: addText(last),
            isExpected: expected,
          })),
        };

  const packTimeline = ({ days, entries }: Timeline): TimelineData => ({
    days: days.map(({ day, expected, unexpected, failed, changes }) => [
      addText(day),
      expected,
      unexpected,
      failed,
      changes,
    ]),
    entries: entries
      .slice(-mostEntries)
      .map(({ time, until, kind, text }) => [addText(time), addMaybe(until), kind, addText(text)]),
    earlier: Math.max(0, entries.length - mostEntries),
  });

  return (access) => ({
    cluster: addCluster(access),
    may: packMay(access.may),
    missing: [...('unknown' in access.may ? [] : access.may.missing), ...access.notVisible].map((gap) =>
      addText(`${gap.what}: ${gap.reason}`),
    ),
    used: access.used && packUsed(access.used),
    read: access.read && packRead(access.read),
    timeline: access.timeline && packTimeline(access.timeline),
  });
};
