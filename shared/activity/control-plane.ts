/**
 * Whether EKS's control plane called. AWS documents no identity for its calls on a customer's key, so more than one is
 * taken for it: a service that is EKS, a call that EKS made in a role's name (its health checks), and AWS's unnamed
 * own callers, with nobody behind them, where they use the cluster's own encryption context. Nobody outside AWS can set
 * `invokedBy`, but AWS calls in the name of whoever asks a service for something.
 */
import { getEksContext, isEksService } from '../evidence/eks-grant.ts';
import type { Actor, UseTally } from '../evidence/events.ts';
import type { Grant } from '../evidence/key.ts';

const eksContextKey = 'aws:eks:context';

/** The value by which EKS tells one cluster's data from another's, of calls that name one. */
export const getCalledContext = ({ context }: Pick<UseTally, 'context'>): string | undefined =>
  context[eksContextKey];

export const isCalledByEks = ({ principal, kind, invokedBy }: Actor): boolean =>
  isEksService(invokedBy ?? (kind === 'service' ? principal : ''));

const unnamed = 'AWS Internal';

/** Whether one of AWS's own callers called, whom CloudTrail does not name: no ARN stands behind the call. */
export const isCalledByAws = ({ principal, kind }: Actor): boolean =>
  principal === unnamed && (kind === 'service' || kind === 'other');

/** Whether such a caller called in a principal's name: any customer's role may be that principal. */
export const isCalledThroughAws = (actor: Actor): boolean =>
  actor.invokedBy === unnamed && !isCalledByAws(actor);

/** Takes calls and the contexts that the cluster's own grants tell; gives whether they are its control plane's. */
export const isControlPlane = (calls: Actor & Pick<UseTally, 'context'>, own: readonly string[]): boolean =>
  isCalledByEks(calls) || (isCalledByAws(calls) && own.includes(getCalledContext(calls) ?? ''));

/** Every context that a grant of the key tells. */
export const getGrantedContexts = (grants: readonly Grant[]): string[] => [
  ...new Set(grants.flatMap((grant) => getEksContext(grant) ?? [])),
];
