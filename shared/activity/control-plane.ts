/**
 * Whether EKS's control plane called. AWS documents no identity for its calls on a customer's key, so more than one is
 * taken for it: a service that is EKS, a call that EKS made in a role's name (its health checks), and AWS's unnamed
 * own callers where they use the cluster's own encryption context. Nobody outside AWS can set `invokedBy`.
 */
import { getEksContext, isEksService } from '../evidence/eks-grant.ts';
import type { Actor, UseTally } from '../evidence/events.ts';
import type { Grant } from '../evidence/key.ts';

const eksContextKey = 'aws:eks:context';

/** The value by which EKS tells one cluster's data from another's, of calls that use it and nothing beside. */
export const getCalledContext = ({ context }: Pick<UseTally, 'context'>): string | undefined =>
  context[eksContextKey];

export const isCalledByEks = ({ principal, kind, invokedBy }: Actor): boolean =>
  isEksService(invokedBy ?? (kind === 'service' ? principal : ''));

/** Whether one of AWS's own callers called, whom CloudTrail does not name. */
export const isCalledByAws = ({ principal, invokedBy }: Actor): boolean =>
  (invokedBy ?? principal) === 'AWS Internal';

/** Takes calls and the contexts that the cluster's own grants tell; gives whether they are its control plane's. */
export const isControlPlane = (calls: Actor & Pick<UseTally, 'context'>, own: readonly string[]): boolean =>
  isCalledByEks(calls) || (isCalledByAws(calls) && own.includes(getCalledContext(calls) ?? ''));

/** Every context that a grant of the key tells. */
export const getGrantedContexts = (grants: readonly Grant[]): string[] => [
  ...new Set(grants.flatMap((grant) => getEksContext(grant) ?? [])),
];
