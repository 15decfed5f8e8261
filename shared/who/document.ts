/** The answer of `keyward who`: schema keyward/who-v1, as `--format json` prints it. */
import { z } from 'zod';
import { unknownReason } from '../evidence/fact.ts';

/** From the strongest: see docs/output.md for what each claims. */
export const answers = ['yes', 'conditional', 'via-escalation', 'no'] as const;
const answer = z.enum(answers);
export type WhoAnswer = z.infer<typeof answer>;

const kinds = [
  'public',
  'organization',
  'account',
  'federated',
  'user',
  'role',
  'session',
  'service',
  'deleted',
] as const;

const principal = z.strictObject({
  principal: z.string(),
  kind: z.enum(kinds),
  decrypt: answer,
  administer: answer,
  destroy: answer,
  expected: z.strictObject({ decrypt: z.boolean(), administer: z.boolean(), destroy: z.boolean() }),
  via: z.array(
    z.strictObject({
      source: z.enum(['key-policy', 'grant', 'identity-policy']),
      ref: z.string(),
      actions: z.array(z.string()),
    }),
  ),
  conditions: z.array(z.string()),
  assumableBy: z.array(
    z.strictObject({
      principal: z.string(),
      kind: z.enum(['principal', 'service', 'federated', 'public']),
      conditions: z.array(z.string()),
    }),
  ),
  group: z.enum(['administrators', 'aws-services']).nullable(),
});
export type WhoPrincipal = z.infer<typeof principal>;

export const gap = z.strictObject({ what: z.string(), account: z.string().optional(), reason: z.string() });
export type Gap = z.infer<typeof gap>;

const notKnown = z.strictObject({ unknown: unknownReason, detail: z.string() });

const may = z.union([z.strictObject({ principals: z.array(principal), missing: z.array(gap) }), notKnown]);
export type WhoMay = z.infer<typeof may>;

export const change = z.strictObject({
  principal: z.string(),
  power: z.enum(['decrypt', 'administer', 'destroy']),
  from: answer,
  to: answer,
});
export type WhoChange = z.infer<typeof change>;

const whatIf = z.strictObject({
  gains: z.array(change),
  losses: z.array(change),
  keepsAdministrator: z.union([z.boolean(), notKnown]),
  clusterKeepsKey: z.union([z.boolean(), notKnown]),
  /** What checks of the key would say anew. */
  checks: z.array(z.strictObject({ check: z.string(), status: z.string(), message: z.string() })),
});
export type WhatIf = z.infer<typeof whatIf>;

const analyzerAgreement = z.strictObject({
  finding: z.string(),
  principal: z.string(),
  /** `not-compared` where the finding is about nothing that Keyward answers. */
  agreement: z.enum(['agrees', 'differs', 'not-compared']),
  why: z.string(),
});
export type AnalyzerAgreement = z.infer<typeof analyzerAgreement>;

const usedBy = z.strictObject({
  principal: z.string(),
  /** How often each operation succeeded. */
  operations: z.record(z.string(), z.number()),
  /** How many calls failed, whatever the reason. */
  denied: z.number(),
  first: z.string(),
  last: z.string(),
  sources: z.array(z.string()),
  contexts: z.array(z.record(z.string(), z.string())),
  expected: z.boolean(),
});
export type UsedBy = z.infer<typeof usedBy>;

const coverage = z.strictObject({
  from: z.string(),
  to: z.string(),
  source: z.string(),
  gaps: z.array(z.strictObject({ from: z.string(), to: z.string(), reason: z.string() })),
});

export type Coverage = z.infer<typeof coverage>;

const used = z.union([z.strictObject({ coverage, principals: z.array(usedBy) }), notKnown]);
export type WhoUsed = z.infer<typeof used>;

const readBy = z.strictObject({
  /** The ARN of an IAM role or user, else the username that the API server knows; `*`: those who are not told apart. */
  identity: z.string(),
  groups: z.array(z.string()),
  /** Who made the requests in the identity's name. */
  impersonator: z.string().optional(),
  /** How often each verb succeeded. */
  verbs: z.record(z.string(), z.number()),
  /** How many requests were refused (403). */
  denied: z.number(),
  /** `NAMESPACE/NAME`, at most twenty; of a list or watch `*` is the name, and of all namespaces the namespace. */
  secrets: z.array(z.string()),
  agents: z.array(z.string()),
  sources: z.array(z.string()),
  /** The names of a role's sessions, which their callers choose. */
  sessions: z.array(z.string()),
  first: z.string(),
  last: z.string(),
  expected: z.boolean(),
  /** Whether these were Keyward's own requests. */
  isKeyward: z.boolean(),
});
export type ReadBy = z.infer<typeof readBy>;

export const whoRead = z.union([
  z.strictObject({
    coverage,
    /** The one Secret that was asked about. */
    secret: z.string().optional(),
    identities: z.array(readBy),
  }),
  notKnown,
]);
export type WhoRead = z.infer<typeof whoRead>;

export const whoDocument = z.strictObject({
  schema: z.literal('keyward/who-v1'),
  cluster: z.string(),
  key: z.string().nullable(),
  may,
  /** Who used the key, where something was asked of CloudTrail. Not who read a Secret. */
  used,
  /** Who read Secrets, where something was asked of the cluster's audit log. Not who used the key. */
  read: whoRead,
  notVisible: z.array(gap),
  /** What IAM Access Analyzer's active findings say of the key, where it is on. */
  accessAnalyzer: z.array(analyzerAgreement).optional(),
  whatIf: whatIf.optional(),
});
export type WhoDocument = z.infer<typeof whoDocument>;

export const canDocument = z.strictObject({
  schema: z.literal('keyward/can-v1'),
  principal: z.string(),
  action: z.string(),
  key: z.string(),
  answer: z.enum(['yes', 'conditional', 'no']),
  because: z.array(
    z.strictObject({
      source: z.string(),
      ref: z.string(),
      effect: z.enum(['allow', 'deny']),
      conditions: z.array(z.string()),
    }),
  ),
  notVisible: z.array(gap),
});
export type CanDocument = z.infer<typeof canDocument>;
