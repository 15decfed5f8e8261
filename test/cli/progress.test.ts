import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEstimate } from '../../cli/estimate.ts';
import { createProgress } from '../../cli/progress.ts';
import type { Attempt } from '../../shared/runtime/attempt.ts';

/** What is told of a step of so many parts at each of the moments (in seconds) when one more was done. */
const tellAll = (total: number, moments: number[]) => {
  const estimate = createEstimate();
  estimate.add(0, total, 0);
  return moments.map((second, index) => {
    estimate.add(index + 1, total, second * 1000);
    return estimate.tell(second * 1000);
  });
};
const everySecond = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe('The estimate', () => {
  it('waits until there is a pace, then tells coarsely what is left, and at last nothing', () => {
    const told = tellAll(60, everySecond(60));
    expect(told.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect([told[4], told[30], told[45], told[58]]).toEqual([
      'about 1 min',
      'about 30 s',
      'about 20 s',
      undefined,
    ]);
  });

  it('does not swing where the pace does', () => {
    // Parts come in twos: one at once, the other after two seconds.
    const told = tellAll(
      100,
      everySecond(90).map((second) => 2 * Math.ceil(second / 2)),
    );
    const changes = told.filter((text, index) => index > 0 && text !== told[index - 1]);
    expect(changes.length).toBeLessThanOrEqual(8);
  });

  it('says nothing while the total still grows', () => {
    const estimate = createEstimate();
    for (const second of everySecond(30)) estimate.add(second, 100 + second, second * 1000);
    expect(estimate.tell(30_000)).toBeUndefined();
    expect(estimate.tell(34_000)).toMatch(/^about/);
  });

  it('grows where nothing is done any more', () => {
    const estimate = createEstimate();
    for (const second of everySecond(20)) estimate.add(second, 40, second * 1000);
    expect(estimate.tell(20_000)).toBe('about 20 s');
    expect(estimate.tell(120_000)).toBe('about 3 min');
  });
});

const throttled: Attempt = {
  permission: 'kms:ListGrants',
  place: { account: '111122223333', region: 'eu-central-1' },
  waitedMilliseconds: 0,
  milliseconds: 10,
  error: Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }),
};

const open = (
  values: Parameters<typeof createProgress>[1],
  terminal: { isTTY?: boolean; columns?: number },
  env: NodeJS.ProcessEnv = {},
) => {
  const write = vi.fn<(text: string) => void>();
  const progress = createProgress({ stderr: { ...terminal, write }, env }, values);
  onTestFinished(progress.finish);
  return { progress, write, last: () => write.mock.lastCall?.[0].replace('\r\u001b[2K', '') };
};

describe('Progress', () => {
  it('names every step that is open, and what holds it up', () => {
    const { progress, last } = open({}, { isTTY: true, columns: 200 });
    progress.show({ step: 'accounts', done: 0, total: 0 });
    expect(last()).toBe('Reading accounts');
    progress.show({ step: 'accounts', done: 2, total: 2 });
    progress.show({ step: 'keys', done: 40, total: 300 });
    progress.show({ step: 'iam', done: 2, total: 8 });
    expect(last()).toBe('Reading keys 40/300 · IAM 2/8');
    progress.attempt(throttled);
    expect(last()).toBe(
      'Reading keys 40/300 · IAM 2/8 · kms:ListGrants is throttled in 111122223333 eu-central-1',
    );
  });

  it('says nothing on a terminal that can’t take a line away again', () => {
    const { progress, write } = open({}, { isTTY: true }, { TERM: 'dumb' });
    progress.show({ step: 'accounts', done: 0, total: 2 });
    progress.finish();
    expect(write).not.toHaveBeenCalled();
  });

  it('says that a rate of its own is what it waits for', () => {
    const { progress, last } = open({}, { isTTY: true });
    progress.show({ step: 'events', done: 1, total: 8 });
    const { error: _, ...answered } = throttled;
    progress.attempt({ ...answered, permission: 'cloudtrail:LookupEvents', waitedMilliseconds: 4_000 });
    expect(last()).toMatch(/events of accounts 1\/8 · cloudtrail:LookupEvents is held to its rate/);
  });

  it.each([
    ['a narrow terminal', {}, { isTTY: true, columns: 20 }, ['\r\u001b[2KReading keys 40/300']],
    ['no terminal', {}, {}, []],
    ['--quiet', { quiet: true }, { isTTY: true }, []],
  ])('fits %s', (_, values, terminal, expected) => {
    const { progress, write } = open(values, terminal);
    progress.show({ step: 'keys', done: 40, total: 300 });
    progress.attempt(throttled);
    expect(write.mock.calls.map(([text]) => text)).toEqual(expected);
  });

  it('tells with --verbose throttling as it comes, then steps and requests', () => {
    const { progress, write } = open({ verbose: true }, {});
    progress.show({ step: 'keys', done: 300, total: 300 });
    progress.attempt(throttled);
    progress.attempt(throttled);
    progress.finish();
    expect(write.mock.calls.map(([text]) => text.replace(/\d+\.\d s/, 'N s'))).toEqual([
      'keyward: kms:ListGrants is throttled in 111122223333 eu-central-1\n',
      'keyward: Reading keys: 300 of 300 in N s\n',
      'keyward: kms:ListGrants: 2 requests, 10 ms each, 2 throttled\n',
      'keyward: 2 requests in N s\n',
    ]);
  });
});
