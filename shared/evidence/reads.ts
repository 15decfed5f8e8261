/**
 * Who asked for Secrets, by UTC day: a cluster's history, read off its audit log. Names and counts alone; the log's
 * bodies, where it holds any, are dropped on arrival.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
import { z } from 'zod';
import { partOf, type TimeWindow } from './events.ts';

/** In an identity's place: those who asked and are more than are told apart. No username is empty. */
export const otherIdentities = '';

/** Who the API server took a caller for. */
const reader = z.object({
  /**
   * The ARN of the IAM role or user behind it (`extra.canonicalArn`), so that sessions are one; else the username.
   * `otherIdentities` of those beyond.
   */
  identity: z.string(),
  /** Of an IAM principal with `*` for what its session or node chose. */
  username: z.string(),
  /** Sorted. */
  groups: z.array(z.string()),
});
export type Reader = z.infer<typeof reader>;

export const secretVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] as const;
const secretVerb = z.enum(secretVerbs);
export type SecretVerb = z.infer<typeof secretVerb>;

/** What asked, by its own word: who holds a node's or a person's credentials can say anything. */
const readClient = z.enum(['kubelet', 'keyward', 'other']);
export type ReadClient = z.infer<typeof readClient>;

const moment = z.string();

/** Requests that agree in who, as whom, what, where and how they ended, of one UTC day. */
const readTally = z.object({
  ...reader.shape,
  /** Who made the request in the identity's name, by impersonation. */
  impersonator: reader.optional(),
  verb: secretVerb,
  /** `null`: across all namespaces. `*`: of requests that failed in more namespaces than are told. */
  namespace: z.string().nullable(),
  /** Whether each request names one Secret: a list by the field metadata.name does. */
  isOfOne: z.boolean(),
  /** Whether all of them are about Helm's own release Secrets. */
  isOfHelm: z.boolean(),
  client: readClient,
  /** `success`, or the HTTP status that refused it. */
  outcome: z.string(),
  count: z.number(),
  first: moment,
  last: moment,
  /** The first names in order, at most `mostNamed`; so are ids (by time), sources, agents and sessions. */
  secrets: z.array(z.string()),
  events: z.array(z.string()),
  /** Addresses that the API server saw itself: what a client says of others before it is not kept. */
  sources: z.array(z.string()),
  agents: z.array(z.string()),
  /** The names of IAM sessions, which their callers choose. */
  sessions: z.array(z.string()),
});
export type ReadTally = z.infer<typeof readTally>;

/** `history/ACCOUNT/REGION/cluster%2FNAME`: by UTC day. */
export const clusterHistory = z.object({
  cluster: z.string(),
  collectedAt: moment,
  run: z.string().optional(),
  /** The identities (ARN or username) that Keyward itself reads the cluster as. */
  own: z.array(z.string()).default([]),
  days: z.record(z.string(), z.object({ reads: partOf(readTally).optional() })),
});
export type ClusterHistory = z.infer<typeof clusterHistory>;

/** The fact that checks read: what is missing of the window are the fact's missing parts. */
export interface SecretReads extends TimeWindow {
  sources: string[];
  /** The identities that Keyward itself reads the cluster as. */
  own: string[];
  /** By UTC day. */
  days: Record<string, ReadTally[]>;
}
