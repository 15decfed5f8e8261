/** What IAM Access Analyzer finds of a key that lets in somebody from outside. */
import type { FindingSummary } from '@aws-sdk/client-accessanalyzer';

const createdAt = new Date('2026-10-01T09:00:00Z');

/** Takes the key and who is let in to do what; gives an active finding. */
export const analyzerFinding = (
  keyArn: string,
  principal: Record<string, string>,
  action: string[],
  more: Partial<FindingSummary> = {},
): FindingSummary => ({
  id: '9a3f6f1e-8a0b-4c5d-9e7f-000000000001',
  principal,
  action,
  resource: keyArn,
  isPublic: Object.values(principal).includes('*'),
  resourceType: 'AWS::KMS::Key',
  condition: {},
  createdAt,
  analyzedAt: createdAt,
  updatedAt: createdAt,
  status: 'ACTIVE',
  resourceOwnerAccount: keyArn.split(':')[4],
  ...more,
});
