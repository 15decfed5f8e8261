/**
 * What a caller is, by the name and the groups that the API server took it for. Names alone prove nothing: a system's
 * name counts only with the groups that the system gives it, and never with an IAM principal behind it that is not its.
 */
import { parseArn } from '../evidence/arn.ts';
import type { Reader } from '../evidence/reads.ts';
import { isController } from './controllers.ts';

export type ReaderKind =
  /** EKS's own, by its name. Of an IAM principal, whose account it is in has still to be looked at. */
  | 'eks'
  | 'control-plane'
  | 'node'
  | 'service-account'
  | 'anonymous'
  /** Anybody else: people, IAM roles, and names that only look like a system's. */
  | 'other';

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings */
const controlPlane: ReadonlyMap<string, string> = new Map([
  // The server asks itself by a token of its own: https://github.com/kubernetes/apiserver/blob/master/pkg/server/config.go
  ['system:apiserver', 'system:masters'],
  ['system:kube-controller-manager', 'system:authenticated'],
  ['system:kube-scheduler', 'system:authenticated'],
]);

const isArn = (identity: string): boolean => parseArn(identity) !== undefined;

export const toReaderKind = ({ identity, username, groups }: Reader): ReaderKind => {
  const has = (group: string) => groups.includes(group);
  // A node of EKS has its role behind it, and so have some of EKS's own; nothing else of a system's has.
  if (username.startsWith('system:node:')) return has('system:nodes') ? 'node' : 'other';
  if (username.startsWith('eks:')) return has('system:authenticated') ? 'eks' : 'other';
  if (isArn(identity)) return 'other';
  const group = controlPlane.get(username);
  if (group !== undefined) return has(group) ? 'control-plane' : 'other';
  if (username === 'system:anonymous') return has('system:unauthenticated') ? 'anonymous' : 'other';
  const account = parseServiceAccount(username);
  if (!account || !has('system:serviceaccounts') || !has(`system:serviceaccounts:${account.namespace}`))
    return 'other';
  return isController(account) ? 'control-plane' : 'service-account';
};

export interface ServiceAccountName {
  namespace: string;
  name: string;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ */
export const parseServiceAccount = (username: string): ServiceAccountName | undefined => {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
};

const systemName = /^(system:(node|serviceaccount):|system:anonymous$|eks:)/;

/** Whether a name is made like a system's, though its groups, or who stands behind it, say that it is none. */
export const isLookAlike = (reader: Reader): boolean =>
  toReaderKind(reader) === 'other' && (systemName.test(reader.username) || controlPlane.has(reader.username));
