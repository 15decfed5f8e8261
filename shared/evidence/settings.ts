/** The resolved configuration: what a run was told to expect. Saved with its evidence, so it judges the same next year. */
import { z } from 'zod';

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const severity = z.enum(severities);
export type Severity = z.infer<typeof severity>;

const accountId = z.string().regex(/^\d{12}$/, 'an account is 12 digits, in quotes');
const days = z.number().int().min(1);
const count = z.number().int().min(0);

const expectedPrincipal = z
  .union([
    z.string(),
    z.strictObject({ principal: z.string(), clusters: z.string().optional(), reason: z.string().optional() }),
  ])
  .transform((entry) => (typeof entry === 'string' ? { principal: entry } : entry));

const expectedPrincipals = z.array(expectedPrincipal).default([]);

const exception = z.strictObject({
  check: z.string(),
  resource: z.string().default('*'),
  cluster: z.string().default('*'),
  subject: z.string().optional(),
  reason: z.string().min(1),
  owner: z.string().min(1),
  expires: z.iso.date('a day as YYYY-MM-DD'),
});
export type Exception = z.infer<typeof exception>;

export const settings = z.strictObject({
  organizationId: z
    .string()
    .regex(/^o-[a-z0-9]{10,32}$/, 'an organisation id begins with o-')
    .optional(),
  organizationAccounts: z.array(accountId).optional(),
  trustedAccounts: z.array(accountId).default([]),
  expected: z
    .strictObject({
      decrypters: expectedPrincipals,
      administrators: expectedPrincipals,
      accountAdministrators: z.boolean().default(true),
      replicaRegions: z.array(z.string()).default([]),
      secretWriters: expectedPrincipals,
      secretReaders: expectedPrincipals,
      secretVariables: z.boolean().default(false),
    })
    .prefault({}),
  thresholds: z
    .strictObject({
      rotationDays: days.default(365),
      newKeyGraceDays: count.default(1),
      secretAgeDays: days.default(365),
      materialExpiryDays: count.default(30),
      deniedDecrypts: count.default(10),
      deniedReads: count.default(10),
      clusterWideReaders: count.default(5),
      baselineDays: days.default(14),
      eventRetentionDays: days.default(90),
    })
    .prefault({}),
  publish: z
    .strictObject({ passed: z.boolean().default(false), minimumSeverity: severity.default('low') })
    .prefault({}),
  checks: z.record(z.string(), z.union([z.literal('off'), z.strictObject({ severity })])).default({}),
  exceptions: z.array(exception).default([]),
});
export type Settings = z.infer<typeof settings>;
