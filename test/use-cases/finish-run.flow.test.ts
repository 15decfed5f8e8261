import { describe, expect, it } from 'vitest';
import { cluster } from '../../sandbox/fleets/build.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { checks } from '../../shared/checks/index.ts';
import type { Alert } from '../../shared/report/alert.ts';
import { manifestNames, toRunNames } from '../../shared/store/names.ts';
import type { Store } from '../../shared/store/store.ts';
import { type FinishOptions, finishRun } from '../../shared/use-cases/finish-run.ts';
import { signers, toChain, verifyNights } from '../chain/nights.ts';
import { toData, toMarkup } from '../report/page.ts';
import { region, site, threeClusters, toFleet, workload } from './fleets.ts';
import { openService } from './service.ts';

/** A night up to its last step; gives ways to take that step. */
const openNight = async (isJudged = true) => {
  const { store, scanNight } = await openService(
    toFleet([...threeClusters(), scenario('open', { clusters: [cluster(site, 'open')] })]),
  );
  const { start, publish } = await scanNight({ accounts: [workload], regions: [region] });
  if (isJudged) await publish();
  const alerts: Alert[] = [];
  const errors: unknown[] = [];
  const topic = { publish: async (alert: Alert) => void alerts.push(alert) };
  const finish = (changed: Partial<FinishOptions> = {}, using: Store = store) =>
    finishRun(using, topic, start.id, checks, {
      isNightly: true,
      location: 's3://runs/',
      isLate: () => false,
      onReportError: (error) => errors.push(error),
      chain: toChain(store),
      ...changed,
    });
  const readNight = async () => {
    const { nights, gaps } = await verifyNights(store, { now: start.startedAt });
    return { nights, gaps };
  };
  const names = toRunNames(start.id);
  return { store, names, alerts, errors, finish, readNight };
};

describe('The end of a run', () => {
  it('is noted, counted by the names of the alarms, told, and put into the chain whole', async () => {
    const { store, names, alerts, finish, readNight } = await openNight();
    const { counts, manifest } = await finish();
    expect(counts).toMatchObject({
      TargetsScanned: 1,
      TargetsFailed: 0,
      Clusters: 4,
      ReportFailures: 0,
      NightlyRuns: 1,
    });
    expect(alerts).toHaveLength(1);
    const { nights, gaps } = await readNight();
    expect(nights).toMatchObject([{ number: 1, status: 'whole', sha256: manifest?.sha256 }]);
    expect(gaps).toEqual([]);
    const ofRun = await Array.fromAsync(store.list(names.prefix));
    const all = ofRun.filter((name) => !name.startsWith(names.lists));
    expect(nights[0]?.objects?.whole).toBe(all.length);
    const { settings, end, report, findings, counts: toCountsName } = names;
    expect(all).toEqual(
      expect.arrayContaining([settings, end, report, findings(workload), toCountsName(workload)]),
    );
  });

  it('says of an account whose step failed that it was not judged, in the manifest, too', async () => {
    const { alerts, finish, readNight } = await openNight(false);
    const { counts } = await finish();
    expect(counts).toMatchObject({ TargetsScanned: 0, TargetsFailed: 1, Clusters: 0 });
    expect(alerts[0]?.text).toContain(`${workload}/${region}: the run ended before it was judged`);
    expect((await readNight()).nights[0]).toMatchObject({ status: 'whole', notSeen: { targets: 1 } });
  });

  it('leaves a page of its failures and unknowns, what changed marked, the rest counted', async () => {
    const { store, names, finish } = await openNight();
    const { LowFindings, MediumFindings, HighFindings, CriticalFindings, Unknowns } = (await finish()).counts;
    const page = (await store.get(names.report))?.body ?? '';
    const { findings, counts, access, clusters } = toData(page);
    const ofStatus = (wanted: string) => findings.filter(([, , status]) => status === wanted);
    const failures = [LowFindings, MediumFindings, HighFindings, CriticalFindings];
    expect(ofStatus('fail')).toHaveLength(failures.reduce((sum: number, count) => sum + (count ?? 0), 0));
    expect(ofStatus('fail').length).toBeGreaterThan(0);
    expect(ofStatus('fail').every(([, , , , detail]) => detail?.isNew)).toBe(true);
    expect(ofStatus('unknown')).toHaveLength(Unknowns ?? -1);
    expect(ofStatus('pass')).toEqual([]);
    expect(counts.filter(([, , outcome]) => outcome === 'pass').length).toBeGreaterThan(0);
    expect({ access: access.length, clusters: clusters.length }).toEqual({ access: 3, clusters: 4 });
    expect(toMarkup(page)).toMatch(/What changed since the last run<\/h2><p>\d+ new\.<\/p>/);
  });

  it('claims nothing of changes where an earlier call has told them', async () => {
    const { store, names, finish } = await openNight();
    await finish({ isNightly: false });
    await finish({ isNightly: false });
    expect((await store.get(names.report))?.body).not.toContain('What changed');
  });

  it('is told without a page that could not be written, and counts that', async () => {
    const { store, names, alerts, errors, finish } = await openNight();
    const put: Store['put'] = async (name, ...rest) => {
      if (name === names.report) throw new Error('no room');
      return store.put(name, ...rest);
    };
    const { counts, manifest } = await finish({}, { ...store, put });
    expect(counts).toMatchObject({ ReportFailures: 1, NightlyRuns: 1 });
    expect(manifest).toMatchObject({ number: 1 });
    expect(alerts).toHaveLength(1);
    expect(errors).toEqual([new Error('no room')]);
  });

  it('gives the page up once its time is over', async () => {
    const { store, names, errors, finish } = await openNight();
    expect((await finish({ isLate: () => true })).counts).toMatchObject({ ReportFailures: 1 });
    expect(errors).toMatchObject([{ name: 'OutOfTimeError' }]);
    expect(await store.get(names.report)).toBeUndefined();
  });

  it('leaves no manifest that is not signed, one when it is called again, and then lets the run be', async () => {
    const { finish, readNight, alerts, store, names } = await openNight();
    const sign = async () => {
      throw new Error('AccessDeniedException');
    };
    const unsigned = { ...toChain(store), signer: { ...signers.ours, sign } };
    await expect(finish({ chain: unsigned })).rejects.toThrow('AccessDeniedException');
    expect(await finish({ isNightly: false })).not.toHaveProperty('manifest');
    expect(await Array.fromAsync(store.list(manifestNames.prefix))).toEqual([]);
    const { manifest } = await finish();
    const report = await store.get(names.report);
    expect((await finish()).manifest).toEqual(manifest);
    expect(await store.get(names.report)).toEqual(report);
    expect((await readNight()).nights).toMatchObject([{ number: 1, status: 'whole' }]);
    expect(alerts).toHaveLength(1);
  });
});
