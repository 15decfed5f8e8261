/** Asks a Kubernetes API server by GET, and by nothing else, as a guest: few requests at once, each with its limits. */
import { type Agent, type OutgoingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { type ClusterPlace, type OnAttempt, sendObserved } from '../../runtime/attempt.ts';
import { version } from '../../runtime/version.ts';
import { createAnnotationFilter } from './annotation-filter.ts';
import { isBroken, RefusedError, toUnreachable, UnreachableError } from './kubernetes-error.ts';

const connectTimeoutMilliseconds = 5_000;
const idleTimeoutMilliseconds = 30_000;
/** API servers are shared with everything that runs in the cluster. */
const requestsAtOnce = 4;
const attempts = 4;
const firstWaitMilliseconds = 500;
const longestWaitMilliseconds = 30_000;
/** A page of 500 objects is a few megabytes. */
const mostBytes = 64 * 1024 * 1024;

export interface Connection {
  /** The URL of the API server. */
  server: string;
  agent: Agent;
  /** The headers that say who is asking, made anew when they have to be. Throws UnreachableError. */
  getHeaders: () => Promise<OutgoingHttpHeaders>;
  connectTimeoutMilliseconds?: number;
  idleTimeoutMilliseconds?: number;
  /** How long reading all of the cluster may take. */
  limitMilliseconds?: number;
}

export interface KubernetesApi {
  /**
   * Gives what stands at a path, parsed, without the values of annotations. Throws RefusedError where the server
   * answers something else, UnreachableError where nobody answers, and the signal's reason.
   */
  get: (path: string, accept?: string) => Promise<unknown>;
  close: () => void;
}

/** Who hears of each request, and which cluster they are told. */
export interface Hearer {
  place: ClusterPlace;
  onAttempt?: OnAttempt;
}

/** `list pods`, `get configmaps`, `list roles.rbac.authorization.k8s.io`: what a role has to let in. */
const toPermission = (path: string): string => {
  const [, group, , resource = '', name] =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/[^/]+\/)?([^/?]+)(?:\/([^/?]+))?/.exec(path) ?? [];
  return `${name === undefined ? 'list' : 'get'} ${resource}${group === undefined ? '' : `.${group}`}`;
};

/** Opens the way to an API server; nothing is asked yet. */
export const openKubernetesApi = (
  connection: Connection,
  signal: AbortSignal,
  { place, onAttempt }: Hearer = { place: { cluster: '' } },
): KubernetesApi => {
  // The first request shows whether there is a way at all: the others wait for it instead of failing one by one.
  const queue = new PQueue({ concurrency: 1 });
  let unreachable: UnreachableError | undefined;
  let wasReached = false;

  const ask = async (path: string, accept: string): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      if (unreachable) throw unreachable;
      try {
        const body = await sendObserved(
          () => getOnce(connection, path, accept, signal),
          onAttempt,
          () => ({
            permission: toPermission(path),
            place,
          }),
        );
        wasReached = true;
        return body;
      } catch (error) {
        signal.throwIfAborted();
        wasReached ||= error instanceof RefusedError;
        if (attempt < attempts && isPassing(error, wasReached)) {
          await sleep(toWaitMilliseconds(error, attempt), undefined, { signal });
          continue;
        }
        if (error instanceof UnreachableError) unreachable = error;
        throw error;
      } finally {
        if (wasReached) queue.concurrency = requestsAtOnce;
      }
    }
  };
  return {
    get: (path, accept = 'application/json') => queue.add(() => ask(path, accept), { signal }),
    close: () => connection.agent.destroy(),
  };
};

/** Whether the next attempt may fare better. A server that was never reached is not waited for. */
const isPassing = (error: unknown, wasReached: boolean): boolean => {
  if (error instanceof RefusedError) return error.statusCode === 429 || error.statusCode >= 500;
  if (error instanceof UnreachableError) return wasReached && error.reason === 'failed';
  return isBroken(error);
};

const toWaitMilliseconds = (error: unknown, attempt: number): number => {
  const asked = error instanceof RefusedError ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return Math.min(asked * 1000, longestWaitMilliseconds);
  return firstWaitMilliseconds * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
};

const getOnce = async (
  connection: Connection,
  path: string,
  accept: string,
  signal: AbortSignal,
): Promise<unknown> => {
  const headers = await connection.getHeaders();
  const { statusCode, retryAfter, body } = await exchange(
    connection,
    path,
    // Packing would cost the API server more than it saves us.
    { ...headers, accept, 'accept-encoding': 'identity', 'user-agent': `keyward/${version}` },
    signal,
  );
  if (statusCode !== 200) throw new RefusedError(statusCode, body.toString(), retryAfter);
  try {
    return JSON.parse(body.toString());
  } catch {
    // The parser's own complaint quotes what it read.
    throw new Error('the answer is not JSON');
  }
};

interface Exchanged {
  statusCode: number;
  retryAfter: string | undefined;
  body: Buffer;
}

const exchange = (
  connection: Connection,
  path: string,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<Exchanged> => {
  const url = new URL(connection.server.replace(/\/$/, '') + path);
  const {
    connectTimeoutMilliseconds: connectLimit = connectTimeoutMilliseconds,
    idleTimeoutMilliseconds: idleLimit = idleTimeoutMilliseconds,
  } = connection;
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const send = url.protocol === 'http:' ? requestPlain : requestSecure;
  const sent = send(url, { method: 'GET', agent: connection.agent, headers, signal });
  let isConnected = false;
  const connecting = setTimeout(() => {
    sent.destroy(
      new UnreachableError(
        `${url.host} can't be reached from here: no connection in ${connectLimit / 1000} s`,
      ),
    );
  }, connectLimit);
  const onConnected = () => {
    isConnected = true;
    clearTimeout(connecting);
  };
  sent.once('socket', (socket) => {
    if (sent.reusedSocket) onConnected();
    else socket.once(url.protocol === 'http:' ? 'connect' : 'secureConnect', onConnected);
  });
  sent.setTimeout(idleLimit, () => {
    sent.destroy(new Error(`the API server sent nothing for ${idleLimit / 1000} s`));
  });
  sent.on('error', (error) => {
    clearTimeout(connecting);
    const isFinal = isConnected || signal.aborted || error instanceof UnreachableError || isBroken(error);
    reject(isFinal ? error : toUnreachable(url.host, error));
  });
  sent.once('response', (response) => {
    onConnected();
    const filter = createAnnotationFilter();
    const parts: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      const part = filter(chunk);
      parts.push(part);
      length += part.length;
      if (length > mostBytes)
        sent.destroy(new Error(`the answer is larger than ${mostBytes / 1024 / 1024} MB`));
    });
    response.once('error', reject);
    response.once('end', () => {
      const { statusCode = 0, headers: answered } = response;
      resolve({ statusCode, retryAfter: answered['retry-after'], body: Buffer.concat(parts, length) });
    });
  });
  sent.end();
  return promise;
};
