/** awsJson1_1: one POST to /, the operation in X-Amz-Target, JSON both ways (KMS, Organizations). */
import { JsonCodec2 } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { Protocol } from './protocol.ts';

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

const toHeaders = (requestId: string) => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amzn-requestid': requestId,
});

/** The protocol of a service whose targets begin with the given name, such as TrentService for KMS. */
export const awsJson = (serviceTarget: string): Protocol => ({
  codes: {
    accessDenied: { code: 'AccessDeniedException', status: 400 },
    throttled: { code: 'ThrottlingException', status: 400 },
    serverError: { code: 'InternalFailure', status: 500 },
    notFound: { code: 'NotFoundException', status: 400 },
    invalidToken: { code: 'UnrecognizedClientException', status: 400 },
    expiredToken: { code: 'ExpiredTokenException', status: 400 },
    invalidInput: { code: 'ValidationException', status: 400 },
  },
  findOperation: (schemas, request) =>
    schemas.find((schema) => request.headers['x-amz-target'] === `${serviceTarget}.${schema[2]}`),
  decodeInput: async (schema, request) =>
    codec.createDeserializer().read(NormalizedSchema.of(schema[4]), request.body.toString('utf8')),
  encodeOutput: (schema, output, requestId) => {
    const serializer = codec.createSerializer();
    serializer.write(NormalizedSchema.of(schema[5]), output);
    return { status: 200, headers: toHeaders(requestId), body: serializer.flush() };
  },
  encodeError: ({ code, message, status }, requestId) => ({
    // JSON-RPC services send 400 whatever the model's httpError says, which is REST's.
    status: status < 500 ? 400 : 500,
    headers: toHeaders(requestId),
    body: JSON.stringify({ __type: code, message }),
  }),
});
