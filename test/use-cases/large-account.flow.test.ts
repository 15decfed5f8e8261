import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sealed } from '../../sandbox/fleets/scenario.ts';
import { keyRotates } from '../../shared/checks/key-rotates.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { finding } from '../../shared/findings/finding.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { createS3Remove } from '../../shared/store/s3-remove.ts';
import { createS3Store } from '../../shared/store/s3-store.ts';
import { readObject, type Store } from '../../shared/store/store.ts';
import { evaluateAccount } from '../../shared/use-cases/evaluate-account.ts';
import { toPublishMetrics } from '../../shared/use-cases/run-metrics.ts';
import { toContext } from '../runtime/context.ts';
import { region, site, toFleet, west, workload } from './fleets.ts';
import { openService } from './service.ts';

const notRotating = () => ({ rotation: { KeyRotationEnabled: false } });
const sealMany = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    sealed(site, `c-${String(index).padStart(3, '0')}`, {
      key: notRotating(),
      cluster: { auditLog: false },
    }),
  );

const elsewhere = [
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'us-east-1',
  'us-east-2',
  'us-west-2',
];
const regions = [region, ...elsewhere];

/** What was read of one Region, as if the others were its like: to read so much would take a minute. */
const repeatElsewhere = async (store: Store, prefix: string): Promise<void> => {
  for (const name of await Array.fromAsync(store.list(prefix))) {
    const body = (await store.get(name))?.body ?? '';
    if (name.includes(`/${region}`))
      for (const other of elsewhere)
        await store.put(name.replaceAll(region, other), body.replaceAll(region, other));
  }
};

/** A function whose time is over once it has asked so many times whether it is. */
const lateAfter = (questions: number) => {
  let asked = 0;
  return () => {
    asked += 1;
    return asked > questions;
  };
};
const never = () => false;

describe('An account with more clusters and keys than one call can judge', () => {
  it('is judged over several calls, each cluster once, and reconciled by the last of them alone', async () => {
    const fleet = toFleet(sealMany(800 / regions.length));
    for (const account of fleet.accounts) account.regions = regions;
    const service = await openService(fleet);
    const store = createMemoryStore();
    const { start, judge } = await service.scanNight(
      { accounts: [workload], regions: [region], checks: ['key-rotates'] },
      store,
    );
    const names = toRunNames(start.id);
    await repeatElsewhere(store, names.prefix);
    const list = (prefix: string) => Array.fromAsync(store.list(prefix));
    const inOneCall = createMemoryStore();
    for (const name of await list(names.prefix))
      await inOneCall.put(name, (await store.get(name))?.body ?? '');

    for (const call of [1, 2]) {
      expect(await judge(workload, lateAfter(300))).toEqual({ isDone: false, told: [] });
      expect(await list(names.judgingOf(workload))).toHaveLength(call);
      expect(await list('state/')).toEqual([]);
      expect(await list('index/')).toEqual([]);
      expect(await store.get(names.findings(workload))).toBeUndefined();
    }
    expect(await judge(workload, never)).toEqual({
      isDone: true,
      told: regions.map((name) => ({ region: name, sent: 100, owed: 0 })),
    });
    expect(await list('index/')).toHaveLength(800);

    await evaluateAccount(inOneCall, start, workload, [keyRotates], settings.parse({}));
    const read = (from: Store) => readObject(from, names.findings(workload), z.array(finding));
    const findings = await read(store);
    expect(findings).toEqual(await read(inOneCall));
    expect(new Set(findings?.map(({ cluster, region: at }) => `${at}/${cluster}`)).size).toBe(800);
    expect(new Set(findings?.map(({ id }) => id)).size).toBe(findings?.length);
  });

  it('is told over several calls, each finding once, and nothing counts as failed meanwhile', async () => {
    const service = await openService(toFleet(sealMany(80)));
    const { start, judge, alert } = await service.scanNight();
    // Each of 80 clusters asks, then the Regions, then each batch of a hundred.
    const first = await judge(workload, lateAfter(80 + 2 + 1));
    expect(first).toEqual({
      isDone: false,
      told: [{ region, sent: 100, owed: 60, isUnfinished: true }],
    });
    expect(toPublishMetrics(first.told)).toEqual({ FindingsPublished: 100, PublishFailures: 0 });
    expect(await judge(workload, never)).toEqual({
      isDone: true,
      told: [{ region, sent: 60, owed: 0 }],
    });
    expect(service.tellHub(workload)).toHaveLength(160);
    expect(service.sandbox.requests.counts.get('securityhub:BatchImportFindings')).toBe(2);
    for (const account of start.accounts) await judge(account, never);
    const { changes } = await alert();
    expect(changes?.flatMap(({ transitions }) => transitions)).toHaveLength(160);
  });

  it('leaves a Region that it has not come to for the next call', async () => {
    const western = sealed({ ...site, region: west }, 'western', { key: notRotating() });
    const service = await openService(toFleet([...sealMany(1), western]));
    const { judge } = await service.scanNight();
    expect(await judge(workload, lateAfter(2))).toEqual({
      isDone: false,
      told: [
        { region, sent: 0, owed: 0, isUnfinished: true },
        { region: west, sent: 0, owed: 0, isUnfinished: true },
      ],
    });
    expect(await Array.fromAsync(service.store.list('state/'))).toEqual([]);
    expect(await judge(workload, never)).toMatchObject({ isDone: true });
    expect(service.tellHub(workload)).toHaveLength(2);
    expect(service.tellHub(workload, west)).toEqual(['key-rotates western FAILED']);
  });

  it('is not reconciled before it is judged', async () => {
    const service = await openService(toFleet(sealMany(2)));
    const { start, judge } = await service.scanNight();
    expect(await judge(workload, lateAfter(1))).toEqual({ isDone: false, told: [] });
    expect(await service.store.get(toRunNames(start.id).counts(workload))).toBeUndefined();
  });

  it('is not done for the state machine as long as its function had too little time', async () => {
    const service = await openService(toFleet(sealMany(2)));
    const store = { ...createS3Store('runs'), ...createS3Remove('runs') };
    const settingsOfFunction = { RUNS_BUCKET: 'runs', MEMBER_ROLE_NAME: 'keyward-member', EXTERNAL_ID: '' };
    for (const [name, value] of Object.entries(settingsOfFunction)) vi.stubEnv(name, value);
    // A function parses its environment once, and a file of tests before this one may have had another.
    vi.resetModules();
    const { handler } = await import('../../functions/evaluate-account.ts');
    const { start } = await service.scanNight({}, store);
    const call = (remainingMilliseconds: number) =>
      handler({ run: start.id, account: workload }, toContext(remainingMilliseconds));
    expect(await call(60_000)).toEqual({ isDone: false });
    expect(service.tellHub(workload)).toEqual([]);
    expect(await call(900_000)).toEqual({ isDone: true });
    expect(service.tellHub(workload)).toHaveLength(4);
  });
});
