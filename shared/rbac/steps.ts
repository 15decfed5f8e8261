/** What somebody with some grants can become by his own doing: one step each, to another whom he can then act as. */
import type { ClusterIndex } from './cluster-index.ts';
import {
  type Grant,
  type Holdings,
  holding,
  type Place,
  toBindingName,
  toBoundRole,
  toCommonPlace,
  toHoldings,
  toPlaceName,
} from './grants.ts';
import { masters, parseAccount, toGroupId, toUserId } from './identities.ts';
import { isNamed, type Names, type Permission } from './permissions.ts';
import { toRoleKey } from './roles.ts';

export interface Step {
  to: string;
  /** In words, after "through". */
  through: string;
  uses: readonly Grant[];
  /** What somebody holds then who has got hold of a role, or of all permissions, rather than of somebody's name. */
  gains?: Gain;
}

/** A role, or where none is named all permissions, and where they hold. */
export interface Gain extends Place {
  role?: string;
}

/** Many at once: whoever gets here can become each of them. */
export const hubs = {
  accounts: ({ namespace }: Place) => toHub('accounts', namespace),
  /** Those too that are bound and do not exist. */
  boundAccounts: ({ namespace }: Place) => toHub('bound accounts', namespace),
  running: ({ namespace }: Place) => toHub('running', namespace),
  tokenSecrets: ({ namespace }: Place) => toHub('token secrets', namespace),
  users: 'users',
  groups: 'groups',
};
const toHub = (name: string, namespace: string | undefined): string =>
  namespace === undefined ? name : `${name}:${namespace}`;

const toGaining = ({ role, namespace }: Gain): Pick<Step, 'to' | 'gains'> => ({
  to: `gain:${JSON.stringify([role ?? null, namespace ?? null])}`,
  gains: { ...(role === undefined ? {} : { role }), ...(namespace === undefined ? {} : { namespace }) },
});

/** Each pair of two grants that hold one and the other, with where both do. */
function* toPairs(
  holdings: Holdings,
  one: Permission,
  other: Permission,
): Iterable<{ a: Grant; b: Grant; place: Place }> {
  const ones = holding(holdings, one);
  const others = ones.length > 0 ? holding(holdings, other) : [];
  if (others.length === 0) return;
  const byNamespace = Map.groupBy(others, ({ namespace }) => namespace);
  for (const a of ones) {
    const candidates =
      a.namespace === undefined
        ? others
        : [...(byNamespace.get(undefined) ?? []), ...(byNamespace.get(a.namespace) ?? [])];
    for (const b of candidates) {
      const place = toCommonPlace(a, b);
      if (place) yield { a, b, place };
    }
  }
}

const getNames = (grant: Grant, permission: Permission): Names =>
  grant.powers.get(permission)?.names ?? new Set();

const toCommonNames = (a: Names, b: Names): Names =>
  a === 'all' ? b : b === 'all' ? a : new Set([...a].filter((name) => b.has(name)));

export function* toSteps(grants: readonly Grant[], index: ClusterIndex): Iterable<Step> {
  const holdings = toHoldings(grants);
  if (holdings.size === 0) return;
  yield* toPodSteps(holdings);
  yield* toAccountSteps(holdings, index);
  yield* toImpersonationSteps(holdings, index);
  yield* toBindingSteps(holdings, index);
  yield* toRoleSteps(grants, holdings);
  yield* toCertificateSteps(holdings);
  if (index.isAwsAuthHonoured) yield* toMappingSteps(holdings);
}

function* toPodSteps(holdings: Holdings): Iterable<Step> {
  for (const grant of holding(holdings, 'makePods'))
    yield { to: hubs.accounts(grant), through: `pods in ${toPlaceName(grant)}`, uses: [grant] };
  for (const permission of ['enterPods', 'injectContainers'] as const)
    for (const grant of holding(holdings, permission))
      yield {
        to: hubs.running(grant),
        through: `pods that run in ${toPlaceName(grant)}`,
        uses: [grant],
      };
  for (const grant of holding(holdings, 'proxyNodes'))
    yield { to: hubs.running({}), through: 'the kubelets of nodes', uses: [grant] };
}

