import { describe, expect, it } from 'vitest';
import { demoFleet, demoMemberRole } from '../../sandbox/fleets/demo.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { readAccessOfRun } from '../../shared/use-cases/access-of-run.ts';
import { who } from '../../shared/use-cases/who.ts';
import { scanFleet } from './scan-fleet.ts';

const cluster = 'arn:aws:eks:eu-west-1:123456789012:cluster/platform-global';

describe('The access of a run', { timeout: 120_000 }, () => {
  it('is what who says of each cluster, without what was not asked, and leaves out clusters without a key', async () => {
    const judgedBy = settings.parse({});
    const { store, result } = await scanFleet(demoFleet(new Date()), {
      roleName: demoMemberRole,
      attempts: 2,
      clusters: 'platform-*',
      settings: judgedBy,
    });
    const told = await Array.fromAsync(readAccessOfRun(store, result.runId));
    const { answer } = await who(createMemoryStore(), {
      cluster,
      accounts: 'organization',
      regions: ['eu-west-1'],
      roleName: demoMemberRole,
      settings: judgedBy,
      isGentle: false,
      signal: new AbortController().signal,
    });
    const global = told.find((one) => one.cluster === 'platform-global');
    expect(answer).toMatchObject({ cluster, may: global?.may });
    expect(global?.may).toHaveProperty('principals.length', expect.any(Number));
    expect(global).toMatchObject({ region: 'eu-west-1', used: null, read: null, timeline: null });
    expect(told.map((one) => one.cluster)).not.toContain('platform-legacy');
  });

  it('is judged by the settings that are given', async () => {
    const { store, result } = await scanFleet(demoFleet(new Date()), {
      roleName: demoMemberRole,
      attempts: 2,
      clusters: 'platform-edge',
    });
    const toUnexpected = async (given?: ReturnType<typeof settings.parse>) => {
      const [only] = await Array.fromAsync(readAccessOfRun(store, result.runId, { settings: given }));
      if (!only || 'unknown' in only.may) throw new Error('who may is unknown');
      return only.may.principals.filter(({ expected }) => !expected.decrypt).length;
    };
    expect(await toUnexpected()).toBeGreaterThan(0);
    expect(await toUnexpected(settings.parse({ expected: { decrypters: ['*'] } }))).toBe(0);
  });
});
