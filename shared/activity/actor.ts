/** Who called, as CloudTrail tells it: a session is its role, a service its name, another account's caller that account. */
import { z } from 'zod';
import { parseArn } from '../evidence/arn.ts';
import type { Actor } from '../evidence/events.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';

const text = z.string().optional();

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export const userIdentity = z.object({
  type: text,
  principalId: text,
  arn: text,
  accountId: text,
  invokedBy: text,
  sessionContext: z.object({ sessionIssuer: z.object({ type: text, arn: text }).optional() }).optional(),
});
type UserIdentity = z.infer<typeof userIdentity>;

/** Services alone call as somebody whom no ARN names; CloudTrail calls some of AWS's own callers `AWS Internal`. */
const nobody = 'AWS Internal';

const toAccountRoot = (account: string, partition: string) => `arn:${partition}:iam::${account}:root`;

/**
 * Takes the identity of an event and the partition that it happened in; gives who called. A caller of another account
 * has no name in the key's account, only a unique id: it counts as that account.
 */
export const toActor = (identity: UserIdentity, partition: string): Actor => {
  const { type, arn, accountId: account, invokedBy } = identity;
  const more = {
    ...(account === undefined ? {} : { account }),
    ...(invokedBy === undefined ? {} : { invokedBy }),
  };
  const issuer = identity.sessionContext?.sessionIssuer;
  // Identities of an old event may say less than their type promises: the ARN decides what it can.
  if (type === 'Root')
    return { principal: arn ?? toAccountRoot(account ?? '', partition), kind: 'root', ...more };
  if (arn !== undefined) return { principal: toName(arn, issuer), kind: toKind(arn), ...more };
  if (type === 'AWSService' || account === undefined)
    return {
      principal: invokedBy ?? identity.principalId ?? nobody,
      kind: invokedBy ? 'service' : 'other',
      ...more,
    };
  return { principal: toAccountRoot(account, partition), kind: 'account', ...more };
};

/** Sessions are folded to the role or user they are of; the issuer is told with its path, the session is not. */
const toName = (arn: string, issuer: { type?: string; arn?: string } | undefined): string =>
  toPrincipalName(issuer?.arn !== undefined && isFolded(issuer.type) ? issuer.arn : arn);

/** Whoever assumes a role or makes sessions of itself (GetFederationToken) chooses their names. */
const isFolded = (issuer: string | undefined): boolean => issuer === 'Role' || issuer === 'IAMUser';

const toKind = (arn: string): Actor['kind'] => {
  const { service, resource = '' } = parseArn(arn) ?? {};
  if (service === 'sts' && resource.startsWith('assumed-role/')) return 'role';
  if (service === 'sts' && resource.startsWith('federated-user/')) return 'federated';
  if (service === 'iam' && resource.startsWith('user/')) return 'user';
  if (service === 'iam' && resource.startsWith('role/')) return 'role';
  return resource === 'root' ? 'root' : 'other';
};
