/** Why a Kubernetes API gave no answer, and what that makes of a fact. */
import { z } from 'zod';
import { toUnknown, type Unknown, type UnknownReason } from '../../evidence/fact.ts';
import { toUnknownFact } from '../collect-fact.ts';

const longestDetail = 300;

/** What the API server answers instead of an object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const status = z.object({
  kind: z.literal('Status'),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  /** Of an expired listing: where it may go on, as it is by now. */
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
});
type Status = z.infer<typeof status>;

/** An answer that is not the object: the server's Status, or what a proxy or load balancer in its place said. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly statusCode: number;
  readonly status: Status | undefined;
  /** Whether the server has no such kind of object, or no such object. */
  readonly isAbsent: boolean;
  /** How long it asks to be left alone. */
  readonly retryAfterSeconds: number | undefined;
  constructor(statusCode: number, body: string, retryAfter?: string) {
    const said = status.safeParse(toJson(body)).data;
    super(said?.message || `HTTP ${statusCode}`);
    this.statusCode = statusCode;
    this.status = said;
    // Of a kind that nobody installed the answer is text: the words of Go's own router.
    this.isAbsent =
      statusCode === 404 && (said?.reason === 'NotFound' || body.trim() === '404 page not found');
    this.retryAfterSeconds =
      retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  }
}

const toJson = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

/** Nobody answered at all: the name, the way or the certificate is wrong. Every other request would fare alike. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly reason: UnknownReason;
  constructor(
    message: string,
    { reason = 'failed', cause }: { reason?: UnknownReason; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** What a connection ends with where the other side, or something on the way, gave it up. */
const brokenCodes = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

const getCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const isBroken = (error: unknown): boolean => brokenCodes.includes(getCode(error) ?? '');

/** Takes what stopped a connection before it stood; gives the error that says so in words. */
export const toUnreachable = (host: string, cause: unknown): UnreachableError => {
  const code = getCode(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new UnreachableError(`the name ${host} can't be resolved from here (${code})`, { cause });
  // https://nodejs.org/api/tls.html#x509-certificate-error-codes
  if (code && /CERT|ISSUER|SIGNATURE|^ERR_TLS_|^ERR_SSL_|^EPROTO$/.test(code))
    return new UnreachableError(`no trusted connection to ${host}: ${code}: ${message}`, { cause });
  return new UnreachableError(`${host} can't be reached from here: ${code ?? message}`, { cause });
};

/** Takes whatever a request threw and what it was about (`list secrets`); gives the fact. */
export const toKubernetesUnknown = (error: unknown, what: string): Unknown => {
  if (error instanceof UnreachableError) return toUnknown(error.reason, shorten(error.message));
  if (!(error instanceof RefusedError)) return withWhat(toUnknownFact(error), what);
  const { statusCode, message } = error;
  if (statusCode === 401)
    return toUnknown(
      'access-denied',
      shorten(`${what}: the API server does not know these credentials (expired, or not let in): ${message}`),
    );
  if (statusCode === 403) return toUnknown('access-denied', shorten(`${what}: ${message}`));
  if (statusCode === 429) return toUnknown('throttled', shorten(`${what}: ${message}`));
  if (statusCode === 404 || statusCode === 406)
    return toUnknown('unsupported', shorten(`${what}: this API server does not serve it: ${message}`));
  return toUnknown('failed', shorten(`${what}: ${message}`));
};

const withWhat = ({ unknown, detail }: Unknown, what: string): Unknown =>
  toUnknown(unknown, shorten(detail.includes(what) ? detail : `${what}: ${detail}`));

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line;
};
