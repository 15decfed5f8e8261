/** What a cluster's API server answers: lists and single objects, to be read alone. Recorded shapes: Kubernetes 1.35. */
import type { Fault, FaultSubject } from '../faults.ts';
import type { WireRequest, WireResponse } from '../wire/protocol.ts';
import type { World } from '../world.ts';
import { findTokenCaller, isLetIn } from './identity.ts';
import { type KubernetesObject, parsePath, pickObjects } from './objects.ts';
import { toTable } from './table.ts';

type Reply = { response: WireResponse | 'dropped'; latencyMs: number };

const toJson = (status: number, body: object, headers: Record<string, string> = {}): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const toStatus = (
  code: number,
  reason: string,
  message: string,
  { metadata = {}, headers = {} }: { metadata?: object; headers?: Record<string, string> } = {},
): WireResponse =>
  toJson(
    code,
    { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, reason, code },
    headers,
  );

const notServed: WireResponse = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: '404 page not found\n',
};

/** Where a path begins: whose cluster it is. */
export const toClusterPath = (arn: string): string => {
  const [, , , region, account, resource = ''] = arn.split(':');
  return `/${account}/${region}/${resource.replace(/^cluster\//, '')}`;
};

export const answerKubernetes = (
  { method, url, headers }: WireRequest,
  world: World,
  record: (service: string, operation: string, account: string, region: string) => void,
  pickFaults: (subject: FaultSubject) => Fault[],
): Reply => {
  const toReply = (response: WireResponse): Reply => ({ response, latencyMs: 0 });
  const [, account = '', region = '', name = '', ...rest] = url.pathname.split('/');
  const cluster = world.at(account, region).clusters.get(name);
  if (!cluster) return toReply(notServed);
  const objects = world.insideOf(cluster);
  const caller = findTokenCaller(world, headers.authorization, Date.now());
  if (!caller || !isLetIn(cluster, objects, caller))
    return toReply(toStatus(401, 'Unauthorized', 'Unauthorized'));
  const path = `/${rest.join('/')}`;
  const asked = parsePath(path, objects);
  const verb = method !== 'GET' ? method.toLowerCase() : asked?.name === undefined ? 'list' : 'get';
  const operation = `${verb} ${asked?.kind.plural ?? path}`;
  record('kubernetes', operation, account, region);
  if (method !== 'GET') return toReply(toStatus(405, 'MethodNotAllowed', 'The sandbox is there to be read.'));
  const token = url.searchParams.get('continue') ?? undefined;
  const faults = pickFaults({
    service: 'kubernetes',
    operation,
    account,
    region,
    input: { cluster: cluster.arn, ...(token === undefined ? {} : { continue: token }) },
  });
  const latencyMs = faults.reduce(
    (sum, { kind, latencyMs: wait = 1000 }) => sum + (kind === 'slow' ? wait : 0),
    0,
  );
  const kinds = faults.map(({ kind }) => kind);
  if (kinds.includes('drop-connection')) return { response: 'dropped', latencyMs };
  const failed = kinds
    .map((kind) => toFailure(kind, `${caller.arn} can't ${operation}`, token))
    .find((one) => one);
  if (failed) return { response: failed, latencyMs };
  if (!asked) return { response: notServed, latencyMs };
  const response = toAnswer(asked, objects, url, headers.accept ?? '');
  const isTorn = kinds.includes('malformed-body');
  return {
    response: isTorn ? { ...response, body: response.body.slice(0, response.body.length / 2) } : response,
    latencyMs,
  };
};

const toFailure = (
  kind: Fault['kind'],
  message: string,
  token: string | undefined,
): WireResponse | undefined => {
  switch (kind) {
    case 'access-denied':
    case 'denied-by-scp':
      return toStatus(403, 'Forbidden', `${message} at the cluster scope`);
    case 'throttle':
      return toStatus(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        headers: { 'retry-after': '1' },
      });
    case 'server-error':
    case 'conflict':
      return toStatus(500, 'InternalError', 'Internal error occurred');
    case 'not-found':
      return notServed;
    case 'expired':
      // Only a listing that has begun can expire; the server offers to go on with what is there by now.
      if (token === undefined) return undefined;
      return toStatus(
        410,
        'Expired',
        'The provided continue parameter is too old to display a consistent list result.',
        {
          metadata: { continue: `${token}~` },
        },
      );
    case 'drop-connection':
    case 'malformed-body':
    case 'slow':
      return undefined;
  }
};

const toAnswer = (
  asked: NonNullable<ReturnType<typeof parsePath>>,
  all: readonly KubernetesObject[],
  url: URL,
  accept: string,
): WireResponse => {
  const found = pickObjects(asked, all);
  const { kind, name } = asked;
  if (name !== undefined) {
    const [object] = found;
    if (object) return toJson(200, object);
    return toStatus(404, 'NotFound', `${kind.plural} "${name}" not found`);
  }
  const limit = Number(url.searchParams.get('limit') ?? 0) || found.length;
  const token = url.searchParams.get('continue') ?? '';
  const start = token === '' ? 0 : Number(token.replaceAll('~', ''));
  if (!Number.isInteger(start) || start < 0) return toStatus(400, 'BadRequest', 'continue key is not valid');
  const items = found.slice(start, start + limit);
  const rest = found.length - start - items.length;
  const metadata = {
    resourceVersion: '1',
    ...(rest > 0 ? { continue: String(start + items.length), remainingItemCount: rest } : {}),
  };
  if (accept.includes('as=Table'))
    return toJson(
      200,
      toTable(items, metadata, url.searchParams.get('includeObject') ?? 'Metadata', start === 0),
    );
  if (accept.includes('as=PartialObjectMetadataList'))
    return toJson(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map((object) => toPartial(object)),
    });
  // Of a list's items the API server leaves out what the list says of them all.
  const bare = items.map(({ apiVersion: _, kind: __, ...object }) => object);
  return toJson(200, { kind: `${kind.kind}List`, apiVersion: kind.group, metadata, items: bare });
};

const toPartial = ({ metadata }: KubernetesObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
