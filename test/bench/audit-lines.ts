/** An audit log of a busy cluster, for benches: one line in fifty is about a Secret. */
import { randomUUID } from 'node:crypto';

const startedAt = Date.parse('2026-11-20T00:00:00Z');
const users = [
  ...Array.from({ length: 40 }, (_, number) => ({
    username: `system:node:ip-10-0-0-${number}.eu-central-1.compute.internal`,
    uid: 'aws-iam-authenticator:111122223333:AROAEXAMPLE',
    groups: ['system:bootstrappers', 'system:nodes', 'system:authenticated'],
    extra: {
      accessKeyId: ['ASIAEXAMPLE000000000'],
      arn: ['arn:aws:sts::111122223333:assumed-role/node/i-0123456789abcdef0'],
      canonicalArn: ['arn:aws:iam::111122223333:role/node'],
      principalId: ['AROAEXAMPLE'],
      sessionName: [`i-0123456789abcde${String(number).padStart(2, '0')}`],
    },
  })),
  ...Array.from({ length: 60 }, (_, number) => ({
    username: `system:serviceaccount:team-${number % 20}:app-${number}`,
    uid: '752aeeef-ef55-4fb8-9b75-aa8016d01449',
    groups: ['system:serviceaccounts', `system:serviceaccounts:team-${number % 20}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=30ee789a-662a-41b3-97ec-027923f9fbdb'] },
  })),
];
const others = ['leases', 'pods', 'endpointslices', 'configmaps', 'events', 'nodes'];
const secretShare = 0.02;

/** Takes a number; gives the line of that number, the same but for its ids. */
export const toLine = (number: number): string => {
  // A hundred callers, each of which has an address and thirty Secrets that it asks for again and again.
  const caller = Math.floor(number * 7919.37) % users.length;
  const user = users[caller];
  const namespace = `team-${caller % 20}`;
  const isSecret = number % (1 / secretShare) === 0;
  const resource = isSecret ? 'secrets' : (others[number % others.length] ?? 'pods');
  const name = isSecret
    ? `credentials-${Math.floor(number / 50) % 30}`
    : `app-${number % 400}-7d4b9c6f5-x2k${number % 10}`;
  const time = new Date(startedAt + number).toISOString().replace('Z', '123Z');
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/${namespace}/${resource}/${name}?timeout=10s`,
    verb: isSecret || number % 3 > 0 ? 'get' : 'update',
    user,
    sourceIPs: [`10.0.${caller % 7}.${caller}`],
    userAgent: 'kubelet/v1.35.4 (linux/amd64) kubernetes/8b9cd8b',
    objectRef: { resource, namespace, name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': `RBAC: allowed by RoleBinding "reader/${namespace}" of ClusterRole "reader" to ServiceAccount "app/${namespace}"`,
    },
  });
};
