import { isGlobMatch } from './glob.ts';
import { toPrincipalName } from './principal-arn.ts';
import type { Settings } from './settings.ts';

/**
 * Whether the configuration expects this principal for this cluster: its globs are tried on the ARN as AWS gave it,
 * and a session is expected where its role is.
 */
export const isExpectedPrincipal = (
  principal: string,
  clusterName: string,
  expected: Settings['expected']['decrypters'],
): boolean =>
  expected.some(
    (entry) =>
      isGlobMatch(entry.clusters ?? '*', clusterName) &&
      (isGlobMatch(entry.principal, principal) || isGlobMatch(entry.principal, toPrincipalName(principal))),
  );