function* toAccountSteps(holdings: Holdings, { findAccounts, findTokensOf }: ClusterIndex): Iterable<Step> {
  for (const grant of holding(holdings, 'createTokens')) {
    const names = getNames(grant, 'createTokens');
    const through = `tokens of service accounts in ${toPlaceName(grant)}`;
    if (names === 'all') yield { to: hubs.accounts(grant), through, uses: [grant] };
    else for (const to of findAccounts(grant, names)) yield { to, through, uses: [grant] };
  }
  // A Secret of that type is filled with a token of the service account that its maker names.
  for (const { a, b, place } of toPairs(holdings, 'createSecrets', 'readSecrets'))
    yield {
      to: hubs.accounts(place),
      through: `service account token Secrets made in ${toPlaceName(place)}`,
      uses: [a, b],
    };
  for (const grant of holding(holdings, 'readSecrets')) {
    const names = getNames(grant, 'readSecrets');
    const through = `service account token Secrets in ${toPlaceName(grant)}`;
    if (names === 'all') yield { to: hubs.tokenSecrets(grant), through, uses: [grant] };
    else for (const to of findTokensOf(grant, names)) yield { to, through, uses: [grant] };
  }
  for (const permission of ['makePods', 'createTokens'] as const)
    for (const { a, b, place } of toPairs(holdings, 'createAccounts', permission))
      yield {
        to: hubs.boundAccounts(place),
        through: `service accounts made in ${toPlaceName(place)}`,
        uses: [a, b],
      };
}

/** A user is impersonated without the groups that he has elsewhere; a group only together with some user. */
function* toImpersonationSteps(holdings: Holdings, { findBoundAccounts }: ClusterIndex): Iterable<Step> {
  const users = holding(holdings, 'impersonateUsers');
  for (const grant of users) {
    const names = getNames(grant, 'impersonateUsers');
    const through = 'impersonation of users';
    if (names === 'all') yield { to: hubs.users, through, uses: [grant] };
    // Names of service accounts are asked for as service accounts.
    else
      for (const name of names)
        if (!parseAccount(toUserId(name))) yield { to: toUserId(name), through, uses: [grant] };
  }
  const accounts = holding(holdings, 'impersonateAccounts');
  for (const grant of accounts) {
    const names = getNames(grant, 'impersonateAccounts');
    const through = `impersonation of service accounts in ${toPlaceName(grant)}`;
    if (names === 'all') yield { to: hubs.boundAccounts(grant), through, uses: [grant] };
    else for (const to of findBoundAccounts(grant, names)) yield { to, through, uses: [grant] };
  }
  const [somebody] = [...users, ...accounts];
  if (!somebody) return;
  for (const grant of holding(holdings, 'impersonateGroups')) {
    const names = getNames(grant, 'impersonateGroups');
    for (const to of names === 'all' ? [masters] : [...names].map(toGroupId))
      yield { to, through: 'impersonation of groups', uses: [grant, somebody] };
  }
}

/**
 * Who may bind a role gives it to himself. Without the verb `bind` Kubernetes lets nobody bind more than he has.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
 */
function* toBindingSteps(holdings: Holdings, index: ClusterIndex): Iterable<Step> {
  for (const { a, b } of toPairs(holdings, 'bindClusterRoles', 'createClusterBindings'))
    yield* toBound('ClusterRole', getNames(a, 'bindClusterRoles'), {}, [a, b], index);
  for (const { a, b, place } of toPairs(holdings, 'bindClusterRoles', 'createBindings'))
    yield* toBound('ClusterRole', getNames(a, 'bindClusterRoles'), place, [a, b], index);
  for (const { a, b, place } of toPairs(holdings, 'bindRoles', 'createBindings'))
    yield* toBound('Role', getNames(a, 'bindRoles'), place, [a, b], index);
  for (const { a, b } of toPairs(holdings, 'bindClusterRoles', 'changeClusterBindings'))
    yield* toJoined('ClusterRole', 'changeClusterBindings', a, b, {}, index);
  for (const { a, b, place } of toPairs(holdings, 'bindClusterRoles', 'changeBindings'))
    yield* toJoined('ClusterRole', 'changeBindings', a, b, place, index);
  for (const { a, b, place } of toPairs(holdings, 'bindRoles', 'changeBindings'))
    yield* toJoined('Role', 'changeBindings', a, b, place, index);
}

