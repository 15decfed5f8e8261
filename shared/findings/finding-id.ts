import { createHash } from 'node:crypto';

/**
 * The id of a finding: a pure function of the check, the resource, the cluster's ARN and the subject.
 * It can never change: Security Hub, exceptions and baselines know findings by it.
 */
export const toFindingId = (
  check: string,
  resource: string,
  clusterArn: string | null,
  subject: string | null,
): string =>
  `keyward-${createHash('sha256')
    .update(JSON.stringify([check, resource, clusterArn, subject]))
    .digest('hex')
    .slice(0, 40)}`;
