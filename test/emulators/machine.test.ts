import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as errors from '../../shared/runtime/errors.ts';
import { createMachine, done, failing, started } from './machine.ts';

const endpoint = z.url().parse(process.env.MINISTACK_ENDPOINT);

/** What only a person can repair: to try it again would cost time and change nothing. */
const forPeople = ['ConfigError', 'EventError', 'EvidenceError'];
/** Beside our own, AWS's: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const ofAws = ['States.Timeout', 'Lambda.Unknown', 'Lambda.ServiceException', 'Sandbox.Timedout', 'SlowDown'];
const ours = Object.values(errors)
  .filter((error) => error !== errors.KeywardError)
  .map((error) => new error('CODE', 'message').name);

const retries: [error: string, retries: number][] = [
  ...[...ours, ...ofAws].map((name): [string, number] => [name, forPeople.includes(name) ? 0 : 3]),
  ['Lambda.TooManyRequestsException', 10],
];

const single = ['ListAccounts', 'SummariseRun'] as const;
/** The steps within maps, and what their map is called. */
const mapped = [
  ['ReadClusters', 'CollectClusters'],
  ['ReadWithin', 'CollectKubernetes'],
  ['ReadKeys', 'CollectKeys'],
  ['JudgeAccount', 'EvaluateAccount'],
] as const;

let run: Awaited<ReturnType<typeof createMachine>>;

beforeAll(async () => {
  run = await createMachine(endpoint);
});

describe('The state machine', () => {
  it('goes through all of its steps', async () => {
    const { status, children } = await run({});
    expect(status).toBe('SUCCEEDED');
    for (const [, map] of mapped)
      expect((await children(map)).map((child) => child.status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it.each(single.flatMap((step) => retries.map(([error, count]) => ({ step, error, count }))))(
    'tries $step again $count times after $error, then fails with that name',
    async ({ step, error, count }) => {
      expect(await run({ [step]: failing(error) })).toMatchObject({
        status: 'FAILED',
        error,
        failures: 1 + count,
      });
    },
  );

  it.each(mapped.flatMap(([step, map]) => retries.map(([error, count]) => ({ step, map, error, count }))))(
    'tries $step again $count times after $error, then goes on without that account',
    async ({ step, map, error, count }) => {
      const { status, children } = await run({ [step]: failing(error) });
      const failed = { status: 'FAILED', error, failures: 1 + count };
      expect(await children(map)).toEqual([failed, failed]);
      expect(status).toBe('SUCCEEDED');
    },
  );

  it.each(mapped)('calls %s again until it is done, 20 times at most', async (step, map) => {
    const finished = await run({ [step]: { '0-18': done(false), '19': done(true) } });
    expect((await finished.children(map)).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const endless = await run({ [step]: { '0-19': done(false), '20': done(true) } });
    expect(await endless.children(map)).toEqual([
      expect.objectContaining({ status: 'FAILED', error: 'OutOfTimeError' }),
      expect.objectContaining({ status: 'FAILED', error: 'OutOfTimeError' }),
    ]);
    expect(endless.status).toBe('SUCCEEDED');
  });

  it('reads within no cluster where the run asks for none', async () => {
    const { status, children } = await run({ ListAccounts: { '0-99': started({ readsKubernetes: false }) } });
    expect({ status, children: await children('CollectKubernetes') }).toEqual({
      status: 'SUCCEEDED',
      children: [],
    });
    expect(await children('CollectKeys')).toHaveLength(2);
  });

  it('ends where there is nothing to scan', async () => {
    const { status, children } = await run({ ListAccounts: { '0-99': started({ isToScan: false }) } });
    expect({ status, children: await children('CollectClusters') }).toEqual({
      status: 'SUCCEEDED',
      children: [],
    });
  });
});
