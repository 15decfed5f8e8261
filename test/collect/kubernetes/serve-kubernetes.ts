/** A Kubernetes API server over HTTPS that answers as it is told, and the way to it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Connection, openKubernetesApi } from '../../../shared/collect/kubernetes/kubernetes-api.ts';
import { makeCertificates } from '../../apiserver/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyward-kubernetes-'));
const { authority, server: ofServer, admin } = makeCertificates(folder);
const read = (file: string) => readFileSync(file);
export const certificates = {
  authority: read(authority.certificate),
  server: { cert: read(ofServer.certificate), key: read(ofServer.key) },
  client: { cert: read(admin.certificate), key: read(admin.key) },
};
rmSync(folder, { recursive: true });

export interface Asked {
  method: string;
  /** Without its query. */
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
}

/** An object to send as JSON, a status code with one, or what is done to the response. */
export type Answer = object | [statusCode: number, body: object | string, headers?: Record<string, string>];
type Serve = (asked: Asked, response: ServerResponse) => Answer | undefined | Promise<Answer | undefined>;

/** As the server says no: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export const refuse = (
  code: number,
  reason: string,
  message: string,
  metadata: object = {},
): [number, object] => [
  code,
  { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, reason, code },
];

/** Serves for one test; gives its address and what it was asked. */
export const serveKubernetes = async (serve: Serve, tls: object = {}) => {
  const asked: Asked[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer({ ...certificates.server, ...tls }, async (request, response) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.on('close', () => {
      atOnce -= 1;
    });
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://server');
    const question: Asked = {
      method: request.method ?? '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
    };
    asked.push(question);
    const answer = await serve(question, response);
    if (answer === undefined) return;
    const [code, body, headers] = Array.isArray(answer)
      ? (answer as [number, object | string, object?])
      : [200, answer];
    response
      .writeHead(code, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `https://127.0.0.1:${port}`,
    asked,
    getMostAtOnce: () => mostAtOnce,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** The way to a server, for one test. */
export const openConnection = (endpoint: string): Connection => {
  const agent = new Agent({ keepAlive: true, ca: certificates.authority });
  onTestFinished(() => agent.destroy());
  return { server: endpoint, agent, getHeaders: async () => ({ authorization: 'Bearer token' }) };
};

export const openApi = (
  endpoint: string,
  connection: Partial<Connection> = {},
  signal: AbortSignal = new AbortController().signal,
) => openKubernetesApi({ ...openConnection(endpoint), ...connection }, signal);

/** Serves collections by path, each a page of its own list; paths that are not there are unknown to the server. */
export const serveLists = (lists: Record<string, object[]>): Serve => {
  return ({ path }) => {
    const items = lists[path];
    if (items) return { kind: 'List', metadata: { resourceVersion: '1' }, items };
    return [404, '404 page not found\n', { 'content-type': 'text/plain' }];
  };
};
