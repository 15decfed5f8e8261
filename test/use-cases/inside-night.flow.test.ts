import { describe, expect, it } from 'vitest';
import { secret } from '../../sandbox/fleets/kubernetes/build.ts';
import { sealed } from '../../sandbox/fleets/scenario.ts';
import type { KubernetesObject } from '../../sandbox/kubernetes/objects.ts';
import { region, site, toFleet, workload } from './fleets.ts';
import { openService } from './service.ts';

const inDefault = (name: string) =>
  secret({ namespace: 'default', now: new Date() }, name, { keys: ['pin'] });

/** A cluster with two Secrets where none should lie, and one that nobody reads from within. */
const open = async (inside: KubernetesObject[] = [inDefault('a'), inDefault('b')]) => {
  const cluster = { inside };
  const fleet = toFleet([sealed(site, 'payments', { cluster }), sealed(site, 'closed', { cluster })]);
  const service = await openService(fleet);
  const night = {
    kubernetes: { clusters: 'pay*', metadata: true },
    checks: ['secrets-avoid-default-namespace', 'key-rotates'],
  };
  const tell = () =>
    [...(service.sandbox.world.hubs.get(`${workload}/${region}`)?.values() ?? [])]
      .map(({ Resources, Compliance, RecordState }) =>
        [
          Resources?.[0]?.Id?.split('/').slice(-1),
          Resources?.[0]?.Type,
          Compliance?.Status,
          RecordState,
        ].join(' '),
      )
      .sort();
  return { ...service, inside, tell, runInsideNight: () => service.runNight(night) };
};

describe('A night of the service that reads inside clusters', () => {
  it('publishes what it finds there, of the clusters that it was let into, and is silent the second time', async () => {
    const { runInsideNight, tell } = await open();
    await runInsideNight();
    expect(tell()).toEqual(['a Other FAILED ACTIVE', 'b Other FAILED ACTIVE']);
    expect(await runInsideNight()).toEqual([]);
  });

  it('archives what is gone, and passes nothing that it could not see', async () => {
    const { runInsideNight, tell, inside, sandbox } = await open();
    await runInsideNight();
    sandbox.setFaults([{ kind: 'access-denied', service: 'kubernetes' }]);
    await runInsideNight();
    expect(tell()).toEqual(['a Other FAILED ACTIVE', 'b Other FAILED ACTIVE']);
    sandbox.setFaults([]);
    inside.splice(0, 1);
    await runInsideNight();
    expect(tell()).toEqual(['a Other FAILED ARCHIVED', 'b Other FAILED ACTIVE']);
  });

  it('keeps what it said of a cluster that it is no more let into, and of any where a change alone is looked at', async () => {
    const { runNight, runInsideNight, tell } = await open();
    await runInsideNight();
    await runNight({ checks: ['key-rotates'] });
    await runNight();
    expect(tell()).toEqual(['a Other FAILED ACTIVE', 'b Other FAILED ACTIVE']);
  });
});
