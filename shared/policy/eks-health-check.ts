import { parseArn } from '../evidence/arn.ts';
import type { Request } from './decide.ts';
import { toEveryStatement } from './policies.ts';
import type { Policies } from './policy.ts';

// The session in which EKS looks after a cluster's key, as its CloudTrail events show it.
const sessionName = 'health-check-session';

type ClusterRole = { role: string; tags?: { Key: string; Value: string }[]; organizationId?: string };

/**
 * The request by which EKS looks at a cluster's key in the name of the cluster's role. It carries no encryption
 * context; what else it says besides who asks, and where, nobody documents, so it is left open.
 */
export function toHealthCheck(
  { role, tags = [], organizationId }: ClusterRole,
  action: string,
  keyArn: string,
  policies: Policies,
): Request {
  const { partition, account: accountId } = parseArn(role) ?? { partition: '', account: '' };
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${role.replace(/^.*\//, '')}/${sessionName}`;
  const contextKeys = toEveryStatement(policies)
    .flatMap(({ conditions }) => conditions.map(({ key }) => key))
    .filter((key) => key.startsWith('kms:encryptioncontext'));
  return {
    principal: { kind: 'role-session', arn, roleArn: role, accountId },
    action,
    resource: keyArn,
    context: {
      ...Object.fromEntries(contextKeys.map((key) => [key, []])),
      ...Object.fromEntries(tags.map((tag) => [`aws:PrincipalTag/${tag.Key}`, [tag.Value]])),
      ...(organizationId === undefined ? {} : { 'aws:PrincipalOrgID': [organizationId] }),
      'aws:RequestedRegion': [parseArn(keyArn)?.region ?? ''],
      'aws:SecureTransport': ['true'],
    },
    isClosed: false,
  };
}
