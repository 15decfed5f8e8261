import { describe, expect, it } from 'vitest';
import { toExitCode } from '../../cli/exit-code.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { cluster, key } from '../../sandbox/fleets/build.ts';
import { scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { checks } from '../../shared/checks/index.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import { site, threeClusters, toFleet, workload } from './fleets.ts';
import { pick, scanFleet, tell, type Weather } from './scan-fleet.ts';

/** Far longer than a test may take: a scan that waits for this answer fails by running out of time. */
const forever = 10 * 60 * 1000;
const never = (operation: string, resource: string): Fault => ({
  kind: 'slow',
  operation,
  resource,
  latencyMs: forever,
});

/** A scan that is interrupted once everything but what never answers has been answered. */
const interrupt = async (fleet: Parameters<typeof scanFleet>[0], weather: Weather) => {
  const interruption = new AbortController();
  const silence = setTimeout(() => interruption.abort(), 1500);
  return scanFleet(fleet, { ...weather, signal: interruption.signal, onAttempt: () => silence.refresh() });
};

describe('An interrupted scan', () => {
  it('judges the keys that it read and does not know the one that never answered', async () => {
    const { result, store } = await interrupt(toFleet(threeClusters()), {
      faults: [never('GetKeyPolicy', key(site, 'b').metadata.KeyId)],
    });
    expect(tell(result.findings, 'a', 'key-policy-has-no-public-statement')).toEqual(['pass']);
    expect(pick(result.findings, 'b', 'key-policy-has-no-public-statement')).toEqual([
      expect.objectContaining({
        status: 'unknown',
        reason: 'failed',
        message: expect.stringContaining('interrupted'),
      }),
    ]);
    expect(tell(result.findings, 'b', 'key-is-usable')).toEqual(['pass']);
    expect(result.isInterrupted).toBe(true);
    // Its evidence is judged later as what it is: the part that was read.
    expect(await checkEvidence(store, result.runId, checks)).toMatchObject({ isInterrupted: true });
    expect(toExitCode(result, { failOn: 'high', isStrict: false, isInterrupted: true })).toBe(2);
  });

  it('keeps the clusters and keys that it read, asks nothing more, and says of the rest that it is unknown', async () => {
    const { sandbox, result } = await interrupt(toFleet(threeClusters()), {
      faults: [never('DescribeCluster', 'b')],
    });
    expect(tell(result.findings, 'a', 'control-plane-audit-log-is-on')).toEqual(['pass']);
    expect(tell(result.findings, 'b', 'control-plane-audit-log-is-on')).toEqual(['unknown: failed']);
    expect(tell(result.findings, 'a', 'key-is-usable')).toEqual(['pass']);
    expect(tell(result.findings, 'b', 'key-is-usable')).toEqual(['unknown: failed']);
    expect(sandbox.requests.counts.get('kms:DescribeKey')).toBe(2);
    expect(result.run.targets.find(({ status }) => status === 'partial')).toMatchObject({
      account: workload,
    });
    expect(result.findings.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  it('fails the targets that it did not come to', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `c-${index}`);
    const fleet = toFleet([
      ...names.map((name) => scenario(name, { clusters: [cluster(site, name)] })),
      sealed(site, 'sealed'),
    ]);
    const { result } = await interrupt(fleet, {
      faults: [{ kind: 'slow', operation: 'ListClusters', account: workload, latencyMs: forever }],
    });
    const unread = result.run.targets.filter(({ account }) => account === workload);
    expect(unread.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(unread[0]?.reason).toContain('interrupted');
    expect(result.findings).toEqual([]);
  });

  it('is over before it begins, where the interruption came first', async () => {
    await expect(scanFleet(toFleet(threeClusters()), { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
