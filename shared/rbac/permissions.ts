/**
 * What RBAC's rules give that has a say in who reads Secrets: reading them, and whatever lets somebody act as another
 * who does. https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
 */
import type { Rule } from '../evidence/kubernetes/rbac.ts';

interface Ask {
  group: string;
  resources: readonly string[];
  verbs: readonly string[];
}

const rbacGroup = 'rbac.authorization.k8s.io';
const certificateGroup = 'certificates.k8s.io';
const changing = ['update', 'patch'] as const;

/** Each is held by whoever may do any of what is listed. */
const asks = {
  /**
   * A patch, a delete that waits for dependents and a deletion of many answer with the whole object, in a dry run too:
   * tried on kube-apiserver 1.35.4 (test/apiserver/rbac.test.ts). An update answers with no more than was sent.
   */
  readSecrets: [
    {
      group: '',
      resources: ['secrets'],
      verbs: ['get', 'list', 'watch', 'patch', 'delete', 'deletecollection'],
    },
  ],
  createSecrets: [{ group: '', resources: ['secrets'], verbs: ['create'] }],
  /** Pods of one's own making: they mount any Secret of their namespace and run as any of its service accounts. */
  makePods: [
    { group: '', resources: ['pods'], verbs: ['create'] },
    {
      group: 'apps',
      resources: ['deployments', 'daemonsets', 'statefulsets', 'replicasets'],
      verbs: ['create', ...changing],
    },
    // A job's template can't be changed.
    { group: 'batch', resources: ['jobs'], verbs: ['create'] },
    { group: 'batch', resources: ['cronjobs'], verbs: ['create', ...changing] },
    { group: '', resources: ['replicationcontrollers'], verbs: ['create', ...changing] },
  ],
  /** An ephemeral container takes any Secret of the namespace into its environment, as a container does. */
  injectContainers: [{ group: '', resources: ['pods/ephemeralcontainers'], verbs: [...changing] }],
  /** `get` opens a session too, by WebSocket, on servers before 1.35. Of a pod that runs, its image can be changed. */
  enterPods: [
    { group: '', resources: ['pods/exec', 'pods/attach'], verbs: ['create', 'get'] },
    { group: '', resources: ['pods'], verbs: [...changing] },
  ],
  changeConfigMaps: [{ group: '', resources: ['configmaps'], verbs: [...changing] }],
  /** Past the API server, the kubelet runs commands in every pod of its node, by `get` too. */
  proxyNodes: [{ group: '', resources: ['nodes/proxy'], verbs: ['create', 'get'] }],
  createAccounts: [{ group: '', resources: ['serviceaccounts'], verbs: ['create'] }],
  createTokens: [{ group: '', resources: ['serviceaccounts/token'], verbs: ['create'] }],
  impersonateUsers: [{ group: '', resources: ['users'], verbs: ['impersonate'] }],
  impersonateGroups: [{ group: '', resources: ['groups'], verbs: ['impersonate'] }],
  impersonateAccounts: [{ group: '', resources: ['serviceaccounts'], verbs: ['impersonate'] }],
  bindRoles: [{ group: rbacGroup, resources: ['roles'], verbs: ['bind'] }],
  bindClusterRoles: [{ group: rbacGroup, resources: ['clusterroles'], verbs: ['bind'] }],
  createBindings: [{ group: rbacGroup, resources: ['rolebindings'], verbs: ['create'] }],
  changeBindings: [{ group: rbacGroup, resources: ['rolebindings'], verbs: [...changing] }],
  createClusterBindings: [{ group: rbacGroup, resources: ['clusterrolebindings'], verbs: ['create'] }],
  changeClusterBindings: [{ group: rbacGroup, resources: ['clusterrolebindings'], verbs: [...changing] }],
  escalateRoles: [{ group: rbacGroup, resources: ['roles'], verbs: ['escalate'] }],
  escalateClusterRoles: [{ group: rbacGroup, resources: ['clusterroles'], verbs: ['escalate'] }],
  createRoles: [{ group: rbacGroup, resources: ['roles'], verbs: ['create'] }],
  createClusterRoles: [{ group: rbacGroup, resources: ['clusterroles'], verbs: ['create'] }],
  changeRoles: [{ group: rbacGroup, resources: ['roles'], verbs: [...changing] }],
  changeClusterRoles: [{ group: rbacGroup, resources: ['clusterroles'], verbs: [...changing] }],
  requestCertificates: [
    { group: certificateGroup, resources: ['certificatesigningrequests'], verbs: ['create'] },
  ],
  /** To sign takes the authority's key besides; to approve is enough where the control plane signs. */
  approveRequests: [
    { group: certificateGroup, resources: ['certificatesigningrequests/approval'], verbs: [...changing] },
  ],
  approveForSigners: [{ group: certificateGroup, resources: ['signers'], verbs: ['approve'] }],
} satisfies Record<string, readonly Ask[]>;

