import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { joinLists, listObjects, toItemsOf } from '../../../shared/collect/kubernetes/list-objects.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { type Answer, openApi, refuse, serveKubernetes } from './serve-kubernetes.ts';

const name = z.object({ name: z.string() }).transform((item) => item.name);
const toPage = (names: (string | number)[], next?: string) => ({
  metadata: { ...(next ? { continue: next } : {}) },
  items: names.map((one) => ({ name: one })),
});
const expired = (next?: string) =>
  refuse(410, 'Expired', 'the continue token is too old', next === undefined ? {} : { continue: next });

/** Lists from a server that answers by the continue token, each time the next of its answers to it. */
const list = async (answers: Record<string, Answer[]>) => {
  const server = await serveKubernetes(({ query }) => {
    const left = answers[query.continue ?? ''];
    return (
      (left && left.length > 1 ? left.shift() : left?.[0]) ?? refuse(500, 'InternalError', 'nothing to say')
    );
  });
  const fact = await listObjects(openApi(server.endpoint), {
    what: 'list things',
    path: '/api/v1/things?a=b',
    toItems: toItemsOf(name),
  });
  return { fact, asked: server.asked.map(({ query }) => query.continue ?? '') };
};

describe('a list of Kubernetes objects', () => {
  it('is read page by page, 500 at a time, with what was asked for beside', async () => {
    const server = await serveKubernetes(({ query }) =>
      query.continue === 'two&2' ? toPage(['c']) : toPage(['a', 'b'], 'two&2'),
    );
    const fact = await listObjects(openApi(server.endpoint), {
      what: 'list things',
      path: '/api/v1/things?a=b',
      accept: 'text/odd',
      toItems: toItemsOf(name),
    });
    expect(fact).toEqual(toKnown(['a', 'b', 'c']));
    expect(server.asked.map(({ query, headers }) => [query, headers.accept])).toEqual([
      [{ a: 'b', limit: '500' }, 'text/odd'],
      [{ a: 'b', limit: '500', continue: 'two&2' }, 'text/odd'],
    ]);
  });

  it('ends where the server never does, and says what is missing', async () => {
    const server = await serveKubernetes(({ query }) =>
      toPage(['a'], String(Number(query.continue ?? 0) + 1)),
    );
    const fact = await listObjects(openApi(server.endpoint), {
      what: 'list things',
      path: '/api/v1/things?a=b',
      toItems: toItemsOf(name),
    });
    expect(fact).toMatchObject({
      missing: [
        {
          what: 'page 1001 and later: list things: there are more than 1000 pages',
          reason: 'over-budget',
        },
      ],
    });
  });

  it('goes on where the server offers that, when its token has expired', async () => {
    const { fact, asked } = await list({
      '': [toPage(['a'], 'old')],
      old: [expired('anew')],
      anew: [toPage(['b'])],
    });
    expect(fact).toEqual(toKnown(['a', 'b']));
    expect(asked).toEqual(['', 'old', 'anew']);
  });

  it('is begun again once, when its token has expired and nothing is offered', async () => {
    const { fact } = await list({
      '': [toPage(['gone'], 'old'), toPage(['a'], 'new')],
      old: [expired()],
      new: [toPage(['b'])],
    });
    expect(fact).toEqual(toKnown(['a', 'b']));
  });

  it('keeps what it has of the second time, when that expires too', async () => {
    const { fact } = await list({ '': [toPage(['a'], 'old')], old: [expired()] });
    expect(fact).toEqual(
      toKnown(
        ['a'],
        [{ what: 'page 2 and later: list things: the continue token is too old', reason: 'failed' }],
      ),
    );
  });

  it('ends, whatever the server offers', async () => {
    const { asked } = await list({ '': [toPage(['a'], 'old')], old: [expired('old')] });
    expect(asked.length).toBeLessThan(12);
    const { fact } = await list({ '': [toPage(['a'], 'same')], same: [toPage(['b'], 'same')] });
    expect(fact).toMatchObject({ value: ['a', 'b'], missing: [{ reason: 'failed' }] });
  });

  it('keeps what was read before the server was gone, and says what is missing', async () => {
    const { fact } = await list({
      '': [toPage(['a'], 'two')],
      two: [refuse(403, 'Forbidden', 'things is forbidden')],
    });
    expect(fact).toEqual(
      toKnown(
        ['a'],
        [{ what: 'page 2 and later: list things: things is forbidden', reason: 'access-denied' }],
      ),
    );
  });

  it('is unknown where its first page is', async () => {
    const { fact } = await list({ '': [refuse(403, 'Forbidden', 'things is forbidden')] });
    expect(fact).toEqual(toUnknown('access-denied', 'list things: things is forbidden'));
  });

  it('leaves out objects of another shape, and counts them', async () => {
    const { fact } = await list({ '': [toPage(['a', 1, 2, 'b'])] });
    expect(fact).toEqual(
      toKnown(
        ['a', 'b'],
        [
          {
            what: '2 of list things could not be understood: name: Invalid input: expected string, received number',
            reason: 'failed',
          },
        ],
      ),
    );
  });

  it('may be empty, also as the server writes that', async () => {
    expect((await list({ '': [{ metadata: {}, items: null }] })).fact).toEqual(toKnown([]));
  });

  it('is unknown where the answer is no list', async () => {
    expect((await list({ '': [[200, '[1]']] })).fact).toMatchObject({ unknown: 'failed' });
    expect((await list({ '': [{ items: 'x' }] })).fact).toMatchObject({ unknown: 'failed' });
  });
});

describe('several lists', () => {
  it('are one, of which those are missing that could not be read', () => {
    const refused = toUnknown('access-denied', 'list b: forbidden');
    expect(joinLists([toKnown(['a']), refused])).toEqual(
      toKnown(['a'], [{ what: 'list b: forbidden', reason: 'access-denied' }]),
    );
    expect(joinLists([refused, toUnknown('failed', 'x')])).toEqual(refused);
    expect(joinLists([])).toEqual(toKnown([]));
  });
});
