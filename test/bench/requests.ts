/** What must be equal, or bounded, however fast the machine is. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { size } from './fleet.ts';

export type Requests = Record<string, number>;

/** KMS calls of one key: five, and ListAliases where its policy looks at aliases. */
const requestsPerKey = 6;

/**
 * Throws unless a scan asked exactly what the bare loop asked, each cluster once, and no more of a key than it may.
 * Pages of grants come on top: every twentieth key of the fleet has more than one.
 */
export const assertRequests = (scan: Requests, bare: Requests): void => {
  deepStrictEqual(toSorted(scan), toSorted(bare), 'the scan and the bare loop asked different things');
  deepStrictEqual(scan['eks:DescribeCluster'], size.clusters, 'each cluster is described once');
  const ofKeys = Object.entries(scan).filter(([name]) => name.startsWith('kms:'));
  const total = ofKeys.reduce((sum, [, count]) => sum + count, 0);
  const furtherPages = (scan['kms:ListGrants'] ?? 0) - size.keys;
  ok(total <= size.keys * requestsPerKey + furtherPages, `${total} requests for ${size.keys} keys`);
};

/** Throws unless both saw the whole fleet, and every cluster was judged. */
export const assertAnswers = (bare: string, report: string): void => {
  deepStrictEqual(JSON.parse(bare), { clusters: size.clusters, keys: size.keys });
  const { findings, summary } = JSON.parse(report);
  const clusters = new Set(findings.map(({ cluster }: { cluster: string }) => cluster));
  deepStrictEqual(clusters.size, size.clusters, 'each cluster has findings');
  deepStrictEqual(summary.byStatus.unknown, 0, 'nothing is unknown');
};

const toSorted = (requests: Requests) => Object.fromEntries(Object.entries(requests).sort());
