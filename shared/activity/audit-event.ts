/** One line of a Kubernetes audit log about core Secrets, told apart from look-alikes, and what it says: never a body. */
import { z } from 'zod';
import { type ReadClient, type Reader, type SecretVerb, secretVerbs } from '../evidence/reads.ts';
import { auditUser, toReader } from './audit-reader.ts';

const text = z.string().nullish();

/** Only what is read: `requestObject` and `responseObject`, which may hold a Secret's data, are not among it. */
const auditEvent = z.object({
  apiVersion: z.enum(['audit.k8s.io/v1', 'audit.k8s.io/v1beta1']),
  auditID: z.string().min(1),
  stage: z.enum(['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']),
  requestURI: text,
  verb: z.string(),
  user: auditUser,
  impersonatedUser: auditUser.nullish(),
  sourceIPs: z.array(z.string()).nullish(),
  userAgent: text,
  objectRef: z.object({ namespace: text, name: text, subresource: text }),
  responseStatus: z.object({ code: z.number().int().optional() }).nullish(),
  requestReceivedTimestamp: z.iso
    .datetime({ offset: true })
    .refine((time) => !Number.isNaN(Date.parse(time)), 'no such day'),
});
type AuditEvent = z.infer<typeof auditEvent>;

/** What each request has of its own, and what is told of nothing else. */
export interface OwnOfRequest {
  /** The audit id, which a caller may choose by the header Audit-ID. */
  id: string;
  /**
   * The same for each stage and copy of a request, and no other's: the audit id alone would let whoever chooses his hide
   * behind another request. https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/filters/audit_init.go
   */
  request: string;
  /** When the API server received it. */
  time: string;
}

/** One stage of a request about Secrets. */
export interface SecretReadEvent extends Reader, OwnOfRequest {
  impersonator?: Reader;
  verb: SecretVerb;
  namespace: string | null;
  /** The Secret, where the request names one. */
  secret?: string;
  isOfHelm: boolean;
  client: ReadClient;
  /** `success`, or the HTTP status. */
  outcome: string;
  source: string;
  agent: string;
  /** Of an IAM role: the session's name. */
  session?: string;
}

/**
 * Takes a line's JSON. Gives what it says of a request about core Secrets that somebody known made and that the API
 * server answered; undefined where it is about anything else, `unreadable` where it is one and lacks what such lines
 * have.
 */
export const parseAuditEvent = (raw: unknown): SecretReadEvent | 'unreadable' | undefined => {
  if (!isOfSecrets(raw)) return undefined;
  const { success, data } = auditEvent.safeParse(raw);
  if (!success) return 'unreadable';
  const { stage, verb, responseStatus, user, objectRef } = data;
  if (stage === 'RequestReceived' || !isSecretVerb(verb) || objectRef.subresource) return undefined;
  // A watch that panicked had answered before, and counts by that stage, or had not.
  if (stage === 'Panic' && verb === 'watch') return undefined;
  // Whose token is wrong is nobody.
  if (responseStatus?.code === 401) return undefined;
  if (responseStatus?.code === undefined || user.username === undefined) return 'unreadable';
  return isTried(data, verb) ? undefined : toEvent(data, verb, user.username, responseStatus.code);
};

/** Asked of every line, so no shape is tried. A custom resource called secrets has a group. */
const isOfSecrets = (raw: unknown): boolean =>
  isObject(raw) && isObject(raw.objectRef) && raw.objectRef.resource === 'secrets' && !raw.objectRef.apiGroup;

const isObject = (raw: unknown): raw is Record<string, unknown> => typeof raw === 'object' && raw !== null;

const verbs: ReadonlySet<string> = new Set(secretVerbs);
const isSecretVerb = (verb: string): verb is SecretVerb => verbs.has(verb);

/**
 * Whether it is a change that was only tried out and tells its caller nothing but what he wrote. A patch answers with
 * the whole Secret, and so may a delete; of a whole collection it answers with them all. Of a delete that has a body, the
 * parameters count for nothing, so it may be no trial at all.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go
 */
