import { expect, it } from 'vitest';
import { untilAborted } from '../../shared/runtime/interruption.ts';

const never = new Promise<never>(() => {});

it('gives what comes before the signal, value or error', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(signal, Promise.resolve(1))).toBe(1);
  await expect(untilAborted(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it.each([
  ['before', true],
  ['while', false],
])('throws the reason of a signal that comes %s it waits', async (_, isEarly) => {
  const interruption = new AbortController();
  if (isEarly) interruption.abort();
  const waiting = untilAborted(interruption.signal, never);
  interruption.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});
