/** Reads of Secrets for checks: lines of an audit log, counted as a history keeps them, and who makes them. */
import { parseAuditEvent } from '../../shared/activity/audit-event.ts';
import { createReadCounter } from '../../shared/activity/read-tally.ts';
import type { SecretReads } from '../../shared/evidence/reads.ts';
import { toLine, toNode, toServiceAccount, toSession } from '../activity/audit-lines.ts';
import { toRole } from './policies.ts';

const window = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' };

export const toReads = (lines: readonly object[], more: Partial<SecretReads> = {}): SecretReads => {
  const counter = createReadCounter(window);
  for (const line of lines) {
    const event = parseAuditEvent(line);
    if (event === 'unreadable') throw new Error(`unreadable: ${JSON.stringify(line)}`);
    if (event) counter.add(event);
  }
  return {
    ...window,
    sources: ['cloudwatch-logs'],
    own: [],
    days: Object.fromEntries(counter.get()),
    ...more,
  };
};

const authenticated = 'system:authenticated';

/** Who asks, by what the API server takes him for. */
export const callers = {
  ana: toSession('Developer', 'ana'),
  anonymous: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
  node: toNode(),
  api: toServiceAccount('payments', 'api'),
  mirror: toServiceAccount('observability', 'mirror'),
  argo: toServiceAccount('argocd', 'argocd-application-controller'),
  certManager: toServiceAccount('cert-manager', 'cert-manager'),
  coreDns: toServiceAccount('kube-system', 'coredns'),
  garbageCollector: toServiceAccount('kube-system', 'generic-garbage-collector'),
  apiServer: { username: 'system:apiserver', groups: [authenticated, 'system:masters'] },
  controllerManager: { username: 'system:kube-controller-manager', groups: [authenticated] },
  scheduler: { username: 'system:kube-scheduler', groups: [authenticated] },
  certificates: { username: 'eks:certificate-controller', groups: [authenticated] },
  // As EKS's own authenticator was seen to log it.
  addOns: {
    username: 'eks:addon-manager',
    groups: [authenticated],
    extra: {
      canonicalArn: ['arn:aws:iam::927209226484:role/AWSWesleyClusterManagerLambda-Add-AddonManagerRole-X'],
    },
  },
  // The entry that EKS makes for itself: https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles-eks.html
  insights: toSession('AWSServiceRoleForAmazonEKS', 'x', { username: 'eks:managed' }),
  oidc: { username: 'lee', groups: ['payments-admins', authenticated] },
} satisfies Record<string, object>;

/** Names made to look like a system's: without its groups, or with an IAM principal behind it. */
export const lookAlikes: [what: string, user: object][] = [
  ['a service account without its groups', { username: callers.argo.username, groups: [authenticated] }],
  [
    'a service account with another namespace’s group',
    {
      username: callers.api.username,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', authenticated],
    },
  ],
  [
    'a controller without its groups',
    { username: callers.garbageCollector.username, groups: [authenticated] },
  ],
  [
    'a role that aws-auth calls like a service account',
    toSession('Thief', 'x', { username: callers.api.username, groups: callers.api.groups }),
  ],
  ['a node without its group', { username: 'system:node:a', groups: [authenticated] }],
  ['a role that aws-auth calls like the API server', toSession('Thief', 'x', callers.apiServer)],
  ['the API server without its group', { username: 'system:apiserver', groups: [authenticated] }],
  ['the API server with a blank', { username: 'system:apiserver ', groups: callers.apiServer.groups }],
  ['the scheduler without any group', { username: 'system:kube-scheduler', groups: [] }],
  ['a name that begins like EKS’s', { username: 'eks-addon-manager', groups: [authenticated] }],
  ['EKS’s name without any group', { username: 'eks:addon-manager', groups: [] }],
  [
    'a role of the cluster’s account that aws-auth calls like EKS',
    toSession('Thief', 'x', { username: 'eks:addon-manager' }),
  ],
  ['somebody called anonymous', { username: 'system:anonymous', groups: [authenticated] }],
  [
    'a name with three colons more',
    { username: 'system:serviceaccount:payments:api:x', groups: callers.api.groups },
  ],
];

export const readBy = (user: object, more: object = {}): object => toLine({ user, ...more });

export const times = (count: number, toOne: (index: number) => object): object[] =>
  Array.from({ length: count }, (_, index) => toOne(index));

export const ofAll = { name: undefined };
export const acrossAll = { name: undefined, namespace: undefined };
export const kubelet = 'kubelet/v1.35.4 (linux/amd64) kubernetes/8b9cd8b';

/** What a cluster does all day of its own accord. */
export const quietLines: object[] = [
  ...times(20, (index) => readBy(callers.node, { userAgent: kubelet, objectRef: { name: `s-${index}` } })),
  readBy(callers.node, { userAgent: kubelet, verb: 'list' }),
  readBy(callers.node, { userAgent: kubelet, verb: 'watch', stage: 'ResponseStarted' }),
  readBy(callers.api),
  readBy(callers.api, { verb: 'watch', objectRef: ofAll }),
  ...[callers.apiServer, callers.controllerManager, callers.garbageCollector, callers.scheduler].flatMap(
    (user) => [
      readBy(user, { verb: 'list', objectRef: acrossAll }),
      readBy(user, { verb: 'watch', objectRef: acrossAll }),
    ],
  ),
  ...[callers.certificates, callers.addOns].map((user) =>
    readBy(user, { objectRef: { namespace: 'kube-system' } }),
  ),
  ...times(300, () => readBy(callers.node, { userAgent: kubelet, code: 403 })),
  ...times(50, () => readBy(callers.api, { code: 404 })),
  ...times(50, () => readBy({}, { code: 401 })),
  readBy(callers.certManager, { verb: 'update', objectRef: { namespace: 'shop' } }),
];

/** A role of the account that this trust policy lets somebody become. */
export const toTrusted = (name: string, principal: object, action = 'sts:AssumeRole') => ({
  Arn: toRole(name),
  RoleName: name,
  RoleId: `AROA${name}`,
  AssumeRolePolicyDocument: JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: action }],
  }),
});
