/**
 * The resolved configuration: what a run was told to expect. Saved with its evidence, so it judges the same next year.
 * The descriptions are what docs/configuration.md and the JSON Schema say.
 */
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

const expectedPrincipals = z.array(expectedPrincipal).prefault([]);

const exception = z.strictObject({
  check: z
    .string()
    .meta({ description: 'a glob on check ids; it must match one', examples: ['key-rotates'] }),
  resource: z
    .string()
    .default('*')
    .meta({
      description: 'a glob on the ARN that was judged',
      examples: ['arn:aws:kms:*:*:key/*'],
    }),
  cluster: z
    .string()
    .default('*')
    .meta({ description: 'a glob on the cluster’s name', examples: ['test-*'] }),
  subject: z
    .string()
    .optional()
    .meta({ description: 'a glob on the principal, grant, statement or replica; not given: any' }),
  reason: z.string().min(1).meta({ description: 'shown wherever the failure is' }),
  owner: z.string().min(1).meta({ description: 'who stands behind it; shown with the reason' }),
  expires: z.iso
    .date({
      error: ({ input }) =>
        /^\d{4}-\d{2}-\d{2}$/.test(String(input))
          ? 'there is no such day'
          : 'a day as YYYY-MM-DD is expected',
    })
    .meta({ description: 'the last day it holds, in UTC', examples: ['2027-03-31'] }),
});
export type Exception = z.infer<typeof exception>;

const expected = z.strictObject({
  decrypters: expectedPrincipals.meta({
    description: 'who may open the cluster’s data: key-decrypters-are-expected, key-grants-are-expected',
    examples: [['arn:aws:iam::111122223333:role/backup-*']],
  }),
  administrators: expectedPrincipals.meta({
    description:
      'who may take a key away or change it: key-destroyers-are-expected, key-changes-are-expected',
  }),
  accountAdministrators: z.boolean().default(true).meta({
    description:
      '`false` fails those who hold `kms:*` on everything, too: key-decrypters-are-expected, key-destroyers-are-expected',
  }),
  replicaRegions: z
    .array(z.string())
    .default([])
    .meta({
      description:
        'Regions in which a multi-Region key may have replicas, as globs: key-replicas-are-expected',
      examples: [['eu-west-1']],
    }),
  secretWriters: expectedPrincipals.meta({
    description: 'who may change Secrets: secret-changes-are-expected',
  }),
  secretReaders: expectedPrincipals.meta({
    description:
      'who may read Secrets: secret-readers-are-expected, secret-listing-is-rare, secret-denials-are-rare, secret-access-is-limited, access-policies-limit-secret-readers',
    examples: [['system:serviceaccount:cert-manager:*']],
  }),
  secretVariables: z.boolean().default(false).meta({
    description:
      '`true` lets a variable take a single value of a Secret; private keys, `tls`, `ssh-auth` and docker configurations still fail: secrets-are-mounted-not-exported',
  }),
});

const thresholds = z.strictObject({
  rotationDays: days.default(365).meta({ description: 'key-rotates: the longest period allowed' }),
  newKeyGraceDays: count.default(1).meta({ description: 'key-rotates: a younger key is not judged' }),
  secretAgeDays: days.default(365).meta({
    description: 'secrets-are-renewed: how long ago the last recorded write of a Secret may be',
  }),
  materialExpiryDays: count
    .default(30)
    .meta({ description: 'key-material-does-not-expire: days left from which it fails' }),
  deniedDecrypts: count.default(10).meta({
    description:
      'denied uses of a key by one principal and UTC day above which decrypt-denials-are-rare fails',
  }),
  deniedReads: count.default(10).meta({
    description:
      'refused reads of Secrets by one identity and UTC day above which secret-denials-are-rare fails',
  }),
  clusterWideReaders: count.default(5).meta({
    description:
      'expected readers of every Secret above which secret-access-is-limited and access-policies-limit-secret-readers fail',
  }),
  baselineDays: days
    .default(14)
    .meta({ description: 'complete days that decrypt-volume-is-normal needs before it judges' }),
  eventRetentionDays: days.default(90).meta({ description: 'how long what happened is kept and judged' }),
});

const publish = z.strictObject({
  passed: z.boolean().default(false).meta({
    description:
      '`true` publishes every pass of a state check; otherwise a pass is published only where Security Hub showed a failure or an unknown of the same id',
  }),
  minimumSeverity: severity.default('low').meta({
    description: 'what weighs less is neither published nor alerted; what was published before is archived',
  }),
});

export const settings = z.strictObject({
  organizationId: z
    .string()
    .regex(/^o-[a-z0-9]{10,32}$/, 'an organisation id begins with o-')
    .optional()
    .meta({
      description:
        'tells policies bound to your organisation from those bound to another; not given: asked of Organizations, where the caller may',
      examples: ['o-exampleorgid'],
    }),
  organizationAccounts: z.array(accountId).optional(),
  trustedAccounts: z
    .array(accountId)
    .default([])
    .meta({
      description: 'accounts outside the organisation that count as inside',
      examples: [['222233334444']],
    }),
  expected: expected.prefault({}).meta({ description: 'whom and what is expected, as globs' }),
  thresholds: thresholds.prefault({}).meta({ description: 'from where on a check fails' }),
  publish: publish
    .prefault({})
    .meta({ description: 'what the deployed service tells Security Hub and the alerts topic' }),
  checks: z
    .record(z.string(), z.union([z.literal('off'), z.strictObject({ severity })]))
    .default({})
    .meta({
      description:
        'by check id: `off` does not run it, which the run’s `notAsked` says; a severity replaces the severities of all its outcomes',
      examples: [{ 'key-is-dedicated': 'off' }],
    }),
  exceptions: z
    .array(exception)
    .default([])
    .meta({ description: 'failures that somebody decided to live with, until a day' }),
});
export type Settings = z.infer<typeof settings>;
