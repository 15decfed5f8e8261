import { setTimeout as sleep } from 'node:timers/promises';
import { EKSClient } from '@aws-sdk/client-eks';
import { expect, it } from 'vitest';
import { collectRegion } from '../../../shared/collect/eks/collect-region.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';
import { serveJson } from '../serve-json.ts';

const target = {
  partition: 'aws',
  account: '123456789012',
  region: 'eu-central-1',
  collectedAt: '2026-11-24T12:00:00.000Z',
  isWanted: () => true,
  onCluster: async () => {},
};

it('A Region has five DescribeCluster in flight at most', async () => {
  const names = Array.from({ length: 23 }, (_, index) => `c-${index}`);
  let inFlight = 0;
  let most = 0;
  const access = await serveJson(async ({ operation }) => {
    if (operation.startsWith('/clusters?')) return { clusters: names };
    inFlight += 1;
    most = Math.max(most, inFlight);
    await sleep(20);
    inFlight -= 1;
    return { cluster: { name: operation.replace('/clusters/', '') } };
  });
  const { clusters } = await collectRegion(new EKSClient(access), target, new AbortController().signal);
  expect(most).toBe(5);
  expect(clusters.map(({ name }) => name)).toEqual(names.toSorted());
});

it('A listing that names a cluster twice describes it once, and one that breaks off is partial', async () => {
  const described: string[] = [];
  const access = await serveJson(({ operation }) => {
    if (operation.includes('nextToken')) return new Error('broken');
    if (operation.startsWith('/clusters?')) return { clusters: ['b', 'a', 'b'], nextToken: 'more' };
    described.push(operation);
    return { cluster: { name: operation.replace('/clusters/', '') } };
  });
  const { listing } = await collectRegion(new EKSClient(access), target, new AbortController().signal);
  expect(described.toSorted()).toEqual(['/clusters/a', '/clusters/b']);
  expect(isKnown(listing) && listing.missing).toEqual([
    { what: expect.stringContaining('page 2 and later of eks:ListClusters'), reason: 'failed' },
  ]);
});
