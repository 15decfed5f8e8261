/** restXml as S3 speaks it: the bucket and key are the path, an object's bytes are the body, lists are XML. */
import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import type { Protocol, WireRequest } from './protocol.ts';
import { escapeXml } from './xml.ts';

const getHttp = (schema: StaticOperationSchema) => NormalizedSchema.of(schema).getMergedTraits().http;

/** Path style: `/BUCKET/KEY`, each part percent-encoded. */
const parsePath = ({ url }: WireRequest) => {
  const [, bucket = '', ...key] = url.pathname.split('/');
  return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key.join('/')) };
};

const isAbout = (schema: StaticOperationSchema, request: WireRequest): boolean => {
  const [method, template] = getHttp(schema) ?? [];
  const isOfObject = template?.startsWith('/{Key+}') === true;
  // What a bucket is asked for stands in the query: `?list-type=2`, `?encryption`.
  const [, asked = ''] = isOfObject ? [] : (template?.split('?') ?? []);
  return (
    method === request.method &&
    isOfObject === (parsePath(request).key !== '') &&
    [...new URLSearchParams(asked).keys()].every((name) => request.url.searchParams.has(name))
  );
};

const toQueryValue = (member: NormalizedSchema, text: string): unknown =>
  member.isNumericSchema() ? Number(text) : text;

const toHeaders = (requestId: string) => ({
  'content-type': 'application/xml',
  'x-amz-request-id': requestId,
});

const toXml = (operation: StaticOperationSchema, shape: NormalizedSchema, value: unknown): string => {
  const serializer = new XmlShapeSerializer({
    xmlNamespace: '',
    serviceNamespace: operation[1],
    timestampFormat: { useTrait: true, default: 5 },
  });
  serializer.write(shape, value);
  return String(serializer.flush());
};

export const restXml: Protocol = {
  codes: {
    accessDenied: { code: 'AccessDenied', status: 403 },
    throttled: { code: 'SlowDown', status: 503 },
    serverError: { code: 'InternalError', status: 500 },
    notFound: { code: 'NoSuchKey', status: 404 },
    invalidToken: { code: 'InvalidAccessKeyId', status: 403 },
    expiredToken: { code: 'ExpiredToken', status: 400 },
    invalidInput: { code: 'InvalidArgument', status: 400 },
  },
  findOperation: (schemas, request) => schemas.find((schema) => isAbout(schema, request)),
  decodeInput: async (schema, request) => {
    const { bucket, key } = parsePath(request);
    const input = new Map<string, unknown>([['Bucket', bucket]]);
    if (key !== '') input.set('Key', key);
    for (const [name, member] of NormalizedSchema.of(schema[4]).structIterator()) {
      const { httpQuery, httpHeader, httpPayload } = member.getMergedTraits();
      const query = httpQuery === undefined ? null : request.url.searchParams.get(httpQuery);
      const header = httpHeader === undefined ? undefined : request.headers[httpHeader.toLowerCase()];
      if (httpPayload) input.set(name, request.body);
      else if (query !== null) input.set(name, toQueryValue(member, query));
      else if (header !== undefined) input.set(name, header);
    }
    return Object.fromEntries(input);
  },
  encodeOutput: (schema, output, requestId) => {
    const status = getHttp(schema)?.[2] ?? 200;
    const given = new Map<string, unknown>(Object.entries(output));
    const headers: Record<string, string> = toHeaders(requestId);
    let body: string | Uint8Array | undefined;
    for (const [name, member] of NormalizedSchema.of(schema[5]).structIterator()) {
      const { httpHeader, httpPayload } = member.getMergedTraits();
      const value = given.get(name);
      if (httpHeader !== undefined && value !== undefined) headers[httpHeader] = String(value);
      if (httpPayload && member.isStructSchema()) body = toXml(schema, member, value);
      else if (httpPayload) body = Buffer.isBuffer(value) ? value : '';
    }
    if (body !== undefined || schema[2] !== 'ListObjectsV2') return { status, headers, body: body ?? '' };
    return { status, headers, body: toXml(schema, NormalizedSchema.of(schema[5]), output) };
  },
  encodeError: ({ code, message, status }, requestId) => ({
    status,
    headers: toHeaders(requestId),
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId></Error>`,
  }),
};
