/** A large cluster: what a page of its Secrets brings along. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiServer, startApiServer } from './api-server.ts';
import { writeBulk } from './population/bulk.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { collectAlone } from './run-alone.ts';

const table = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  rows: z.array(z.object({ cells: z.tuple([z.string()], z.unknown()) })),
});
const pageSize = 500;

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  await writeBulk(server, { secrets: 10_000, pods: 5000 });
}, 600_000);
// Also where the above fails half way.
afterAll(() => server?.stop());

/** Reads all pages through the proxy; gives the rows, and what the proxy saw. */
const readPages = async (path: string) => {
  const proxy = await startRecordingProxy(server);
  const client = server.openClient(server.tokens.admin, proxy.endpoint);
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', 'accept-encoding': 'gzip' };
  let rows = 0;
  let next: string | undefined = '';
  while (next !== undefined) {
    const from: string = next && `&continue=${next}`;
    const page = table.parse(await client.send('GET', `${path}&limit=${pageSize}${from}`, { headers }));
    rows += page.rows.length;
    next = page.metadata.continue;
  }
  client.close();
  await proxy.stop();
  return { rows, requests: proxy.requests };
};

it.each([
  ['Metadata', ['base64']],
  ['None', []],
])(
  'Ten thousand Secrets come in pages, of which with includeObject=%s each holds %j',
  async (include, leaks) => {
    const { rows, requests } = await readPages(`/api/v1/secrets?includeObject=${include}`);
    expect(rows).toBe(10_000);
    expect(requests).toHaveLength(10_000 / pageSize);
    for (const request of requests) expect(request).toMatchObject({ method: 'GET', status: 200, leaks });
  },
);

it('A page of metadata is seen through, though it is packed', async () => {
  const [request] = (await readPages('/api/v1/secrets?includeObject=Metadata')).requests;
  expect(request?.leaks).toEqual(['base64']);
  expect(request?.bodyBytes).toBeGreaterThan(2 * (request?.sentBytes ?? Infinity));
});

it('Five thousand pods come in pages', async () => {
  const { rows, requests } = await readPages('/api/v1/pods?includeObject=None');
  expect(rows).toBe(5000);
  expect(requests).toHaveLength(5000 / pageSize);
});

it('Keyward reads all of it within 250 MB', async () => {
  const { peakMegabytes, ...read } = await collectAlone(server);
  expect(read).toMatchObject({ secrets: 10_000, workloads: 500 });
  expect(peakMegabytes).toBeLessThan(250);
});
