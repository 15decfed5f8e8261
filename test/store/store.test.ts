import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EvidenceError, PreconditionError } from '../../shared/runtime/errors.ts';
import { readObject, type Store, writeObject } from '../../shared/store/store.ts';
import { stores } from './stores.ts';

const list = async (store: Store, prefix = '') => {
  const names: string[] = [];
  for await (const name of store.list(prefix)) names.push(name);
  return names;
};

const oddNames = [
  'a',
  'a/b',
  'a.json',
  'a.json/b',
  '..',
  '../escape',
  'a/../b',
  '.',
  './a',
  'a//b',
  'a/',
  '~a',
  '~~a',
  'a%2Fb',
  '%2E%2E',
  '.lock',
  'a.lock',
  'a.lock/b',
  'a b:c*?|é',
  'runs/R/wanted/1/eu-west-1/alias%2Fx/arn%3Aaws%3Aeks%3A%2Fx',
];

describe.each(stores)('The %s store', (_, makeStore) => {
  it('gives what was put, and nothing for a name that was not', async () => {
    const store = await makeStore();
    expect(await store.get('runs/R/accounts')).toBeUndefined();
    const etag = await store.put('runs/R/accounts', '{"a":"é"}');
    expect(await store.get('runs/R/accounts')).toEqual({ body: '{"a":"é"}', etag });
  });

  it('gives an object of no bytes', async () => {
    const store = await makeStore();
    await store.put('empty', '');
    expect(await store.get('empty')).toMatchObject({ body: '' });
  });

  it('lists the names below a prefix, sorted, and none of an empty store', async () => {
    const store = await makeStore();
    expect(await list(store)).toEqual([]);
    for (const name of ['k/b', 'k/a', 'k', 'ka', 'l/z']) await store.put(name, '1');
    expect(await list(store, 'k')).toEqual(['k', 'k/a', 'k/b', 'ka']);
    expect(await list(store, 'k/')).toEqual(['k/a', 'k/b']);
    expect(await list(store, 'none')).toEqual([]);
  });

  it('keeps odd names apart, and lists them as they were', async () => {
    const store = await makeStore();
    for (const name of oddNames) await store.put(name, JSON.stringify(name));
    for (const name of oddNames) expect((await store.get(name))?.body).toBe(JSON.stringify(name));
    expect(await list(store)).toEqual(oddNames.toSorted());
  });

  it('writes under If-None-Match only where there is nothing', async () => {
    const store = await makeStore();
    await store.put('a', '1', { ifNoneMatch: '*' });
    await expect(store.put('a', '2', { ifNoneMatch: '*' })).rejects.toThrow(PreconditionError);
    expect(await store.get('a')).toMatchObject({ body: '1' });
  });

  it('writes under If-Match only what still is as it was', async () => {
    const store = await makeStore();
    await expect(store.put('a', '1', { ifMatch: 'none' })).rejects.toThrow(PreconditionError);
    const first = await store.put('a', '1');
    const second = await store.put('a', '2', { ifMatch: first });
    expect(second).not.toBe(first);
    await expect(store.put('a', '3', { ifMatch: first })).rejects.toThrow(PreconditionError);
    expect(await store.get('a')).toEqual({ body: '2', etag: second });
  });

  it.each([
    ['If-None-Match', async () => ({ ifNoneMatch: '*' }) as const],
    ['If-Match', async (store: Store) => ({ ifMatch: await store.put('a', 'before') })],
  ])('lets one of many writers at once win under %s', async (_condition, toCondition) => {
    const store = await makeStore();
    const condition = await toCondition(store);
    const bodies = Array.from({ length: 12 }, (_writer, index) => `writer ${index}`);
    const settled = await Promise.allSettled(bodies.map((body) => store.put('a', body, condition)));
    const winners = bodies.filter((_body, index) => settled[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(await store.get('a')).toMatchObject({ body: winners[0] });
    for (const outcome of settled)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(PreconditionError);
  });

  it('gives objects of a shape, and says what is wrong with others', async () => {
    const store = await makeStore();
    const shape = z.object({ day: z.string() });
    await writeObject(store, 'good', { day: 'x' });
    expect(await readObject(store, 'good', shape)).toEqual({ day: 'x' });
    expect(await readObject(store, 'none', shape)).toBeUndefined();
    await writeObject(store, 'bad', { day: 1 });
    await store.put('torn', '{"day":');
    await expect(readObject(store, 'bad', shape)).rejects.toThrow(/^bad: day: /);
    await expect(readObject(store, 'torn', shape)).rejects.toThrow(EvidenceError);
  });
});
