import { parseArn } from './arn.ts';

/**
 * A principal's ARN without session and path: names are unique in an account, and a new session name makes no new
 * principal. Anything else (a service, an account's root, a unique id) is left as it is.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export const toPrincipalName = (principal: string): string => {
  const arn = parseArn(principal);
  if (!arn) return principal;
  const [kind = '', ...names] = arn.resource.split('/');
  const toIam = (type: string, name: string | undefined) =>
    name ? `arn:${arn.partition}:iam::${arn.account}:${type}/${name}` : principal;
  if (arn.service === 'sts' && kind === 'assumed-role') return toIam('role', names[0]);
  if (arn.service === 'iam' && (kind === 'role' || kind === 'user')) return toIam(kind, names.at(-1));
  return principal;
};

/**
 * Whether IAM left a unique id (AROA…, AIDA…) where a principal was deleted. Nobody is that principal any more.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export const isDeletedPrincipal = (principal: string): boolean =>
  /^A[A-Z]{3}[A-Z0-9]{12,28}$/.test(principal);
