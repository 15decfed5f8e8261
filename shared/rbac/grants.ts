/** What is given to whom, and where: RBAC's bindings, each with what its role holds. */
import { isGlobMatch } from '../evidence/glob.ts';
import type { RbacSubject, RoleBinding } from '../evidence/kubernetes/rbac.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { toAccountId, toGroupId, toUserId } from './identities.ts';
import { type Permission, type Powers, toPowers } from './permissions.ts';
import { createRuleFinder, toRoleKey } from './roles.ts';

/** One namespace, or the whole cluster. */
export interface Place {
  namespace?: string;
}

export interface Grant extends Place {
  powers: Powers;
  /** What gives it, as a finding names it. */
  by: string;
  /** Where a role gives it: its key, and whether there is no such role (yet). */
  role?: string;
  isDangling?: boolean;
  binding?: RoleBinding;
  /** Whether it is given to everybody, or to every service account. */
  isCommon?: boolean;
}

/** A manifest can leave its namespace open: then it is empty. */
export const toPlaceName = ({ namespace }: Place): string =>
  namespace === undefined
    ? 'every namespace'
    : namespace === ''
      ? 'the namespace it is applied to'
      : `namespace ${namespace}`;

/** Where both hold, or undefined. */
export const toCommonPlace = (a: Place, b: Place): Place | undefined => {
  if (a.namespace === undefined) return b.namespace === undefined ? {} : { namespace: b.namespace };
  return b.namespace === undefined || a.namespace === b.namespace ? { namespace: a.namespace } : undefined;
};

/** The places of an access policy's namespaces, which can be patterns. */
export const toPlaces = (patterns: readonly string[], namespaces: ReadonlySet<string>): Place[] => {
  if (patterns.some((pattern) => /^\*+$/.test(pattern))) return [{}];
  const named = patterns.filter((pattern) => !pattern.includes('*'));
  const matched = [...namespaces].filter((namespace) =>
    patterns.some((pattern) => isGlobMatch(pattern, namespace)),
  );
  return [...new Set([...named, ...matched])].map((namespace) => ({ namespace }));
};

export const toBindingName = ({ kind, namespace, name }: RoleBinding): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** A service account without a namespace is one of the binding's own, if that has one. */
const toSubjectId = ({ kind, namespace, name }: RbacSubject, place: Place): string | undefined => {
  if (kind === 'User') return toUserId(name);
  if (kind === 'Group') return toGroupId(name);
  const home = namespace || place.namespace;
  return home === undefined ? undefined : toAccountId(home, name);
};

export type FindPowers = (role: string, isBoundInNamespace: boolean) => Powers | undefined;

/** Gives a way to look up what a role holds, by its key; undefined where there is no such role. */
export const createPowersFinder = ({ roles }: Pick<ClusterAccess, 'roles'>): FindPowers => {
  const findRules = createRuleFinder(roles);
  const found = [true, false].map(() => new Map<string, Powers>());
  return (role, isBoundInNamespace) => {
    const known = found[isBoundInNamespace ? 0 : 1]?.get(role);
    if (known) return known;
    const rules = findRules(role);
    if (!rules) return undefined;
    const powers = toPowers(rules, isBoundInNamespace);
    found[isBoundInNamespace ? 0 : 1]?.set(role, powers);
    return powers;
  };
};

export const toBoundRole = ({ roleRef, namespace }: RoleBinding): string =>
  toRoleKey(
    roleRef.kind === 'ClusterRole'
      ? { kind: 'ClusterRole', name: roleRef.name }
      : { kind: 'Role', name: roleRef.name, ...(namespace === undefined ? {} : { namespace }) },
  );

/** What every subject of a binding is given, by the subject's id. */
export const collectGrants = (
  roleBindings: readonly RoleBinding[],
  findPowers: FindPowers,
): Map<string, Grant[]> => {
  const grants = new Map<string, Grant[]>();
  for (const binding of roleBindings) {
    const place: Place =
      binding.kind === 'RoleBinding' && binding.namespace !== undefined
        ? { namespace: binding.namespace }
        : {};
    const role = toBoundRole(binding);
    const powers = findPowers(role, place.namespace !== undefined);
    const grant: Grant = {
      ...place,
      powers: powers ?? new Map(),
      by: `${toBindingName(binding)} of ${role}`,
      role,
      binding,
      isDangling: powers === undefined,
    };
    for (const id of new Set(binding.subjects.map((subject) => toSubjectId(subject, place)))) {
      if (id === undefined) continue;
      const known = grants.get(id);
      if (known) known.push(grant);
      else grants.set(id, [grant]);
    }
  }
  return grants;
};

/** The grants that hold each permission. */
export type Holdings = ReadonlyMap<Permission, readonly Grant[]>;

export const toHoldings = (grants: Iterable<Grant>): Holdings => {
  const holdings = new Map<Permission, Grant[]>();
  for (const grant of grants)
    for (const permission of grant.powers.keys()) {
      const known = holdings.get(permission);
      if (known) known.push(grant);
      else holdings.set(permission, [grant]);
    }
  return holdings;
};

export const holding = (holdings: Holdings, permission: Permission): readonly Grant[] =>
  holdings.get(permission) ?? [];
