import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { EventError, OutOfTimeError } from '../../shared/runtime/errors.ts';
import { defineHandler, logger } from '../../shared/runtime/lambda.ts';
import { toContext } from './context.ts';

beforeEach(() => {
  const told = vi.spyOn(logger, 'error').mockImplementation(() => {});
  return () => told.mockRestore();
});

describe('A handler', () => {
  it('gets its event parsed, and gives what its work gives', async () => {
    const shape = z.object({ account: z.string().transform(Number) });
    const handler = defineHandler(shape, async ({ account }) => ({ doubled: account * 2 }));
    expect(await handler({ account: '21' }, toContext(900_000))).toEqual({ doubled: 42 });
  });

  it('refuses an event of another shape, names what is wrong with it, and logs that', async () => {
    const handler = defineHandler(z.object({ account: z.string() }), async () => ({}));
    const called = handler({ account: 1 }, toContext(900_000));
    await expect(called).rejects.toBeInstanceOf(EventError);
    await expect(called).rejects.toThrow(/account: /);
    expect(logger.error).toHaveBeenCalledOnce();
  });

  it.each([
    [900_000, false],
    [120_001, false],
    [119_999, true],
  ])('with %d ms left is late: %s', async (remaining, isLate) => {
    const handler = defineHandler(z.unknown(), async (_, invocation) => invocation.isLate());
    expect(await handler({}, toContext(remaining))).toBe(isLate);
  });

  it('ends before AWS ends it, and breaks off what is under way', async () => {
    let given: AbortSignal | undefined;
    const handler = defineHandler(z.unknown(), (_, { signal }) => {
      given = signal;
      return new Promise<never>(() => {});
    });
    await expect(handler({}, toContext(5_010))).rejects.toBeInstanceOf(OutOfTimeError);
    expect(given?.aborted).toBe(true);
  });
});

describe('A setting of a function', () => {
  const set = {
    RUNS_BUCKET: 'runs',
    ACCOUNTS: '111122223333, 444455556666',
    REGIONS: 'all',
    CHATBOT: 'false',
  };
  /** The environment is parsed once: each test begins with a module that has not. */
  const load = async (environment: Record<string, string>) => {
    vi.resetModules();
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { getSetting } = await import('../../shared/runtime/lambda.ts');
    return getSetting;
  };
  beforeEach(() => () => vi.unstubAllEnvs());

  it('is read from the environment, parsed', async () => {
    const getSetting = await load(set);
    expect(getSetting('ACCOUNTS')).toEqual(['111122223333', '444455556666']);
    expect(getSetting('REGIONS')).toBe('all');
    expect(getSetting('CHATBOT')).toBe(false);
  });

  it.each([
    ['is wrong', { ACCOUNTS: '1234' }, /ACCOUNTS.*12 digits/],
    ['is wrong', { REGIONS: 'Frankfurt' }, /REGIONS.*Regions/],
    ['is empty', { RUNS_BUCKET: '' }, /RUNS_BUCKET/],
  ])('that %s is told when it is needed: %o', async (_, wrong, message) => {
    const getSetting = await load({ ...set, ...wrong });
    expect(() => getSetting('CHATBOT')).toThrow(message);
  });

  it('that the function was deployed without is told by its name', async () => {
    const getSetting = await load(set);
    expect(() => getSetting('EXTERNAL_ID')).toThrow('EXTERNAL_ID is not set in this function');
  });
});
