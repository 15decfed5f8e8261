/** How a service speaks on the wire: which operation a request asks for, its input, and its answers. */
import { NormalizedSchema, TypeRegistry } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import type { AwsError } from '../aws-error.ts';

export type WireRequest = {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
};

export type WireResponse = { status: number; headers: Record<string, string>; body: string | Uint8Array };

/** The codes that every service has, spelled in its own way. */
export type CommonCodes = Record<
  | 'accessDenied'
  | 'throttled'
  | 'serverError'
  | 'notFound'
  | 'invalidToken'
  | 'expiredToken'
  | 'invalidInput',
  { code: string; status: number }
>;

export type Protocol = {
  codes: CommonCodes;
  /** The operation that the request asks for, by its schema, or none. */
  findOperation(schemas: StaticOperationSchema[], request: WireRequest): StaticOperationSchema | undefined;
  decodeInput(schema: StaticOperationSchema, request: WireRequest): Promise<object>;
  encodeOutput(schema: StaticOperationSchema, output: object, requestId: string): WireResponse;
  encodeError(error: { code: string; message: string; status: number }, requestId: string): WireResponse;
};

const isErrorSchemaFor = (schema: NormalizedSchema, error: AwsError): boolean => {
  const queryError: unknown = schema.getMergedTraits().awsQueryError;
  return schema.getName() === error.code || (Array.isArray(queryError) && queryError[0] === error.code);
};

/** The code and HTTP status that the service's model gives an error; the ones it carries if it is not modelled. */
export const toWireError = (error: AwsError, namespace: string) => {
  const found = TypeRegistry.for(namespace).find((schema) =>
    isErrorSchemaFor(NormalizedSchema.of(schema), error),
  );
  const modelled = found === undefined ? undefined : NormalizedSchema.of(found).getMergedTraits().httpError;
  const status = error.status ?? (typeof modelled === 'number' ? modelled : 400);
  return { code: error.code, message: error.message, status };
};

/** The first required member that the input lacks: schemas count their required members and put them first. */
export const findMissingMember = (schema: StaticOperationSchema, input: object): string | undefined => {
  const shape: unknown = NormalizedSchema.of(schema[4]).getSchema();
  if (!Array.isArray(shape) || !Array.isArray(shape[4]) || typeof shape[6] !== 'number') return undefined;
  const given = new Map(Object.entries(input));
  return shape[4]
    .slice(0, shape[6])
    .filter((name) => typeof name === 'string')
    .find((name) => given.get(name) === undefined);
};
