import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import type { Alert } from '../../shared/report/alert.ts';
import { manifestNames, toRunNames } from '../../shared/store/names.ts';
import { finishRun } from '../../shared/use-cases/finish-run.ts';
import type { Chain } from '../../shared/use-cases/write-manifest.ts';
import { toChain, verifyNights } from '../chain/nights.ts';
import { region, threeClusters, toFleet, workload } from './fleets.ts';
import { openService } from './service.ts';

const start = async (isJudged: boolean) => {
  const { store, scanNight } = await openService(toFleet(threeClusters()));
  const { start, publish } = await scanNight({ accounts: [workload], regions: [region] });
  if (isJudged) await publish();
  const alerts: Alert[] = [];
  const topic = { publish: async (alert: Alert) => void alerts.push(alert) };
  const finish = (changed: Partial<Chain> = {}, isNightly = true) =>
    finishRun(store, topic, start.id, checks, {
      isNightly,
      location: 's3://runs/',
      chain: { ...toChain(store), ...changed },
    });
  const readNight = async () => {
    const { nights, gaps } = await verifyNights(store, { now: start.startedAt });
    return { nights, gaps };
  };
  const listManifests = () => Array.fromAsync(store.list(manifestNames.prefix));
  return { store, names: toRunNames(start.id), finish, alerts, readNight, listManifests };
};

describe('The end of a run', () => {
  it('is noted, counted by the names of the alarms, told, and put into the chain whole', async () => {
    const { finish, alerts, store, names, readNight } = await start(true);
    const { counts, manifest } = await finish();
    expect(counts).toMatchObject({ TargetsScanned: 1, TargetsFailed: 0, Clusters: 3, NightlyRuns: 1 });
    expect(alerts).toHaveLength(1);
    const { nights, gaps } = await readNight();
    expect(nights).toMatchObject([{ number: 1, status: 'whole', sha256: manifest?.sha256 }]);
    expect(gaps).toEqual([]);
    const ofRun = await Array.fromAsync(store.list(names.prefix));
    const all = ofRun.filter((name) => !name.startsWith(names.lists));
    expect(nights[0]?.objects?.whole).toBe(all.length);
    expect(all).toEqual(
      expect.arrayContaining([names.settings, names.end, names.findings(workload), names.counts(workload)]),
    );
  });

  it('says of an account whose step failed that it was not judged, in the manifest, too', async () => {
    const { finish, alerts, readNight } = await start(false);
    const { counts } = await finish();
    expect(counts).toMatchObject({ TargetsScanned: 0, TargetsFailed: 1, Clusters: 0 });
    expect(alerts[0]?.text).toContain(`${workload}/${region}: the run ended before it was judged`);
    expect((await readNight()).nights[0]).toMatchObject({ status: 'whole', notSeen: { targets: 1 } });
  });

  it('leaves no manifest that is not signed, one when it is called again, and then lets the run be', async () => {
    const { finish, readNight, alerts, listManifests } = await start(true);
    const sign = async () => {
      throw new Error('AccessDeniedException');
    };
    await expect(finish({ signer: { key: 'arn', sign } })).rejects.toThrow('AccessDeniedException');
    expect(await finish({}, false)).not.toHaveProperty('manifest');
    expect(await listManifests()).toEqual([]);
    const { manifest } = await finish();
    expect((await finish()).manifest).toEqual(manifest);
    expect((await readNight()).nights).toMatchObject([{ number: 1, status: 'whole' }]);
    expect(alerts).toHaveLength(1);
  });
});
