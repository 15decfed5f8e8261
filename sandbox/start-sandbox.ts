/**
 * The sandbox itself: an AWS on loopback that the real SDK clients talk to over HTTP, and, by HTTPS on a port of their
 * own, the API servers of its clusters.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer } from './answer.ts';
import { type Fault, toFaultPicker } from './faults.ts';
import type { Fleet } from './fleets/fleet.ts';
import { answerKubernetes } from './kubernetes/answer-kubernetes.ts';
import { makeCertificate } from './kubernetes/certificate.ts';
import { type RequestLog, startRequestLog } from './request-log.ts';
import type { WireRequest } from './wire/protocol.ts';
import { toWorld, type World } from './world.ts';

export type Sandbox = {
  /** For AWS_ENDPOINT_URL, or a client's `endpoint`. */
  endpoint: string;
  requests: RequestLog;
  /** What was left behind: objects, findings in Security Hub, messages, executions. */
  world: World;
  /** Replaces the faults given at the start and begins to count anew; the fleet's own stay. */
  setFaults(faults: Fault[]): void;
  close(): Promise<void>;
};

const toWireRequest = async (request: IncomingMessage): Promise<WireRequest> => ({
  method: request.method ?? 'GET',
  url: new URL(request.url ?? '/', 'http://127.0.0.1'),
  headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
  body: await buffer(request),
});

/**
 * Takes a fleet and starts serving it on 127.0.0.1 (a free port unless one is given). `latencyMs` delays every
 * answer, `faults` come on top of the fleet's own. Close it, or the process stays alive.
 */
export const startSandbox = async (
  fleet: Fleet,
  options: { port?: number; latencyMs?: number; faults?: Fault[] } = {},
): Promise<Sandbox> => {
  const world = toWorld(fleet);
  const { log, record } = startRequestLog();
  const withFleetFaults = (faults: Fault[]) => toFaultPicker([...(fleet.faults ?? []), ...faults]);
  let pickFaults = withFleetFaults(options.faults ?? []);
  let requestNumber = 0;

  const answerAws = (request: WireRequest) => {
    requestNumber += 1;
    const requestId = `00000000-0000-4000-8000-${String(requestNumber).padStart(12, '0')}`;
    return answer(request, requestId, { world, record, pickFaults });
  };
  type Answer = (request: WireRequest) => ReturnType<typeof answerAws> | ReturnType<typeof answerKubernetes>;
  const serve = async (give: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await give(await toWireRequest(request));
    const delayMs = (options.latencyMs ?? 0) + reply.latencyMs;
    if (delayMs > 0) await sleep(delayMs);
    if (reply.response === 'dropped') return void response.destroy();
    response.writeHead(reply.response.status, reply.response.headers).end(reply.response.body);
  };

  const toListener = (give: Answer) => (request: IncomingMessage, response: ServerResponse) => {
    // A client that hangs up while it is answered, or a mistake of ours: this connection ends, the others go on.
    serve(give, request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  };
  const server = createServer(toListener(answerAws));
  const { key, certificate } = makeCertificate(new Date());
  const clusters = createSecureServer(
    { key, cert: certificate },
    toListener((request) => answerKubernetes(request, world, record, (subject) => pickFaults(subject))),
  );
  const listen = async (one: Server, port: number): Promise<number | undefined> => {
    // Node closes what is idle for five seconds, just when a busy client comes back to it.
    one.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      one.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const address = one.address();
    return typeof address === 'object' ? address?.port : undefined;
  };
  const port = await listen(server, options.port ?? 0);
  world.kubernetes = { endpoint: `https://127.0.0.1:${await listen(clusters, 0)}`, certificate };

  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: log,
    world,
    setFaults: (faults) => {
      pickFaults = withFleetFaults(faults);
    },
    close: async () => {
      for (const one of [server, clusters]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
};
