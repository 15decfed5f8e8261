/** restJson1: the operation is a method and a path; members travel in path, query or body (EKS, Account). */
import { JsonCodec2 } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import type { Protocol, WireRequest } from './protocol.ts';

const codec = new JsonCodec2({
  httpBindings: true,
  timestampFormat: { useTrait: true, default: 7 },
  jsonName: true,
});

/** The labels of a path that fits the operation's template (`/clusters/{name}`), or none if it doesn't. */
const findLabels = (schema: StaticOperationSchema, request: WireRequest): Map<string, string> | undefined => {
  const http = NormalizedSchema.of(schema).getMergedTraits().http;
  if (http === undefined || http[0] !== request.method) return undefined;
  const template = (http[1].split('?')[0] ?? '').split('/');
  const segments = request.url.pathname.replace(/\/$/, '').split('/');
  if (template.length !== segments.length) return undefined;
  const labels = new Map<string, string>();
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? '';
    const label = /^\{(.+)\}$/.exec(part)?.[1];
    if (label !== undefined) labels.set(label, decodeURIComponent(segment));
    else if (part !== segment) return undefined;
  }
  return labels;
};

const toQueryValue = (member: NormalizedSchema, values: string[]): unknown => {
  if (member.isListSchema()) return values;
  const value = values[0];
  if (member.isNumericSchema()) return Number(value);
  return member.isBooleanSchema() ? value === 'true' : value;
};

const toHeaders = (requestId: string) => ({
  'content-type': 'application/json',
  'x-amzn-requestid': requestId,
});

export const restJson: Protocol = {
  codes: {
    accessDenied: { code: 'AccessDeniedException', status: 403 },
    throttled: { code: 'ThrottlingException', status: 429 },
    serverError: { code: 'InternalFailure', status: 500 },
    notFound: { code: 'ResourceNotFoundException', status: 404 },
    invalidToken: { code: 'UnrecognizedClientException', status: 403 },
    expiredToken: { code: 'ExpiredTokenException', status: 403 },
    invalidInput: { code: 'ValidationException', status: 400 },
  },
  findOperation: (schemas, request) => {
    const fitting = schemas.filter((schema) => findLabels(schema, request) !== undefined);
    // A literal path beats one with a label: /cluster-versions is not a cluster's name.
    return fitting.find((schema) => findLabels(schema, request)?.size === 0) ?? fitting[0];
  },
  decodeInput: async (schema, request) => {
    const input: object = await codec
      .createDeserializer()
      .read(NormalizedSchema.of(schema[4]), request.body.toString('utf8'));
    const bound = new Map<string, unknown>(findLabels(schema, request));
    for (const [name, member] of NormalizedSchema.of(schema[4]).structIterator()) {
      const query = member.getMergedTraits().httpQuery;
      if (query === undefined || !request.url.searchParams.has(query)) continue;
      bound.set(name, toQueryValue(member, request.url.searchParams.getAll(query)));
    }
    return { ...input, ...Object.fromEntries(bound) };
  },
  encodeOutput: (schema, output, requestId) => {
    const serializer = codec.createSerializer();
    serializer.write(NormalizedSchema.of(schema[5]), output);
    return { status: 200, headers: toHeaders(requestId), body: serializer.flush() };
  },
  encodeError: ({ code, message, status }, requestId) => ({
    status,
    headers: { ...toHeaders(requestId), 'x-amzn-errortype': code },
    body: JSON.stringify({ message }),
  }),
};
