/** Which findings a page of bounded size tells singly; of the others it has the counts. */
import { severities } from '../../evidence/settings.ts';
import type { Finding } from '../../findings/finding.ts';
import { isOpenFailure, type Result } from '../result.ts';
import { toScriptJson } from './escape.ts';

export interface Told {
  /** Whether a finding is told singly. */
  isTold: (finding: Finding) => boolean;
  /** Whether all failures and unknowns of a cluster are. */
  isWhole: (place: Place) => boolean;
  /** Of how many clusters some failures or unknowns are counted alone. */
  leftOut: number;
}

type Place = Pick<Finding, 'account' | 'region' | 'cluster'>;
const toPlace = ({ account, region, cluster }: Place): string => JSON.stringify([account, region, cluster]);

/** Of open failures by severity, the worst first, then of unknowns, then of what exceptions cover. */
interface Weighed {
  place: string;
  counts: number[];
  bytes: number[];
}

/** What a row takes beside its texts, and what nearly every row shares with others. */
const bytesOfRow = 200;

const toBytes = ({ message, reason, resource, subject, evidence }: Finding): number =>
  bytesOfRow +
  Buffer.byteLength(toScriptJson(`${message}${reason}${resource}${subject}`)) +
  Buffer.byteLength(toScriptJson(JSON.stringify(evidence, null, 1)));

/**
 * Takes findings, which can be gone through again, and room; gives the failures and unknowns of the worst clusters. Of a
 * cluster that is larger than the room its worst are told, and the next cluster has the rest.
 */
export const pickTold = async (findings: Result['findings'], mostBytes: number): Promise<Told> => {
  const clusters = new Map<string, Weighed>();
  for await (const finding of findings) {
    if (!isLoud(finding)) continue;
    const place = toPlace(finding);
    const known = clusters.get(place) ?? { place, counts: toZeros(), bytes: toZeros() };
    const rank = toRank(finding);
    known.counts[rank] = (known.counts[rank] ?? 0) + 1;
    known.bytes[rank] = (known.bytes[rank] ?? 0) + toBytes(finding);
    clusters.set(place, known);
  }
  let room = mostBytes;
  /** From which rank on findings of a place are counted. */
  const cuts = new Map<string, number>();
  for (const { place, bytes } of [...clusters.values()].sort(byWorst))
    for (const [rank, ofRank] of bytes.entries()) {
      if (ofRank > room) {
        cuts.set(place, rank);
        break;
      }
      room -= ofRank;
    }
  return {
    isTold: (one) => isLoud(one) && toRank(one) < (cuts.get(toPlace(one)) ?? ranks),
    isWhole: (place) => !cuts.has(toPlace(place)),
    leftOut: cuts.size,
  };
};

const isLoud = ({ status }: Finding): boolean => status === 'fail' || status === 'unknown';

const ranks = severities.length + 2;
const toZeros = (): number[] => Array.from({ length: ranks }, () => 0);
const toRank = (finding: Finding): number => {
  if (finding.status === 'unknown') return severities.length;
  return isOpenFailure(finding) ? severities.indexOf(finding.severity) : severities.length + 1;
};

const byWorst = (a: Weighed, b: Weighed): number => {
  const difference = a.counts.map((count, index) => (b.counts[index] ?? 0) - count).find((one) => one !== 0);
  return difference ?? (a.place < b.place ? -1 : 1);
};
