import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import type { Alert } from '../../shared/report/alert.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { finishRun } from '../../shared/use-cases/finish-run.ts';
import { region, threeClusters, toFleet, workload } from './fleets.ts';
import { openService } from './service.ts';

const finish = async (isJudged: boolean) => {
  const { store, scanNight } = await openService(toFleet(threeClusters()));
  const { start, publish } = await scanNight({ accounts: [workload], regions: [region] });
  if (isJudged) await publish();
  const alerts: Alert[] = [];
  const topic = { publish: async (alert: Alert) => void alerts.push(alert) };
  const counts = await finishRun(store, topic, start.id, checks, { isNightly: true, location: 's3://runs/' });
  const isEnded = (await store.get(toRunNames(start.id).end)) !== undefined;
  return { counts, alerts, isEnded };
};

describe('The end of a run', () => {
  it('is noted, counted by the names of the alarms, and told', async () => {
    const { counts, alerts, isEnded } = await finish(true);
    expect(counts).toMatchObject({ TargetsScanned: 1, TargetsFailed: 0, Clusters: 3, NightlyRuns: 1 });
    expect(alerts).toHaveLength(1);
    expect(isEnded).toBe(true);
  });

  it('says of an account whose step failed that it was not judged', async () => {
    const { counts, alerts } = await finish(false);
    expect(counts).toMatchObject({ TargetsScanned: 0, TargetsFailed: 1, Clusters: 0 });
    expect(alerts[0]?.text).toContain(`${workload}/${region}: the run ended before it was judged`);
  });
});
