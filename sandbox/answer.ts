/** From a request to its answer: who calls which operation, what goes wrong on request, and what the service says. */
import { AwsError } from './aws-error.ts';
import { findCaller, parseScope } from './caller.ts';
import type { Fault, FaultSubject } from './faults.ts';
import type { Caller, Service } from './service.ts';
import { services } from './services/index.ts';
import {
  type CommonCodes,
  findMissingMember,
  toWireError,
  type WireRequest,
  type WireResponse,
} from './wire/protocol.ts';
import type { World } from './world.ts';

type Surroundings = {
  world: World;
  record: (service: string, operation: string, account: string, region: string) => void;
  pickFaults: (subject: FaultSubject) => Fault[];
};

type Reply = { response: WireResponse | 'dropped'; latencyMs: number };

/** What a fault makes of the call: an error to answer with, or none where the trouble is not an error. */
const toFaultError = (
  fault: Fault,
  codes: CommonCodes,
  caller: Caller,
  action: string,
): AwsError | undefined => {
  const toError = ({ code, status }: { code: string; status: number }, message: string) =>
    new AwsError(code, message, status);
  const denied = `User: ${caller.arn} is not authorized to perform: ${action}`;
  switch (fault.kind) {
    case 'access-denied':
      return toError(
        codes.accessDenied,
        `${denied} because no identity-based policy allows the ${action} action`,
      );
    case 'denied-by-scp':
      return toError(codes.accessDenied, `${denied} with an explicit deny in a service control policy`);
    case 'throttle':
      return toError(codes.throttled, 'Rate exceeded');
    case 'server-error':
      return toError(codes.serverError, 'The request processing has failed because of an unknown error.');
    case 'not-found':
      return toError(codes.notFound, 'The requested resource was not found.');
    case 'conflict':
      return new AwsError('ConditionalRequestConflict', 'A conflicting operation is in progress.', 409);
    case 'expired':
    case 'drop-connection':
    case 'malformed-body':
    case 'slow':
      return undefined;
  }
};

const toMalformed = (response: WireResponse): WireResponse => ({
  ...response,
  body: response.body.slice(0, Math.floor(response.body.length / 2)),
});

const answerService = async (
  service: Service,
  scope: { accessKeyId: string; region: string },
  request: WireRequest,
  requestId: string,
  { world, record, pickFaults }: Surroundings,
): Promise<Reply> => {
  const { protocol, namespace } = service;
  const codes = { ...protocol.codes, ...service.codes };
  let latencyMs = 0;
  try {
    const caller = findCaller(world, service, codes, {
      ...scope,
      sessionToken: request.headers['x-amz-security-token'],
    });
    const schemas = service.operations.map(({ schema }) => schema);
    const schema = protocol.findOperation(schemas, request);
    const operation = service.operations.find((candidate) => candidate.schema === schema);
    if (schema === undefined || operation === undefined) {
      throw new AwsError('UnknownOperationException', 'The sandbox does not know this operation.', 404);
    }
    const input = await protocol.decodeInput(schema, request).catch(() => {
      throw new AwsError('SerializationException', 'The request body could not be read.', 400);
    });
    record(service.name, schema[2], caller.account, scope.region);
    const subject = {
      service: service.name,
      operation: schema[2],
      account: caller.account,
      region: scope.region,
      input,
    };
    const faults = pickFaults(subject);
    latencyMs = faults.reduce(
      (sum, fault) => sum + (fault.kind === 'slow' ? (fault.latencyMs ?? 1000) : 0),
      0,
    );
    if (faults.some(({ kind }) => kind === 'drop-connection')) return { response: 'dropped', latencyMs };
    const action = `${service.name}:${schema[2]}`;
    const error = faults
      .map((fault) => toFaultError(fault, codes, caller, action))
      .find((found) => found !== undefined);
    if (error !== undefined) throw error;
    const missing = findMissingMember(schema, input);
    if (missing !== undefined) {
      const message = `1 validation error detected: Value null at '${missing}' failed to satisfy constraint: Member must not be null`;
      throw new AwsError(codes.invalidInput.code, message, codes.invalidInput.status);
    }
    const output = operation.answer(input, { caller, region: scope.region, world });
    const response = protocol.encodeOutput(schema, output, requestId);
    const isMalformed = faults.some(({ kind }) => kind === 'malformed-body');
    return { response: isMalformed ? toMalformed(response) : response, latencyMs };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { response: protocol.encodeError(toWireError(error, namespace), requestId), latencyMs };
  }
};

/** Takes a request and gives what to send back, and how long to wait before. */
export const answer = async (
  request: WireRequest,
  requestId: string,
  surroundings: Surroundings,
): Promise<Reply> => {
  const scope = parseScope(request.headers.authorization);
  const service = services.find(({ name }) => name === scope?.service);
  if (scope === undefined || service === undefined) {
    const message =
      scope === undefined ? 'Missing Authentication Token' : `The sandbox has no service ${scope.service}.`;
    const body = JSON.stringify({ message });
    return { response: { status: 403, headers: { 'content-type': 'application/json' }, body }, latencyMs: 0 };
  }
  return answerService(service, scope, request, requestId, surroundings);
};
