import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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
    ['ListAssociatedAccessPolicies', 40],
    ['ListRecoveryPointsByResource', 10],
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

  it('lets no two calls start closer than that, however they come', async () => {
    const throttle = createThrottle(false, new AbortController().signal);
    const starts: number[] = [];
    const call = (takesMilliseconds: number) =>
      throttle('GetKeyLastUsage', '111122223333', 'eu-central-1', async () => {
        starts.push(Date.now());
        await new Promise((resolve) => setTimeout(resolve, takesMilliseconds));
      });
    const calls: Promise<void>[] = [];
    // Windows that only follow one another would let the last two start together.
    for (const [afterMilliseconds, takesMilliseconds] of [
      [407, 188],
      [168, 1372],
      [184, 796],
      [500, 1488],
      [548, 524],
      [348, 772],
      [0, 772],
    ] as const) {
      await vi.advanceTimersByTimeAsync(afterMilliseconds);
      calls.push(call(takesMilliseconds));
    }
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(calls);
    const distances = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(250);
  });

  it.each([
    ['two', false],
    ['one, when gentle,', true],
  ])(
    'of LookupEvents never lets more than %s arrive in any second, whatever their ways take',
    async (_, isGentle) => {
      const throttle = createThrottle(isGentle, new AbortController().signal);
      const arrivals: number[] = [];
      const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      const call = (there: number, back: number) =>
        throttle('LookupEvents', '111122223333', 'eu-central-1', async () => {
          await wait(there);
          arrivals.push(Date.now());
          await wait(back);
          return there;
        });
      // The first opens its connection; a burst before the next turn, a pause, and another burst.
      const ways = [700, 0, 0, 300, 0, 900, 1, 0, 0, 2000, 0];
      const calls = ways.slice(0, 6).map((there) => call(there, 50));
      await vi.advanceTimersByTimeAsync(12_000);
      calls.push(...ways.slice(6).map((there) => call(there, 3)));
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await Promise.all(calls)).toEqual(ways);
      const most = isGentle ? 1 : 2;
      for (const arrival of arrivals)
        expect(
          arrivals.filter((other) => other >= arrival && other <= arrival + 1000).length,
        ).toBeLessThanOrEqual(most);
    },
  );

  it('of LookupEvents is two a second where they are answered at once', async () => {
    const place: [string, string, string] = ['LookupEvents', '111122223333', 'eu-central-1'];
    expect(await countStarts(false, [place])).toEqual([2 * seconds]);
    expect(await countStarts(true, [place])).toEqual([seconds]);
  });

  it('of LookupEvents counts a failed call, and gives its error', async () => {
    const throttle = createThrottle(true, new AbortController().signal);
    const call = (send: () => Promise<string>) => throttle('LookupEvents', '1', 'r', send);
    const failed = expect(call(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    let isStarted = false;
    const next = call(async () => {
      isStarted = true;
      return 'done';
    });
    await failed;
    await vi.advanceTimersByTimeAsync(990);
    expect(isStarted).toBe(false);
    await vi.advanceTimersByTimeAsync(20);
    expect(await next).toBe('done');
  });

  it('of LookupEvents keeps the program alive for calls that wait, and no longer', async () => {
    vi.useRealTimers();
    const program = `
      import { createThrottle } from ${JSON.stringify(new URL('../../shared/runtime/request-rates.ts', import.meta.url))};
      const throttle = createThrottle(false, new AbortController().signal);
      const call = () => throttle('LookupEvents', '1', 'r', async () => 'done');
      console.log((await Promise.all([call(), call(), call()])).join(' '), Math.floor(performance.now()));
      process.on('exit', () => console.log(Math.floor(performance.now())));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const [answers, ended = 0] = stdout.trim().split('\n');
    expect(answers).toMatch(/^done done done /);
    expect(Number(ended) - Number(answers?.split(' ').at(-1))).toBeLessThan(900);
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

  it.each([
    ['ListGrants', 95],
    ['LookupEvents', 98],
  ])('of %s rejects what has not begun when the scan is interrupted', async (command, waiting) => {
    const interruption = new AbortController();
    const throttle = createThrottle(false, interruption.signal);
    const calls = Array.from({ length: 100 }, () => throttle(command, '1', 'r', async () => 'done'));
    const settled = Promise.allSettled(calls);
    await vi.advanceTimersByTimeAsync(50);
    interruption.abort();
    await vi.advanceTimersByTimeAsync(1);
    const rejected = (await settled).filter(({ status }) => status === 'rejected');
    expect(rejected).toHaveLength(waiting);
  });
});