/** A binding of one's own making. All ClusterRoles are one of them cluster-admin. */
function* toBound(
  kind: 'ClusterRole' | 'Role',
  names: Names,
  place: Place,
  uses: readonly Grant[],
  { findRoles }: ClusterIndex,
): Iterable<Step> {
  if (kind === 'ClusterRole' && names === 'all') {
    yield { ...toGaining(place), through: `a binding of any ClusterRole in ${toPlaceName(place)}`, uses };
    return;
  }
  const found =
    kind === 'Role' || names === 'all'
      ? findRoles(names, place)
      : [...names].map((name) => ({ role: toRoleKey({ kind, name }), home: place }));
  for (const { role, home } of found)
    yield {
      ...toGaining({ ...home, role }),
      through: `a binding of ${role} in ${toPlaceName(home)}`,
      uses,
    };
}

/** A binding that is there, with oneself among its subjects. */
function* toJoined(
  kind: 'ClusterRole' | 'Role',
  changing: 'changeClusterBindings' | 'changeBindings',
  binder: Grant,
  changer: Grant,
  place: Place,
  { findBindings }: ClusterIndex,
): Iterable<Step> {
  const roles = getNames(binder, kind === 'Role' ? 'bindRoles' : 'bindClusterRoles');
  const bindings = getNames(changer, changing);
  const bindingKind = changing === 'changeBindings' ? 'RoleBinding' : 'ClusterRoleBinding';
  for (const binding of findBindings(bindingKind, place)) {
    const { roleRef, namespace, name } = binding;
    if (roleRef.kind !== kind || !isNamed(roles, roleRef.name) || !isNamed(bindings, name)) continue;
    yield {
      ...toGaining({ role: toBoundRole(binding), ...(namespace === undefined ? {} : { namespace }) }),
      through: `a place in ${toBindingName(binding)}`,
      uses: [binder, changer],
    };
  }
}

/** Who may write more into a role than he has, and is given that role, or a name that nobody gave to one yet. */
function* toRoleSteps(grants: readonly Grant[], holdings: Holdings): Iterable<Step> {
  if (!holdings.has('escalateClusterRoles') && !holdings.has('escalateRoles')) return;
  const byNamespace = Map.groupBy(grants, ({ namespace }) => namespace);
  for (const [kind, escalate, change, create] of [
    ['ClusterRole', 'escalateClusterRoles', 'changeClusterRoles', 'createClusterRoles'],
    ['Role', 'escalateRoles', 'changeRoles', 'createRoles'],
  ] as const)
    for (const writing of [change, create])
      for (const { a, b, place: where } of toPairs(holdings, escalate, writing)) {
        const names = toCommonNames(getNames(a, escalate), getNames(b, writing));
        const bound = where.namespace === undefined ? grants : (byNamespace.get(where.namespace) ?? []);
        for (const grant of bound) {
          if (grant.role === undefined || grant.isDangling !== (writing === create)) continue;
          if (grant.binding?.roleRef.kind !== kind || !isNamed(names, grant.binding.roleRef.name)) continue;
          const { namespace } = grant;
          const place = namespace === undefined ? {} : { namespace };
          yield { ...toGaining(place), through: `a change of ${grant.role}`, uses: [a, b, grant] };
        }
      }
}

const clientSigner = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/*'];

/** A client's certificate names any user and groups, but system:masters, where the control plane signs it. */
function* toCertificateSteps(holdings: Holdings): Iterable<Step> {
  const [request] = holding(holdings, 'requestCertificates');
  const [approval] = holding(holdings, 'approveRequests');
  const signer = holding(holdings, 'approveForSigners').find((grant) =>
    clientSigner.some((name) => isNamed(getNames(grant, 'approveForSigners'), name)),
  );
  if (!request || !approval || !signer) return;
  for (const to of [hubs.users, hubs.groups, hubs.boundAccounts({})])
    yield { to, through: 'a client certificate for any name', uses: [request, approval, signer] };
}

/** Whoever changes this ConfigMap maps an IAM role of his own to system:masters. */
function* toMappingSteps(holdings: Holdings): Iterable<Step> {
  for (const grant of holding(holdings, 'changeConfigMaps'))
    if (
      toCommonPlace(grant, { namespace: 'kube-system' }) &&
      isNamed(getNames(grant, 'changeConfigMaps'), 'aws-auth')
    )
      yield { ...toGaining({}), through: 'the ConfigMap kube-system/aws-auth', uses: [grant] };
}
