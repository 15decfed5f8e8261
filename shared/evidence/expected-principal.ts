import { parseArn } from './arn.ts';
import { isGlobMatch } from './glob.ts';
import { toPrincipalName } from './principal-arn.ts';
import type { Settings } from './settings.ts';

/** A session's name is its caller's to choose, so nothing may hang on it; what stands before it is the role's. */
const withoutSession = (principal: string): string => {
  const arn = parseArn(principal);
  const isSession = arn?.service === 'sts' && arn.resource.startsWith('assumed-role/');
  return isSession ? principal.split('/').slice(0, 2).join('/').concat('/') : principal;
};

/**
 * Whether the configuration expects this principal for this cluster: its globs are tried on the ARN as AWS gave it
 * and on the name without path, and of a session on its role alone.
 */
export const isExpectedPrincipal = (
  principal: string,
  clusterName: string,
  expected: Settings['expected']['decrypters'],
): boolean =>
  expected.some(
    (entry) =>
      isGlobMatch(entry.clusters ?? '*', clusterName) &&
      (isGlobMatch(entry.principal, withoutSession(principal)) ||
        isGlobMatch(entry.principal, toPrincipalName(principal))),
  );
