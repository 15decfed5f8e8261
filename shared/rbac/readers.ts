/** Who effectively reads Secrets in a cluster: by grants of his own, or by becoming, step by step, another who does. */
import type { RoleBinding } from '../evidence/kubernetes/rbac.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { toPlaceName } from './grants.ts';
import { type Edge, type Graph, type Node, toGraph } from './graph.ts';
import { isEverybody, isGroup, isOfControlPlane, parseAccount, toGroupId, toUserId } from './identities.ts';
import { createReadingFinder, type Reading, type Wanted } from './reading.ts';
import type { Gain } from './steps.ts';

/** One of the steps from a reader to the Secret. */
export interface Way {
  identity: string;
  /** `reads`, or `through` something that makes him the next one. */
  how: string;
  /** Where he reads: `get secrets`, `create pods`, … */
  may: readonly string[];
  /** Bindings with their roles, access policies. */
  by: readonly string[];
}

export interface Reader {
  /** A username, a group's name, an IAM principal's ARN without path. */
  identity: string;
  kind: 'user' | 'group' | 'service-account' | 'iam';
  /** Of an IAM principal: what Kubernetes calls it. */
  usernames: readonly string[];
  ways: readonly [Way, ...Way[]];
  /** The bindings that the first step goes by. */
  bindings: readonly RoleBinding[];
  /** Whether that is everybody, every pod, or whichever pod names no service account. */
  isEverybody: boolean;
  isOfControlPlane: boolean;
}

/** What somebody does next: read, become another, or be what everybody is. */
type Next = { reading: Reading } | { edge: Edge } | { group: string };

type Trail = readonly { id: string; next: Next }[];

/** Takes a cluster; gives a way to find who reads all of its Secrets, or one of them. Sorted by identity. */
export const createReaderFinder = (access: ClusterAccess): ((wanted: Wanted) => Reader[]) => {
  const graph = toGraph(access);
  const membersOf = Map.groupBy(
    [...graph.nodes].flatMap(([id, { commonGroups }]) => commonGroups.map((group) => ({ id, group }))),
    ({ group }) => group,
  );
  const isToldOtherwise = createFolding(graph, access);
  return (wanted) => {
    const next = findNext(graph, membersOf, wanted, access);
    const iam = new Map(graph.iam.map((identity) => [identity.id, identity]));
    return [...graph.nodes]
      .flatMap(([id, node]): Reader[] => {
        const kind = toKind(id);
        if (!kind || isToldOtherwise(id)) return [];
        const trail = toTrail(id, next);
        const [first, ...others] = toWays(trail);
        if (!first || isByEverybody(node, trail)) return [];
        return [
          {
            identity: toIdentity(id),
            kind,
            usernames: iam.get(id)?.usernames ?? [],
            ways: [first, ...others],
            bindings: getBindings(trail),
            isEverybody: isEverybody(id),
            isOfControlPlane: isOfControlPlane(id),
          },
        ];
      })
      .sort((a, b) => (a.identity < b.identity || (a.identity === b.identity && a.kind < b.kind) ? -1 : 1));
  };
};

/**
 * Those who need no telling: users and groups that are an IAM principal's, who stands for them, and service accounts
 * that are bound and not there.
 */
const createFolding = ({ iam, index }: Graph, { serviceAccounts }: ClusterAccess) => {
  const folded = new Set(
    iam
      .flatMap(({ usernames, groups }) => [...usernames.map(toUserId), ...groups.map(toGroupId)])
      .filter((id) => !parseAccount(id) && !isEverybody(id)),
  );
  return (id: string): boolean => {
    const account = parseAccount(id);
    if (account && serviceAccounts) return !index.existing.has(`${account.namespace}/${account.name}`);
    return folded.has(id);
  };
};

/**
 * The next step of everybody who gets there, on a shortest way. What everybody in a group can do comes last, so that
 * who can without it is told by his own means.
 */
const findNext = (
  { nodes, edges }: Graph,
  membersOf: ReadonlyMap<string, { id: string }[]>,
  wanted: Wanted,
  { workloads }: ClusterAccess,
): Map<string, Next> => {
  const findReading = createReadingFinder(wanted, workloads);
  const next = new Map<string, Next>();
  const found: string[] = [];
  const reach = (id: string, step: Next) => {
    if (next.has(id)) return;
    next.set(id, step);
    found.push(id);
  };
  for (const [id, { grants }] of [...nodes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const reading = findReading(grants);
    if (reading) reach(id, { reading });
  }
  let position = 0;
  const spread = () => {
    for (let id = found[position]; id !== undefined; id = found[++position])
      for (const edge of edges.get(id) ?? []) reach(edge.from, { edge });
  };
  spread();
  // Grows while it is gone through.
  for (const group of found)
    for (const { id } of membersOf.get(group) ?? []) {
      reach(id, { group });
      spread();
    }
  return next;
};

/** All steps from somebody to the Secret. */
const toTrail = (start: string, next: ReadonlyMap<string, Next>): Trail => {
  const trail: { id: string; next: Next }[] = [];
  for (let id: string | undefined = start; id !== undefined; ) {
    const step = next.get(id);
    if (!step) break;
    trail.push({ id, next: step });
    id = 'edge' in step ? step.edge.to : 'group' in step ? step.group : undefined;
  }
  return trail;
};

/** Whether somebody gets there only as everybody in a group does that he is in himself. */
const isByEverybody = ({ commonGroups }: Node, trail: Trail): boolean =>
  trail.some(({ next }) => 'group' in next && commonGroups.includes(next.group));

const getGrants = (next: Next) =>
  'reading' in next ? [next.reading.by] : 'edge' in next ? next.edge.uses : [];

/** The bindings that the first step is taken by. */
const getBindings = (trail: Trail): RoleBinding[] => {
  const [first = []] = trail.map(({ next }) => getGrants(next)).filter((grants) => grants.length > 0);
  return [...new Set(first.flatMap(({ binding }) => binding ?? []))];
};

/** What leads on without any doing is not told: it is the same one who goes on. */
const toWays = (trail: Trail): Way[] => {
  let identity = '';
  let gains: Gain | undefined;
  return trail.flatMap(({ id, next }): Way[] => {
    const held = gains;
    gains = 'edge' in next ? next.edge.gains : undefined;
    if (held) identity = held.role ?? `all permissions in ${toPlaceName(held)}`;
    else if (toKind(id)) identity = toIdentity(id);
    const how = toHow(next);
    const by = held ? [] : [...new Set(getGrants(next).map((grant) => grant.by))];
    const may = 'reading' in next && !held ? next.reading.deeds : [];
    return how ? [{ identity, how, may, by }] : [];
  });
};

const toHow = (next: Next): string =>
  'reading' in next
    ? next.reading.how
    : 'group' in next
      ? `as one of ${toIdentity(next.group)}`
      : next.edge.through && `through ${next.edge.through}`;

const toKind = (id: string): Reader['kind'] | undefined =>
  parseAccount(id)
    ? 'service-account'
    : id.startsWith('user:')
      ? 'user'
      : isGroup(id)
        ? 'group'
        : id.startsWith('iam:')
          ? 'iam'
          : undefined;

const toIdentity = (id: string): string => id.replace(/^(user|group|iam):/, '');
