import { describe, expect, it } from 'vitest';
import { readInside } from '../../../shared/collect/kubernetes/collect-inside.ts';
import { openConnection, serveKubernetes } from './serve-kubernetes.ts';

describe('the inside of a cluster', () => {
  it('is waited for as long as it may take, however much of it goes on being sent', async () => {
    const server = await serveKubernetes(({ path }, response) => {
      if (path.endsWith('/serviceaccounts')) return { metadata: {}, items: [] };
      // A byte now and then is no silence.
      const dripping = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(dripping));
      return undefined;
    });
    const connection = { ...openConnection(server.endpoint), limitMilliseconds: 600 };
    const inside = await readInside(connection, { isWithMetadata: true }, new AbortController().signal);
    expect(inside.secrets).toEqual({
      unknown: 'over-budget',
      detail: 'the cluster was not read within 0.01 minutes',
    });
    expect(server.asked.length).toBeGreaterThan(0);
  });

  it('is given up where the run is', async () => {
    const stopping = new AbortController();
    const server = await serveKubernetes(() => {
      stopping.abort(new Error('stopped'));
      return undefined;
    });
    const inside = await readInside(
      openConnection(server.endpoint),
      { isWithMetadata: true },
      stopping.signal,
    );
    expect(inside.secrets).toMatchObject({ detail: expect.stringContaining('stopped') });
  });
});
