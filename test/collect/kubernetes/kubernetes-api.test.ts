import { Agent } from 'node:https';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toKubernetesUnknown } from '../../../shared/collect/kubernetes/kubernetes-error.ts';
import { certificates, openApi, refuse, serveKubernetes } from './serve-kubernetes.ts';

const getUnknown = async (work: Promise<unknown>) => {
  try {
    return { value: await work };
  } catch (error) {
    return toKubernetesUnknown(error, 'list secrets');
  }
};

/** A port that nobody listens on. */
const findClosedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};

describe('the Kubernetes API reader', () => {
  it('sends nothing but GET, says who it is, asks for plain bytes and keeps its connections', async () => {
    const server = await serveKubernetes(() => ({ ok: true }));
    const api = openApi(server.endpoint);
    for (let turn = 0; turn < 3; turn += 1)
      expect(await api.get('/api/v1/x?limit=1', 'a/b')).toEqual({ ok: true });
    expect(server.asked).toHaveLength(3);
    for (const { method, headers, path, query } of server.asked) {
      expect({ method, path, query }).toEqual({ method: 'GET', path: '/api/v1/x', query: { limit: '1' } });
      expect(headers).toMatchObject({
        authorization: 'Bearer token',
        accept: 'a/b',
        'accept-encoding': 'identity',
        'user-agent': expect.stringMatching(/^keyward\/\d/),
      });
    }
  });

  it('asks at most four things at once, and the first alone', async () => {
    const askedBeforeAnswer: number[] = [];
    const server = await serveKubernetes(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      askedBeforeAnswer.push(server.asked.length);
      return {};
    });
    const api = openApi(server.endpoint);
    await Promise.all(Array.from({ length: 20 }, (_, index) => api.get(`/${index}`)));
    expect(askedBeforeAnswer[0]).toBe(1);
    expect(server.getMostAtOnce()).toBe(4);
  });

  it('waits as long as it is asked to and tries again', async () => {
    let turn = 0;
    const server = await serveKubernetes(() => {
      turn += 1;
      return turn < 3
        ? [429, { kind: 'Status', reason: 'TooManyRequests' }, { 'retry-after': '0' }]
        : { turn };
    });
    expect(await openApi(server.endpoint).get('/x')).toEqual({ turn: 3 });
  });

  it.each([
    ['a server error', 503],
    ['a connection that is cut off', 0],
    ['a body that is cut off', 200],
  ])('tries again after %s', async (_, code) => {
    let turn = 0;
    const server = await serveKubernetes((_asked, response) => {
      turn += 1;
      if (turn > 1) return { turn };
      if (code === 503) return refuse(503, 'ServiceUnavailable', 'etcd is busy');
      if (code === 200) response.writeHead(200, { 'content-length': '100' }).write('{"items":[');
      setTimeout(() => response.destroy(), 20);
      return undefined;
    });
    expect(await openApi(server.endpoint).get('/x')).toEqual({ turn: 2 });
  });

  it.each([
    [
      'credentials that nobody knows',
      refuse(401, 'Unauthorized', 'Unauthorized'),
      'access-denied',
      'list secrets: the API server does not know these credentials (expired, or not let in): Unauthorized',
    ],
    [
      'a refusal',
      refuse(403, 'Forbidden', 'secrets is forbidden: User "jane" cannot list resource "secrets"'),
      'access-denied',
      'list secrets: secrets is forbidden: User "jane" cannot list resource "secrets"',
    ],
    [
      'a kind that is not served',
      [404, '404 page not found\n'],
      'unsupported',
      'list secrets: this API server does not serve it: HTTP 404',
    ],
    ['what is no JSON', [200, '<html>S3CR3T'], 'failed', 'list secrets: Error: the answer is not JSON'],
    ['a redirection', [302, '<html>', { location: 'https://elsewhere' }], 'failed', 'list secrets: HTTP 302'],
  ] as const)('makes %s an unknown', async (_, answer, unknown, detail) => {
    const server = await serveKubernetes(() => [...answer] as never);
    expect(await getUnknown(openApi(server.endpoint).get('/x'))).toEqual({ unknown, detail });
    expect(server.asked).toHaveLength(1);
  });

  it('makes throttling that does not end an unknown, after four attempts', async () => {
    const server = await serveKubernetes(() => [
      429,
      { kind: 'Status', message: 'too many' },
      { 'retry-after': '0' },
    ]);
    expect(await getUnknown(openApi(server.endpoint).get('/x'))).toEqual({
      unknown: 'throttled',
      detail: 'list secrets: too many',
    });
    expect(server.asked).toHaveLength(4);
  });

  it('does not talk to a server whose certificate is not of the cluster', async () => {
    const server = await serveKubernetes(() => ({}));
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const api = openApi(server.endpoint, { agent });
    const answers = await Promise.all(Array.from({ length: 5 }, () => getUnknown(api.get('/x'))));
    for (const answer of answers)
      expect(answer).toEqual({
        unknown: 'failed',
        detail: expect.stringMatching(/^no trusted connection to 127\.0\.0\.1:\d+: [A-Z_]+: /),
      });
    expect(server.asked).toEqual([]);
  });

  it.each([
    [
      'a name that is none',
      'https://keyward.invalid',
      /^the name keyward\.invalid can't be resolved from here/,
    ],
    ['a port where nobody listens', '', /^127\.0\.0\.1:\d+ can't be reached from here: ECONNREFUSED/],
  ])('says that there is no way to %s, once for all', async (_, named, detail) => {
    const api = openApi(named || `https://127.0.0.1:${await findClosedPort()}`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => getUnknown(api.get('/x'))));
    for (const answer of answers)
      expect(answer).toEqual({ unknown: 'failed', detail: expect.stringMatching(detail) });
  });

  it('does not wait for a server that never shakes hands', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const api = openApi(`https://127.0.0.1:${port}`, { connectTimeoutMilliseconds: 200 });
    const started = Date.now();
    const answers = await Promise.all(Array.from({ length: 10 }, () => getUnknown(api.get('/x'))));
    expect(Date.now() - started).toBeLessThan(2000);
    expect(answers[9]).toEqual({
      unknown: 'failed',
      detail: `127.0.0.1:${port} can't be reached from here: no connection in 0.2 s`,
    });
  });

  it('does not wait for a server that has gone silent', async () => {
    const server = await serveKubernetes((_asked, response) => {
      response.writeHead(200).write('{');
      return undefined;
    });
    expect(await getUnknown(openApi(server.endpoint, { idleTimeoutMilliseconds: 200 }).get('/x'))).toEqual({
      unknown: 'failed',
      detail: 'list secrets: Error: the API server sent nothing for 0.2 s',
    });
  });

  it('ends where the scan is interrupted, also what still waits', async () => {
    const interruption = new AbortController();
    const server = await serveKubernetes(() => {
      interruption.abort();
      return undefined;
    });
    const api = openApi(server.endpoint, {}, interruption.signal);
    const answers = await Promise.all([getUnknown(api.get('/x')), getUnknown(api.get('/y'))]);
    for (const answer of answers)
      expect(answer).toEqual({
        unknown: 'failed',
        detail: 'list secrets: the scan was interrupted before this was read',
      });
  });

  it('takes no values of annotations in', async () => {
    const server = await serveKubernetes(() => ({ metadata: { annotations: { a: 'S3CR3T' } } }));
    expect(await openApi(server.endpoint).get('/x')).toEqual({ metadata: { annotations: { a: '' } } });
  });

  it('shows its certificate where the server knows clients by theirs', async () => {
    const server = await serveKubernetes(() => ({ ok: true }), {
      requestCert: true,
      ca: certificates.authority,
    });
    const agent = new Agent({ ca: certificates.authority, ...certificates.client });
    onTestFinished(() => agent.destroy());
    expect(await openApi(server.endpoint, { agent }).get('/x')).toEqual({ ok: true });
  });
});
