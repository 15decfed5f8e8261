import { isGlobMatch } from './glob.ts';
import type { Settings } from './settings.ts';

/** Whether the configuration expects this principal for this cluster: its globs are tried on the ARN as AWS gave it. */
export const isExpectedPrincipal = (
  principal: string,
  clusterName: string,
  expected: Settings['expected']['decrypters'],
): boolean =>
  expected.some(
    (entry) => isGlobMatch(entry.principal, principal) && isGlobMatch(entry.clusters ?? '*', clusterName),
  );
