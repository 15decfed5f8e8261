import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createThrottle } from '../../shared/runtime/request-rates.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const seconds = 10;

/** How many of far too many calls start within some seconds, by one command and place. */
const countStarts = async (
  isGentle: boolean,
  calls: [command: string, account: string, region: string][],
) => {
  const interruption = new AbortController();
  const throttle = createThrottle(isGentle, interruption.signal);
  const counts = calls.map(() => 0);
  const settled = calls.flatMap(([command, account, region], index) =>
    Array.from({ length: 3000 }, () =>
      throttle(command, account, region, async () => {
        counts[index] = (counts[index] ?? 0) + 1;
      }).catch(() => {}),
    ),
  );
  await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
  interruption.abort();
  await vi.advanceTimersByTimeAsync(1);
  await Promise.all(settled);
  return counts;
};

describe('The rate of requests', () => {
  it.each([
    ['ListGrants', 50],
    ['GetKeyPolicy', 200],
    ['DescribeCluster', 40],
    ['SomeNewCall', 5],
  ])('of %s is %i a second, and half of it when gentle', async (command, perSecond) => {
    expect(await countStarts(false, [[command, '111122223333', 'eu-central-1']])).toEqual([
      perSecond * seconds,
    ]);
    expect(await countStarts(true, [[command, '111122223333', 'eu-central-1']])).toEqual([
      (perSecond * seconds) / 2,
    ]);
  });

  it.each([
    ['as ordered', false],
    ['when gentle', true],
  ])('of LookupEvents never passes two in any second, however its calls come, %s', async (_, isGentle) => {
    const throttle = createThrottle(isGentle, new AbortController().signal);
    const starts: number[] = [];
    const call = (takesMilliseconds: number) =>
      throttle('LookupEvents', '111122223333', 'eu-central-1', async () => {
        starts.push(Date.now());
        await new Promise((resolve) => setTimeout(resolve, takesMilliseconds));
      });
    // A slow answer, a burst just before the next turn, a pause, and another burst.
    const calls: Promise<void>[] = [call(4000)];
    for (const [afterMilliseconds, burst] of [
      [1100, 4],
      [4000, 1],
      [5900, 5],
    ] as const) {
      await vi.advanceTimersByTimeAsync(afterMilliseconds);
      calls.push(...Array.from({ length: burst }, () => call(10)));
    }
    await vi.advanceTimersByTimeAsync(30_000);
    await Promise.all(calls);
    expect(starts).toHaveLength(11);
    for (const [index, start] of starts.entries()) {
      const third = starts[index + 2];
      if (third !== undefined) expect(third - start).toBeGreaterThan(isGentle ? 2000 : 1000);
    }
  });

  it('is each account’s, each Region’s and each API’s own', async () => {
    const counts = await countStarts(false, [
      ['ListGrants', '111122223333', 'eu-central-1'],
      ['ListGrants', '111122223333', 'eu-west-1'],
      ['ListGrants', '444455556666', 'eu-central-1'],
      ['ListKeyRotations', '111122223333', 'eu-central-1'],
    ]);
    expect(counts).toEqual([500, 500, 500, 500]);
  });

  it('rejects what has not begun when the scan is interrupted', async () => {
    const interruption = new AbortController();
    const throttle = createThrottle(false, interruption.signal);
    const calls = Array.from({ length: 100 }, () => throttle('ListGrants', '1', 'r', async () => 'done'));
    const settled = Promise.allSettled(calls);
    await vi.advanceTimersByTimeAsync(50);
    interruption.abort();
    await vi.advanceTimersByTimeAsync(1);
    const rejected = (await settled).filter(({ status }) => status === 'rejected');
    expect(rejected).toHaveLength(95);
  });
});
