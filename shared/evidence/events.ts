/**
 * What happened to a key, by UTC day: its history. Changes are kept singly; use as tallies, since a control plane
 * alone makes thousands of calls a day.
 */
import { z } from 'zod';
import { unknownReason } from './fact.ts';
import { grant } from './key.ts';

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
const actorKind = z.enum(['role', 'user', 'root', 'federated', 'account', 'service', 'other']);

/** Who called: a session as its role, a service as its name, a caller of another account as that account. */
const actor = z.object({
  principal: z.string(),
  kind: actorKind,
  /** The account of the caller, where the event tells it. */
  account: z.string().optional(),
  /** The AWS service that called in the principal's name, or as itself. */
  invokedBy: z.string().optional(),
});
export type Actor = z.infer<typeof actor>;

/** `ReEncrypt` opens one key's ciphertext and seals with another: the source's side is From, the target's To. */
export const useOperations = [
  'Decrypt',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
] as const;
export const useOperation = z.enum(useOperations);
export type UseOperation = z.infer<typeof useOperation>;

const moment = z.string();
const encryptionContext = z.record(z.string(), z.string());

/** Calls that agree in who, what, under which encryption context and how they ended, of one UTC day. */
const useTally = z.object({
  ...actor.shape,
  operation: useOperation,
  context: encryptionContext,
  /** `success`, or the error's code. */
  outcome: z.string(),
  count: z.number(),
  first: moment,
  last: moment,
  /** Ids of the first events, at most `mostNamed`. So are sources and agents. */
  events: z.array(z.string()),
  sources: z.array(z.string()),
  agents: z.array(z.string()),
});
export type UseTally = z.infer<typeof useTally>;

/** Twenty are enough to find the rest by; the count is always whole. */
export const mostNamed = 20;

/** One call that changed, or tried to change, the key or who may use it. */
const keyChange = z.object({
  ...actor.shape,
  id: z.string(),
  time: moment,
  /** The event's name: PutKeyPolicy, CreateGrant … */
  name: z.string(),
  /** `success`, or the error's code. */
  outcome: z.string(),
  source: z.string(),
  agent: z.string(),
  /** PutKeyPolicy: the whole policy. */
  policy: z.string().optional(),
  /** PutKeyPolicy and CreateKey: whether the check that somebody is left to administer the key was switched off. */
  bypassesLockoutCheck: z.boolean().optional(),
  /** CreateGrant: the grant as ListGrants would tell it. */
  grant: grant.partial({ GrantId: true }).optional(),
  /** RevokeGrant, RetireGrant: which grant. */
  grantId: z.string().optional(),
  /** What else it changed, in a few words: a Region, a number of days, an alias. */
  detail: z.string().optional(),
});
export type KeyChange = z.infer<typeof keyChange>;

export const eventSource = z.enum([
  'lookup-events',
  'log-files',
  'athena',
  'audit-log-files',
  'cloudwatch-logs',
]);
export type EventSource = z.infer<typeof eventSource>;

/** A time of which a source did not show everything, and why. */
const eventGap = z.object({ from: moment, to: moment, reason: unknownReason, what: z.string() });
export type EventGap = z.infer<typeof eventGap>;

export const partOf = <S extends z.ZodType>(item: S) =>
  z.object({
    source: eventSource,
    readAt: moment,
    /** The part of the day that was asked for. */
    from: moment,
    to: moment,
    gaps: z.array(eventGap),
    items: z.array(item),
  });

export type DayPart<Item> = {
  source: EventSource;
  readAt: string;
  from: string;
  to: string;
  gaps: EventGap[];
  items: Item[];
};

/** One UTC day, as far as it was read: a day that is read again replaces itself, so nothing counts twice. */
const historyDay = z.object({ use: partOf(useTally).optional(), changes: partOf(keyChange).optional() });
export type HistoryDay = z.infer<typeof historyDay>;

/** `history/ACCOUNT/REGION/KEY`: by UTC day, `2026-11-24`. */
export const keyHistory = z.object({
  key: z.string(),
  collectedAt: moment,
  /** The run that read it last. */
  run: z.string().optional(),
  days: z.record(z.string(), historyDay),
});
export type KeyHistory = z.infer<typeof keyHistory>;

/** A time, both ends as ISO 8601. */
export interface TimeWindow {
  from: string;
  to: string;
}

/** From when to when there is an answer; what was seen after `to` is given, but its absence claims nothing. */
interface Window extends TimeWindow {
  sources: EventSource[];
}

/** The facts that checks read: what is missing of the window are the fact's missing parts. */
export interface KeyUse extends Window {
  /** By UTC day. */
  days: Record<string, UseTally[]>;
}

export interface KeyChanges extends Window {
  changes: KeyChange[];
}
