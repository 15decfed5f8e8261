/** The finding and the run's document as `--format json` prints them: schema keyward/v1. */
import { z } from 'zod';
import { unknownReason } from '../evidence/fact.ts';
import { severity } from '../evidence/settings.ts';

export const statuses = ['pass', 'fail', 'unknown', 'not-applicable'] as const;
const status = z.enum(statuses);

export const finding = z.strictObject({
  id: z.string(),
  check: z.string(),
  status,
  severity,
  account: z.string().nullable(),
  region: z.string().nullable(),
  cluster: z.string().nullable(),
  resource: z.string(),
  subject: z.string().nullable(),
  kind: z.enum(['state', 'event']),
  title: z.string(),
  message: z.string(),
  reason: z.string().optional(),
  evidence: z.record(z.string(), z.json()),
  remediation: z.strictObject({ text: z.string(), url: z.url().optional() }),
  references: z.array(z.url()),
  /** Of what a manifest holds: where it stands. */
  origin: z.strictObject({ file: z.string(), line: z.int() }).optional(),
  exception: z.strictObject({ reason: z.string(), owner: z.string(), expires: z.iso.date() }).optional(),
  /** Whether an earlier run said the same of it, where one is compared with. */
  baseline: z.enum(['new', 'unchanged']).optional(),
});
export type Finding = z.infer<typeof finding>;

const target = z.strictObject({
  account: z.string(),
  region: z.string(),
  status: z.enum(['scanned', 'partial', 'failed', 'excluded']),
  reason: z.string().optional(),
});
export type Target = z.infer<typeof target>;

const run = z.strictObject({
  id: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  version: z.string(),
  notAsked: z.array(z.string()),
  targets: z.array(target),
});

export const summary = z.strictObject({
  byStatus: z.record(status, z.int()),
  bySeverity: z.record(severity, z.int()),
  unknownReasons: z.partialRecord(unknownReason, z.int()),
});
export type Summary = z.infer<typeof summary>;

/** A failure of an earlier run that is none any more. */
const goneFinding = finding
  .pick({
    id: true,
    check: true,
    severity: true,
    account: true,
    region: true,
    cluster: true,
    resource: true,
    subject: true,
    kind: true,
    title: true,
    message: true,
    origin: true,
  })
  .extend({ baseline: z.enum(['fixed', 'not seen']) });
export type GoneFinding = z.infer<typeof goneFinding>;

/** What differs from an earlier run. */
const comparison = z.strictObject({
  /** The earlier run, where its findings came with it. */
  run: z.strictObject({ id: z.string(), startedAt: z.iso.datetime() }).nullable(),
  /** Failures that no exception covers: the new ones by severity, and how many are as they were. */
  newBySeverity: z.record(severity, z.int()),
  unchanged: z.int(),
  gone: z.array(goneFinding),
});
export type Comparison = z.infer<typeof comparison>;

export const runDocument = z.strictObject({
  schema: z.literal('keyward/v1'),
  run,
  findings: z.array(finding),
  summary,
  baseline: comparison.optional(),
});
export type RunDocument = z.infer<typeof runDocument>;
