import { describe, expect, it } from 'vitest';
import { cluster } from '../../sandbox/fleets/build.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { checks } from '../../shared/checks/index.ts';
import type { Alert } from '../../shared/report/alert.ts';
import { toRunNames } from '../../shared/store/names.ts';
import type { Store } from '../../shared/store/store.ts';
import { finishRun } from '../../shared/use-cases/finish-run.ts';
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
  const finish = (isLate = () => false, using: Store = store) =>
    finishRun(using, topic, start.id, checks, {
      isNightly: true,
      location: 's3://runs/',
      isLate,
      onReportError: (error) => errors.push(error),
    });
  const names = toRunNames(start.id);
  return { store, names, alerts, errors, finish };
};

describe('The end of a run', () => {
  it('is noted, counted by the names of the alarms, and told', async () => {
    const { store, names, alerts, finish } = await openNight();
    expect(await finish()).toMatchObject({
      TargetsScanned: 1,
      TargetsFailed: 0,
      Clusters: 4,
      ReportFailures: 0,
      NightlyRuns: 1,
    });
    expect(alerts).toHaveLength(1);
    expect(await store.get(names.end)).toBeDefined();
  });

  it('says of an account whose step failed that it was not judged', async () => {
    const { alerts, finish } = await openNight(false);
    expect(await finish()).toMatchObject({ TargetsScanned: 0, TargetsFailed: 1, Clusters: 0 });
    expect(alerts[0]?.text).toContain(`${workload}/${region}: the run ended before it was judged`);
  });

  it('leaves a page of its failures and unknowns, what changed marked, the rest counted', async () => {
    const { store, names, finish } = await openNight();
    const { LowFindings, MediumFindings, HighFindings, CriticalFindings, Unknowns } = await finish();
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
    await finish();
    await finish();
    expect((await store.get(names.report))?.body).not.toContain('What changed');
  });

  it('is told without a page that could not be written, and counts that', async () => {
    const { store, names, alerts, errors, finish } = await openNight();
    const put: Store['put'] = async (name, ...rest) => {
      if (name === names.report) throw new Error('no room');
      return store.put(name, ...rest);
    };
    expect(await finish(undefined, { ...store, put })).toMatchObject({ ReportFailures: 1, NightlyRuns: 1 });
    expect(alerts).toHaveLength(1);
    expect(errors).toEqual([new Error('no room')]);
  });

  it('gives the page up once its time is over', async () => {
    const { store, names, errors, finish } = await openNight();
    expect(await finish(() => true)).toMatchObject({ ReportFailures: 1 });
    expect(errors).toMatchObject([{ name: 'OutOfTimeError' }]);
    expect(await store.get(names.report)).toBeUndefined();
  });
});
