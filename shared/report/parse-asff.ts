/** From what Security Hub knows of a finding back to what is tracked of it. */
import { z } from 'zod';
import { severity } from '../evidence/settings.ts';
import { timestamp } from '../evidence/timestamp.ts';
import { finding } from '../findings/finding.ts';
import { toFindingId } from '../findings/finding-id.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import { toGeneratorId, toProductArn } from './asff.ts';

const exception = z
  .string()
  .transform((text) => JSON.parse(text))
  .pipe(finding.shape.exception);

const asff = z.object({
  Id: z.string(),
  ProductArn: z.string(),
  GeneratorId: z.string(),
  CreatedAt: timestamp,
  UpdatedAt: timestamp,
  Title: z.string(),
  Description: z.string(),
  RecordState: z.enum(['ACTIVE', 'ARCHIVED']).default('ACTIVE'),
  Compliance: z.object({ Status: z.enum(['PASSED', 'FAILED', 'NOT_AVAILABLE']) }),
  Remediation: z
    .object({ Recommendation: z.object({ Text: z.string().default(''), Url: z.url().optional() }) })
    .optional(),
  Workflow: z.object({ Status: z.string().optional() }).optional(),
  // What asff.ts writes there.
  ProductFields: z.object({
    'keyward/check': z.string(),
    'keyward/resource': z.string(),
    'keyward/cluster': z.string(),
    'keyward/subject': z.string().optional(),
    'keyward/kind': finding.shape.kind,
    'keyward/severity': severity,
    'keyward/exception': exception.optional().catch(undefined),
  }),
});

const statuses = { PASSED: 'pass', FAILED: 'fail', NOT_AVAILABLE: 'unknown' } as const;

/**
 * Takes a finding as Security Hub gave it, and the place it was read in; gives what is tracked of it. Undefined where
 * it is not Keyward's own: product, generator and id are compared whole, so another tool's is never taken for it.
 */
export const parseAsff = (
  raw: unknown,
  { partition, account, region }: { partition: string; account: string; region: string },
): TrackedFinding | undefined => {
  const parsed = asff.safeParse(raw);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const fields = data.ProductFields;
  const { 'keyward/check': check, 'keyward/resource': resource, 'keyward/cluster': cluster } = fields;
  const subject = fields['keyward/subject'] ?? null;
  const id = toFindingId(
    check,
    resource,
    `arn:${partition}:eks:${region}:${account}:cluster/${cluster}`,
    subject,
  );
  const isOwn =
    data.Id === id &&
    data.GeneratorId === toGeneratorId(check) &&
    data.ProductArn === toProductArn(partition, account, region);
  if (!isOwn) return undefined;

  const status = statuses[data.Compliance.Status];
  const { Text: advice = '', Url: url } = data.Remediation?.Recommendation ?? {};
  return {
    finding: {
      id,
      check,
      status,
      severity: fields['keyward/severity'],
      account,
      region,
      cluster,
      resource,
      subject,
      kind: fields['keyward/kind'],
      title: data.Title,
      message: data.Description,
      remediation: { text: advice, ...(url ? { url } : {}) },
      references: [],
      exception: fields['keyward/exception'],
    },
    isOpen: data.RecordState === 'ACTIVE' && status !== 'pass',
    recordState: data.RecordState,
    firstSeenAt: data.CreatedAt,
    publishedAt: data.UpdatedAt,
    workflow: data.Workflow?.Status,
  };
};
