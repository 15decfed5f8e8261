/** A listing whose pages etcd takes away while it is read. */
import pMap from 'p-map';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectSecrets } from '../../shared/collect/kubernetes/collect-secrets.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { openReader } from './open-reader.ts';
import { toSecret } from './population/objects.ts';
import { startRecordingProxy } from './recording-proxy.ts';

const secrets = '/api/v1/namespaces/default/secrets';

let server: ApiServer;
const write = (name: string) =>
  server.admin.send('POST', secrets, { body: toSecret('default', name, 'Opaque', ['key']) });

beforeAll(async () => {
  // Its own copy of what etcd held would serve the pages a while longer.
  server = await startApiServer('--watch-cache=false');
  const names = Array.from({ length: 1200 }, (_, index) => `secret-${index}`);
  await pMap(names, write, { concurrency: 32 });
});
// Also where the above fails half way.
afterAll(() => server?.stop());

it('A listing that expires between two pages is gone on with, and what came meanwhile is in it', async () => {
  const proxy = await startRecordingProxy(server);
  const api = openReader(server, proxy.endpoint);
  let pages = 0;
  const get: typeof api.get = async (...words) => {
    const page = await api.get(...words);
    pages += 1;
    if (pages === 1) {
      await write('secret-999999');
      await server.compact();
    }
    return page;
  };
  const fact = await collectSecrets({ ...api, get }, { isWithMetadata: true });
  api.close();
  await proxy.stop();
  expect(proxy.requests.map(({ status }) => status)).toEqual([200, 410, 200, 200]);
  expect(fact).toEqual({ value: expect.any(Array), missing: [] });
  const names = 'value' in fact ? fact.value.map(({ name }) => name) : [];
  expect(new Set(names).size).toBe(1201);
  expect(names).toHaveLength(1201);
});
