import { isGlobMatch } from './glob.ts';
import { toPrincipalName } from './principal-arn.ts';
import type { Settings } from './settings.ts';

/**
 * A session's name is its caller's to choose, so nothing may hang on it; what stands before it is the role's, or of
 * GetFederationToken's sessions the account's.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
 */
const withoutSession = (principal: string): string =>
  principal.replace(/^(arn:[^:]+:sts:[^:]*:\d+:(?:assumed-role\/[^/]+|federated-user)\/).*$/s, '$1');

/**
 * Whether the configuration expects this principal for this cluster: its globs are tried on the ARN as AWS gave it
 * and on the name without path, and of a session on its role alone.
 */
export const isExpectedPrincipal = (
  principal: string,
  clusterName: string,
  expected: Settings['expected']['decrypters'],
): boolean => {
  const unchosen = withoutSession(principal);
  return expected.some(
    (entry) =>
      isGlobMatch(entry.clusters ?? '*', clusterName) &&
      (isGlobMatch(entry.principal, unchosen) || isGlobMatch(entry.principal, toPrincipalName(unchosen))),
  );
};
