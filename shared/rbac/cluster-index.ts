/** What there is in a cluster, to be found by name and place. */
import type { Role, RoleBinding } from '../evidence/kubernetes/rbac.ts';
import { secretTypes } from '../evidence/kubernetes/secret.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { Place } from './grants.ts';
import { type AccountName, parseAccount, toAccountId } from './identities.ts';
import { isNamed, type Names } from './permissions.ts';
import { toRoleKey } from './roles.ts';

const toKey = ({ namespace, name }: AccountName) => `${namespace}/${name}`;

/** A service account's token that lies in a Secret. */
export interface TokenSecret {
  namespace: string;
  name: string;
  account: string;
}

/** Takes a cluster, and the ids of all subjects of its bindings; gives ways to look up what is there. */
export const createIndex = (access: ClusterAccess, bound: Iterable<string>) => {
  const { roles, roleBindings, serviceAccounts, workloads = [], secrets = [] } = access;
  const boundAccounts = [...bound].flatMap((id) => parseAccount(id) ?? []);
  const existing = new Map((serviceAccounts ?? boundAccounts).map((account) => [toKey(account), account]));
  const every = new Map([...boundAccounts.map((one) => [toKey(one), one] as const), ...existing]);
  const tokens = secrets.flatMap(({ type, namespace, name, serviceAccount }): TokenSecret[] =>
    type === secretTypes.serviceAccountToken && serviceAccount !== undefined
      ? [{ namespace, name, account: toAccountId(namespace, serviceAccount) }]
      : [],
  );
  const withoutToken = new Set(
    (serviceAccounts ?? [])
      .filter(({ automountServiceAccountToken }) => automountServiceAccountToken === false)
      .map(toKey),
  );
  // A pod says itself whether it holds its account's token, else its account does.
  const running = workloads.flatMap(({ namespace, spec }): AccountName[] => {
    const account = { namespace, name: spec.serviceAccountName ?? 'default' };
    return (spec.automountServiceAccountToken ?? !withoutToken.has(toKey(account))) ? [account] : [];
  });
  return {
    isAwsAuthHonoured: access.isAwsAuthHonoured === true,
    /** Service accounts that exist, as far as that is known, and those too that are only bound. */
    existing,
    every,
    running: [...new Map(running.map((account) => [toKey(account), account])).values()],
    tokens,
    findAccounts: createAccountFinder(existing.values()),
    findBoundAccounts: createAccountFinder(every.values()),
    /** The ids of service accounts whose tokens these Secrets hold. */
    findTokensOf: ({ namespace }: Place, names: ReadonlySet<string>): string[] =>
      tokens
        .filter(
          (token) => (namespace === undefined || token.namespace === namespace) && names.has(token.name),
        )
        .map(({ account }) => account),
    ...createRbacFinders(roles, roleBindings),
  };
};
export type ClusterIndex = ReturnType<typeof createIndex>;

/** Gives a way to find the ids of service accounts with these names in a place. */
const createAccountFinder = (accounts: Iterable<AccountName>) => {
  const byName = Map.groupBy(accounts, ({ name }) => name);
  return ({ namespace }: Place, names: ReadonlySet<string>): string[] =>
    [...names].flatMap((name) =>
      (byName.get(name) ?? [])
        .filter((account) => namespace === undefined || account.namespace === namespace)
        .map((account) => toAccountId(account.namespace, account.name)),
    );
};

const createRbacFinders = (roles: readonly Role[], roleBindings: readonly RoleBinding[]) => {
  const namespacedRoles = roles.filter(({ kind }) => kind === 'Role');
  const rolesByNamespace = Map.groupBy(namespacedRoles, ({ namespace }) => namespace);
  const bindings = Map.groupBy(roleBindings, ({ kind }) => kind);
  const bindingsByNamespace = Map.groupBy(bindings.get('RoleBinding') ?? [], ({ namespace }) => namespace);
  return {
    /** The Roles in a place that have such a name, each with where it holds. */
    findRoles: (names: Names, { namespace }: Place): { role: string; home: Place }[] =>
      (namespace === undefined ? namespacedRoles : (rolesByNamespace.get(namespace) ?? []))
        .filter(({ name }) => isNamed(names, name))
        .map((role) => ({
          role: toRoleKey(role),
          home: role.namespace === undefined ? {} : { namespace: role.namespace },
        })),
    findBindings: (kind: RoleBinding['kind'], { namespace }: Place): RoleBinding[] =>
      kind === 'ClusterRoleBinding' || namespace === undefined
        ? (bindings.get(kind) ?? [])
        : (bindingsByNamespace.get(namespace) ?? []),
  };
};
