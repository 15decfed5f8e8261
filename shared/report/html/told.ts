/** Which findings a page of bounded size tells singly; of the others it has the counts. */
import { severities } from '../../evidence/settings.ts';
import type { Finding } from '../../findings/finding.ts';
import { isOpenFailure, type Result } from '../result.ts';

export interface Told {
  /** Whether a finding is told singly. */
  isTold: (finding: Finding) => boolean;
  /** Whether all failures and unknowns of a cluster are. */
  isWhole: (place: Place) => boolean;
  /** Of how many clusters with failures or unknowns there are counts alone. */
  leftOut: number;
}

type Place = Pick<Finding, 'account' | 'region' | 'cluster'>;
const toPlace = ({ account, region, cluster }: Place): string => JSON.stringify([account, region, cluster]);

interface Weighed {
  place: string;
  bytes: number;
  /** Open failures by severity, the worst first, then unknowns. */
  counts: number[];
}

/** What a row takes beside its texts, and what nearly every row shares with others. */
const bytesOfRow = 200;

const toBytes = ({ message, reason, resource, subject, evidence }: Finding): number =>
  bytesOfRow +
  Buffer.byteLength(`${message}${reason}${resource}${subject}`) +
  Buffer.byteLength(JSON.stringify(JSON.stringify(evidence, null, 1)));

/** Takes findings, which can be gone through again, and room; gives the failures and unknowns of the worst clusters. */
export const pickTold = async (findings: Result['findings'], mostBytes: number): Promise<Told> => {
  const clusters = new Map<string, Weighed>();
  for await (const finding of findings) {
    if (!isLoud(finding)) continue;
    const place = toPlace(finding);
    const known = clusters.get(place) ?? { place, bytes: 0, counts: [...severities, ''].map(() => 0) };
    known.bytes += toBytes(finding);
    const rank = toRank(finding);
    if (rank >= 0) known.counts[rank] = (known.counts[rank] ?? 0) + 1;
    clusters.set(place, known);
  }
  let room = mostBytes;
  const leftOut = new Set<string>();
  for (const { place, bytes } of [...clusters.values()].sort(byWorst)) {
    room -= bytes;
    if (room < 0) leftOut.add(place);
  }
  const isWhole = (place: Place) => !leftOut.has(toPlace(place));
  return { isTold: (one) => isLoud(one) && isWhole(one), isWhole, leftOut: leftOut.size };
};

const isLoud = ({ status }: Finding): boolean => status === 'fail' || status === 'unknown';

const toRank = (finding: Finding): number => {
  if (finding.status === 'unknown') return severities.length;
  return isOpenFailure(finding) ? severities.indexOf(finding.severity) : -1;
};

const byWorst = (a: Weighed, b: Weighed): number => {
  const difference = a.counts.map((count, index) => (b.counts[index] ?? 0) - count).find((one) => one !== 0);
  return difference ?? (a.place < b.place ? -1 : 1);
};
