/** The answer of `keyward plan`: schema keyward/plan-v1, as `--format json` prints it. */
import { z } from 'zod';
import { unknownReason } from '../evidence/fact.ts';
import { severities } from '../evidence/settings.ts';
import { change, gap } from '../who/document.ts';

const notKnown = z.strictObject({ unknown: unknownReason, detail: z.string() });

/** `mind`: nothing stands in the way, yet somebody should have thought of it. */
const answer = z.enum(['ready', 'blocked', 'unknown', 'mind']);
export type Answer = z.infer<typeof answer>;

const preflight = z.strictObject({
  id: z.string(),
  answer,
  detail: z.string(),
  /** What the answer is once the policy of this plan is the key's, where that makes a difference. */
  underThePolicy: answer.optional(),
});
export type Preflight = z.infer<typeof preflight>;

/** Lines to paste or to click; none where that tool can't do it. */
const ways = z.strictObject({
  eksctl: z.array(z.string()),
  cli: z.array(z.string()),
  console: z.array(z.string()),
});
export type Ways = z.infer<typeof ways>;

const step = z.strictObject({
  title: z.string(),
  why: z.string(),
  /** What to do, in words, where the ways do not say all. */
  fix: z.string().nullable(),
  severity: z.enum(severities).nullable(),
  /** The check whose failure it mends. */
  check: z.string().nullable(),
  ways,
});
export type Step = z.infer<typeof step>;

export const statement = z.record(z.string(), z.unknown());
export type PolicyStatement = z.infer<typeof statement>;
const difference = z.strictObject({
  added: z.array(statement),
  removed: z.array(statement),
  kept: z.array(statement),
});
export type Difference = z.infer<typeof difference>;

const failure = z.strictObject({ check: z.string(), severity: z.enum(severities), message: z.string() });
export type Failure = z.infer<typeof failure>;

const proposal = z.strictObject({
  document: z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statement) }),
  difference: z.union([difference, notKnown]),
  /** What the evaluator says of it. */
  changes: z.union([z.strictObject({ gains: z.array(change), losses: z.array(change) }), notKnown]),
  keepsAdministrator: z.union([z.boolean(), notKnown]),
  roleSeesKey: z.union([z.boolean(), notKnown]),
  eksKeepsKey: z.union([z.boolean(), notKnown]),
  /** Failures of today that it ends, and failures that it would bring. */
  ends: z.array(failure),
  brings: z.array(failure),
});
export type Proposal = z.infer<typeof proposal>;

export const planDocument = z.strictObject({
  schema: z.literal('keyward/plan-v1'),
  cluster: z.string(),
  version: z.string().nullable(),
  /** The key that the plan is about; null where one is yet to be made, or the cluster could take none. */
  key: z.string().nullable(),
  /** With what the cluster is sealed today. */
  sealedWith: z.union([z.enum(['no-customer-key', 'aws-managed-key', 'customer-key']), notKnown]),
  preflight: z.array(preflight),
  steps: z.array(step),
  undecided: z.array(z.strictObject({ check: z.string(), reason: z.string(), detail: z.string() })),
  policy: z.union([proposal, notKnown]),
  verify: z.array(
    z.strictObject({ claim: z.string(), checks: z.array(z.string()), command: z.string().nullable() }),
  ),
  notVisible: z.array(gap),
});
export type PlanDocument = z.infer<typeof planDocument>;
