/** Who can become whom: a node for everybody, and an edge for each step that somebody can take. */
import type { ClusterAccess } from './cluster-access.ts';
import { type ClusterIndex, createIndex } from './cluster-index.ts';
import { collectGrants, createPowersFinder, type FindPowers, type Grant, toPlaceName } from './grants.ts';
import { collectIamIdentities, type IamIdentity, toChosenName } from './iam-identities.ts';
import {
  authenticated,
  getCommonGroups,
  isGroup,
  isUser,
  masters,
  parseAccount,
  toAccountId,
  toGroupId,
  toUserId,
} from './identities.ts';
import { toPowers } from './permissions.ts';
import { type Gain, hubs, type Step, toSteps } from './steps.ts';

export interface Node {
  /** Of his own, and of groups that not everybody is in. */
  grants: readonly Grant[];
  /** What Kubernetes itself puts him into. */
  commonGroups: readonly string[];
}

/** `through` is empty where it takes no doing. */
export interface Edge extends Step {
  from: string;
}

export interface Graph {
  nodes: ReadonlyMap<string, Node>;
  /** By the node that they lead to. */
  edges: ReadonlyMap<string, readonly Edge[]>;
  iam: readonly IamIdentity[];
  index: ClusterIndex;
}

const everythingRules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

/** What somebody is given who has got hold of a role, or of all permissions. */
const toGained = ({ role, ...place }: Gain, findPowers: FindPowers): Grant => {
  const isNamespaced = place.namespace !== undefined;
  return {
    ...place,
    powers:
      (role === undefined ? toPowers(everythingRules, isNamespaced) : findPowers(role, isNamespaced)) ??
      new Map(),
    by: `${role ?? 'all permissions'} in ${toPlaceName(place)}`,
  };
};

export const toGraph = (access: ClusterAccess): Graph => {
  const findPowers = createPowersFinder(access);
  const given = collectGrants(access.roleBindings, findPowers);
  // The API server asks no RBAC about this group.
  given.set(masters, [
    { ...toGained({}, findPowers), by: 'group system:masters' },
    ...(given.get(masters) ?? []),
  ]);
  const index = createIndex(access, given.keys());
  const namespaces = collectNamespaces(access, index);
  const iam = collectIamIdentities(access, namespaces);

  const nodes = new Map<string, Node>();
  const add = (id: string, grants: readonly Grant[] = given.get(id) ?? []) =>
    nodes.set(id, { grants, commonGroups: getCommonGroups(id) });
  for (const id of given.keys()) add(id);
  for (const { namespace, name } of index.every.values()) add(toAccountId(namespace, name));
  for (const { commonGroups } of [...nodes.values()]) for (const id of commonGroups) add(id);
  add(authenticated);

  const edges = new Map<string, Edge[]>();
  const reached: string[] = [];
  const connect = (edge: Edge) => {
    const known = edges.get(edge.to);
    if (known) known.push(edge);
    else edges.set(edge.to, [edge]);
    if (!edge.gains || nodes.has(edge.to)) return;
    nodes.set(edge.to, { grants: [toGained(edge.gains, findPowers)], commonGroups: [] });
    reached.push(edge.to);
  };
  // Principals who are given the same are one node behind theirs: whole teams are.
  for (const { id, usernames, groups, grants } of iam) {
    const names = [...usernames.map(toUserId), ...groups.map(toGroupId)].filter((name) => given.has(name));
    const alike = toAlike(names, grants);
    nodes.set(id, { grants: [], commonGroups: getCommonGroups(id) });
    if (!nodes.has(alike))
      add(alike, [...grants, ...new Set(names.flatMap((name) => given.get(name) ?? []))]);
    connect({ from: id, to: alike, through: '', uses: [] });
  }
  const follow = (id: string) => {
    const { grants, commonGroups } = nodes.get(id) ?? { grants: [], commonGroups: [] };
    if (grants.length === 0) return;
    const common = new Set(commonGroups.flatMap((group) => given.get(group) ?? []));
    const led = new Set<string>();
    for (const step of toSteps([...grants, ...common], index)) {
      // What everybody can do is an edge of the group's; of several ways to the same one is enough.
      if (led.has(step.to) || step.uses.every((grant) => common.has(grant))) continue;
      led.add(step.to);
      connect({ from: id, ...step });
    }
  };
  for (const id of [...nodes.keys()].sort()) follow(id);
  // Grows while it is gone through: what somebody gets hold of leads further.
  for (const id of reached) follow(id);
  for (const edge of toSessionEdges(iam, nodes)) connect(edge);
  for (const edge of toHubEdges(index, namespaces, nodes)) connect(edge);
  return { nodes, edges, iam, index };
};

const toAlike = (names: readonly string[], grants: readonly Grant[]): string =>
  `alike:${JSON.stringify([[...names].sort(), grants.map(({ by, namespace }) => [by, namespace ?? null])])}`;

const collectNamespaces = (access: ClusterAccess, index: ClusterIndex): Set<string> =>
  new Set(
    [
      ...access.roles,
      ...access.roleBindings,
      ...(access.workloads ?? []),
      ...(access.secrets ?? []),
      ...index.every.values(),
    ].flatMap(({ namespace }) => namespace ?? []),
  );

/** Whoever chooses his session's name can choose what he is called by it, or which groups he is in. */
function* toSessionEdges(iam: readonly IamIdentity[], nodes: ReadonlyMap<string, Node>): Iterable<Edge> {
  const users = [...nodes.keys()].filter((id) => isUser(id) && !parseAccount(id));
  const groupIds = [...nodes.keys()].filter(isGroup);
  for (const { id, usernames, groups } of iam)
    for (const [patterns, candidates] of [
      [usernames.map(toUserId), users],
      [groups.map(toGroupId), groupIds],
    ] as const)
      for (const chosen of patterns.flatMap((pattern) => toChosenName(pattern) ?? []))
        for (const to of candidates)
          if (chosen.test(to)) yield { from: id, to, through: 'a session named for it', uses: [] };
}

function* toHubEdges(
  { existing, every, running, tokens }: ClusterIndex,
  namespaces: ReadonlySet<string>,
  nodes: ReadonlyMap<string, Node>,
): Iterable<Edge> {
  const lead = (from: string, to: string): Edge => ({ from, to, through: '', uses: [] });
  for (const [hub, accounts] of [
    [hubs.accounts, existing.values()],
    [hubs.boundAccounts, every.values()],
    [hubs.running, running],
  ] as const) {
    for (const namespace of namespaces) yield lead(hub({}), hub({ namespace }));
    for (const { namespace, name } of accounts) yield lead(hub({ namespace }), toAccountId(namespace, name));
  }
  for (const namespace of namespaces) yield lead(hubs.tokenSecrets({}), hubs.tokenSecrets({ namespace }));
  for (const { namespace, account } of tokens) yield lead(hubs.tokenSecrets({ namespace }), account);
  for (const id of nodes.keys())
    if (isGroup(id) && id !== masters) yield lead(hubs.groups, id);
    else if (isUser(id) && !parseAccount(id)) yield lead(hubs.users, id);
}