export type Permission = keyof typeof asks;

/** Those about what belongs to no namespace: a RoleBinding gives none of them. */
const clusterPermissions: ReadonlySet<Permission> = new Set([
  'proxyNodes',
  'impersonateUsers',
  'impersonateGroups',
  'createClusterBindings',
  'changeClusterBindings',
  'escalateClusterRoles',
  'createClusterRoles',
  'changeClusterRoles',
  'requestCertificates',
  'approveRequests',
  'approveForSigners',
]);

/** Which objects, by name: all of them, or these. */
export type Names = 'all' | ReadonlySet<string>;

interface Held {
  names: Names;
  /** `get secrets`, `create pods`, … */
  deeds: readonly string[];
}

export type Powers = ReadonlyMap<Permission, Held>;

export const isNamed = (names: Names, name: string): boolean => names === 'all' || names.has(name);

const toUnion = (a: Names, b: Names): Names => (a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]));

/** Takes a role's rules; gives what they hold of these permissions, by a RoleBinding only what it can give. */
export const toPowers = (rules: readonly Rule[], isBoundInNamespace: boolean): Powers => {
  const powers = new Map<Permission, Held>();
  for (const rule of rules) {
    if (!rule.resources?.some((resource) => askedResources.has(resource))) continue;
    for (const [permission, { group, resources, verbs }] of askList) {
      if (!isAmong(rule.apiGroups, group)) continue;
      if (isBoundInNamespace && clusterPermissions.has(permission)) continue;
      for (const resource of resources) {
        if (!isResourceOf(rule, resource)) continue;
        for (const verb of verbs) {
          const names = isAmong(rule.verbs, verb) ? toNames(rule, resource, verb) : undefined;
          if (!names) continue;
          const held = powers.get(permission);
          powers.set(permission, {
            names: held ? toUnion(held.names, names) : names,
            deeds: [...new Set([...(held?.deeds ?? []), `${verb} ${resource}`])],
          });
        }
      }
    }
  }
  return powers;
};

const askList = (Object.entries(asks) as [Permission, readonly Ask[]][]).flatMap(([permission, list]) =>
  list.map((ask) => [permission, ask] as const),
);

/** What a rule has to name to hold anything of it: most rules of most roles do not. */
const askedResources = new Set(
  askList.flatMap(([, { resources }]) => [
    '*',
    ...resources,
    ...resources.flatMap((resource) => (resource.includes('/') ? `*/${resource.split('/')[1]}` : [])),
  ]),
);

/** Upper and lower case matter, and nothing but `*` alone is a pattern, as in RBAC itself. */
const isAmong = (values: readonly string[] | undefined, wanted: string): boolean =>
  values !== undefined && (values.includes('*') || values.includes(wanted));

/** `*` covers what lies below an object too; `*` + `/exec` that of every object; `pods/*` covers nothing. */
const isResourceOf = ({ resources }: Rule, wanted: string): boolean => {
  if (isAmong(resources, wanted)) return true;
  const [, below] = wanted.split('/');
  return below !== undefined && resources?.includes(`*/${below}`) === true;
};

/**
 * Which objects a rule covers for this verb. A request that names no object has the name "", which a rule can list:
 * then it covers every such request. A listing names an object by its field selector.
 */
const toNames = ({ resourceNames = [], verbs }: Rule, resource: string, verb: string): Names | undefined => {
  if (resourceNames.length === 0) return 'all';
  const isNameless = (verb === 'create' || verb === 'deletecollection') && !resource.includes('/');
  const isListing = verb === 'list' || verb === 'watch';
  if ((isNameless || isListing) && resourceNames.includes('')) return 'all';
  const names = resourceNames.filter((name) => name !== '');
  if (names.length === 0) return undefined;
  // A server-side apply creates what it names. https://kubernetes.io/docs/reference/using-api/server-side-apply/
  const isApplied = verb === 'create' && isAmong(verbs, 'patch');
  return isNameless && !isApplied ? undefined : new Set(names);
};
