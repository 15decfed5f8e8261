import { describe, expect, it } from 'vitest';
import { cluster, keyFamily } from '../../sandbox/fleets/build.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { collectClusters } from '../../shared/use-cases/collect-clusters.ts';
import { openHome } from '../../shared/use-cases/collect-keys.ts';
import { listAccounts } from '../../shared/use-cases/list-accounts.ts';
import { region, site, threeClusters, toFleet, west, workload } from './fleets.ts';
import { serveFleet } from './scan-fleet.ts';

const signal = new AbortController().signal;
const names = toRunNames('night');

/** A function whose time is over after so many questions whether it is. */
const lateAfter = (questions: number) => {
  let asked = 0;
  return () => {
    asked += 1;
    return asked > questions;
  };
};

const begin = async (fleet: Parameters<typeof serveFleet>[0]) => {
  const sandbox = await serveFleet(fleet);
  const store = createMemoryStore();
  const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
  const asked = { run: 'night', startedAt: new Date().toISOString(), settings: settings.parse({}) };
  const start = await listAccounts(
    store,
    aws,
    { ...asked, accounts: [workload], regions: [region, west] },
    signal,
  );
  const count = (call: string) => sandbox.requests.counts.get(call) ?? 0;
  const clusters = (isLate?: () => boolean) =>
    collectClusters(store, aws, start, workload, [], signal, () => {}, { isLate });
  const keys = (isLate?: () => boolean) => openHome(store, aws, start, workload, signal, { isLate }).finish();
  const list = (prefix: string) => Array.fromAsync(store.list(prefix));
  return { count, clusters, keys, list };
};

describe('Clusters of an account', () => {
  it('are read on where an earlier call grew late, each Region once', async () => {
    const { clusters, count, list } = await begin(toFleet(threeClusters()));
    expect(await clusters(lateAfter(1))).toBe(false);
    expect(await list(names.clustersOf(workload))).toHaveLength(1);
    expect(await clusters()).toBe(true);
    expect(await list(names.clustersOf(workload))).toHaveLength(2);
    expect(count('eks:ListClusters')).toBe(2);
    expect(count('eks:DescribeCluster')).toBe(3);
  });
});

describe('Keys of a home', () => {
  it('are read on where an earlier call grew late, each once', async () => {
    const { clusters, keys, count, list } = await begin(toFleet(threeClusters()));
    await clusters();
    const prefix = `${names.prefix}keys/`;
    expect(await keys(lateAfter(2))).toBe(false);
    expect(await list(prefix)).toHaveLength(2);
    expect(await keys(lateAfter(0))).toBe(false);
    expect(await keys()).toBe(true);
    expect(await list(prefix)).toHaveLength(3);
    for (const call of ['DescribeKey', 'GetKeyPolicy', 'ListGrants']) expect(count(`kms:${call}`)).toBe(3);
  });

  it('lead on to the rest of their family, when only the first of it was read in time', async () => {
    const family = keyFamily(site, 'global', [west]);
    const clusters = [cluster(site, 'global', { keyArn: family[0]?.metadata.Arn })];
    const night = await begin(toFleet([scenario('global', { clusters, keys: family })]));
    await night.clusters();
    expect(await night.keys(lateAfter(1))).toBe(false);
    expect(await night.keys()).toBe(true);
    expect(await night.list(`${names.prefix}keys/`)).toHaveLength(family.length);
    expect(night.count('kms:GetKeyPolicy')).toBe(family.length);
  });

  it('are known to their clusters by the key’s own name, when the alias was followed in an earlier call', async () => {
    const [sealed] = threeClusters();
    const arn = sealed?.keys?.[0]?.metadata.Arn ?? '';
    const alias = `arn:aws:kms:${region}:${workload}:alias/a`;
    const night = await begin(
      toFleet([
        scenario('alias', { clusters: [cluster(site, 'named', { keyArn: alias })], keys: sealed?.keys }),
      ]),
    );
    await night.clusters();
    expect(await night.keys(lateAfter(1))).toBe(false);
    expect(await night.keys()).toBe(true);
    const wanted = await night.list(names.wantedOf(workload));
    expect(wanted.filter((name) => name.includes(arn.split('/').at(-1) ?? '?'))).toHaveLength(1);
  });
});
