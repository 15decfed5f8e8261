/** What was asked in a run, and how it was answered: counted, so that it can be told who was refused what. */
import { RefusedError, toKubernetesUnknown } from '../collect/kubernetes/kubernetes-error.ts';
import type { UnknownReason } from '../evidence/fact.ts';
import type { Asked, Refusal } from '../report/refused.ts';
import type { Attempt } from '../runtime/attempt.ts';

interface RequestCount {
  permission: string;
  requests: number;
  refused: number;
  throttled: number;
  milliseconds: number;
}

export interface RequestLog {
  /** Counts one; gives why it was not answered, where it was not. */
  add: (attempt: Attempt) => UnknownReason | undefined;
  /** By permission, the most frequent first. */
  listCounts: () => RequestCount[];
  toAsked: () => Asked;
}

/** Whether nobody was recognised at all: no permission would help. A Region that is off answers like that, too. */
const isOfCredentials = (error: unknown): boolean =>
  error instanceof RefusedError
    ? error.statusCode === 401
    : error instanceof Error && /^(UnrecognizedClient|InvalidClientTokenId)/.test(error.name);

/** What AWS says is not allowed, where it says so: to read an object that is sealed takes its key, too. */
const namedAction = /not authorized to perform:? ([\w-]+:\w+)/;

export const createRequestLog = (): RequestLog => {
  const counts = new Map<string, RequestCount>();
  // The same is asked again, by a retry or for another's sake, and is refused but once.
  const refusals = new Map<string, Refusal>();
  const accountsOfRole = new Set<string>();
  let caller: string | undefined;
  let role: string | undefined;
  return {
    add: ({ permission, place, as, subject, milliseconds, error }) => {
      const reason = error === undefined ? undefined : toKubernetesUnknown(error, permission).unknown;
      const isRefused =
        (reason === 'access-denied' && !isOfCredentials(error)) || reason === 'denied-by-organization';
      caller ??= as?.caller;
      role ??= as?.role;
      if (as?.role !== undefined && !('cluster' in place)) accountsOfRole.add(place.account);
      const count = counts.get(permission) ?? {
        permission,
        requests: 0,
        refused: 0,
        throttled: 0,
        milliseconds: 0,
      };
      counts.set(permission, count);
      count.requests += 1;
      count.milliseconds += milliseconds;
      if (isRefused) count.refused += 1;
      if (reason === 'throttled') count.throttled += 1;
      // Where an organisation's policy forbids a Region its line among the targets says so.
      if (isRefused && !(permission === 'eks:ListClusters' && reason === 'denied-by-organization')) {
        const [, named = permission] = namedAction.exec(error instanceof Error ? error.message : '') ?? [];
        const refusal = { permission: named, reason, place, subject };
        refusals.set(JSON.stringify(Object.values(refusal)), refusal);
      }
      return reason;
    },
    listCounts: () => [...counts.values()].sort((a, b) => b.requests - a.requests),
    toAsked: () => ({
      caller,
      ...(role !== undefined ? { role: { name: role, accounts: accountsOfRole.size } } : {}),
      refusals: [...refusals.values()],
    }),
  };
};