const isTried = ({ requestURI }: AuditEvent, verb: SecretVerb): boolean =>
  changesOfOnesOwn.has(verb) && toParameters(requestURI).get('dryRun') === 'All';
const changesOfOnesOwn: ReadonlySet<SecretVerb> = new Set(['create', 'update']);

const toEvent = (
  parsed: AuditEvent,
  verb: SecretVerb,
  username: string,
  code: number,
): SecretReadEvent | 'unreadable' => {
  const { auditID, requestReceivedTimestamp, objectRef, sourceIPs, userAgent, impersonatedUser } = parsed;
  const { session, ...caller } = toReader({ ...parsed.user, username });
  // By impersonation anybody's extra can be claimed: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
  const { username: claimed, groups } = impersonatedUser ?? {};
  if (impersonatedUser && claimed === undefined) return 'unreadable';
  const who =
    claimed === undefined ? caller : { ...toReader({ username: claimed, groups }), impersonator: caller };
  const agent = shorten(userAgent ?? '');
  return {
    ...who,
    ...toOwnOfRequest(auditID, requestReceivedTimestamp),
    verb,
    namespace: objectRef.namespace || null,
    ...(objectRef.name ? { secret: objectRef.name } : {}),
    isOfHelm: isOfHelm(parsed),
    client: toClient(agent),
    outcome: code >= 200 && code < 300 ? 'success' : String(code),
    // The last alone is the API server's own: whatever stands before it is the client's word.
    source: sourceIPs?.at(-1) ?? '',
    agent,
    ...(session === undefined ? {} : { session }),
  };
};

/** Takes an audit id, and when its request was received, as the line says it and as it is told on. */
export const toOwnOfRequest = (
  auditID: string,
  receivedAt: string,
  time = new Date(receivedAt).toISOString(),
): OwnOfRequest => ({ id: shorten(auditID), request: `${receivedAt} ${auditID}`, time });

/** Headers are their callers' to fill: an agent or audit id of a megabyte is not kept twenty times a day. */
const mostCharacters = 200;
const shorten = (header: string): string => header.slice(0, mostCharacters);

/** A client calls itself by its file's name, which on Windows has an ending. */
const kubelet = /^kubelet(\.exe)?\//;

const toClient = (agent: string): ReadClient =>
  kubelet.test(agent) ? 'kubelet' : agent.startsWith('keyward/') ? 'keyward' : 'other';

/** Helm keeps each release in a Secret of its own, and finds them by label: https://helm.sh/docs/topics/advanced/#storage-backends */
const helmPrefix = 'sh.helm.release.v1.';
const helmType = 'helm.sh/release.v1';

const isOfHelm = ({ objectRef, requestURI, verb }: AuditEvent): boolean => {
  if (objectRef.name) return objectRef.name.startsWith(helmPrefix);
  if (verb !== 'list' && verb !== 'watch') return false;
  const parameters = toParameters(requestURI);
  return (
    toTerms(parameters.get('labelSelector')).some((term) => /^owner={1,2}helm$/.test(term)) ||
    toTerms(parameters.get('fieldSelector')).some(
      (term) => /^type={1,2}/.test(term) && term.endsWith(`=${helmType}`),
    )
  );
};

/** All terms of a selector hold at once. What stands in brackets comes apart, and is no whole term. */
const toTerms = (selector: string | null): string[] => selector?.split(',') ?? [];

/** As Go reads them: it drops a pair that holds a semicolon or half an escape, and goes on. https://pkg.go.dev/net/url#ParseQuery */
const toParameters = (requestURI: string | null | undefined): URLSearchParams => {
  const [, ...parts] = requestURI?.split('?') ?? [];
  const pairs = parts.join('?').split('&');
  return new URLSearchParams(pairs.filter((pair) => !isDropped.test(pair)).join('&'));
};
const isDropped = /;|%(?![\da-f]{2})/i;
