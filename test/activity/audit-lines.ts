/** Lines of an audit log, as EKS's API server writes them. */
import { readFileSync } from 'node:fs';

export const recordedLines: object[] = readFileSync(
  new URL('../recorded/kubernetes/audit-events.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

export const toServiceAccount = (namespace: string, name: string) => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

/** A session of a role, as aws-iam-authenticator tells it; by default under EKS's own template of a username. */
export const toSession = (
  role: string,
  session: string,
  more: { username?: string; groups?: string[] } = {},
) => ({
  username: `arn:aws:sts::111122223333:assumed-role/${role}/${session.replaceAll('@', '-')}`,
  uid: 'aws-iam-authenticator:111122223333:AROAEXAMPLE',
  groups: ['developers', 'system:authenticated'],
  extra: {
    accessKeyId: ['ASIAEXAMPLE000000000'],
    arn: [`arn:aws:sts::111122223333:assumed-role/${role}/${session}`],
    canonicalArn: [`arn:aws:iam::111122223333:role/${role}`],
    principalId: ['AROAEXAMPLE'],
    sessionName: [session],
  },
  ...more,
});

export const toNode = (name = 'ip-10-0-0-1.eu-west-1.compute.internal') =>
  toSession('node', 'i-0123456789abcdef0', {
    username: `system:node:${name}`,
    groups: ['system:bootstrappers', 'system:nodes', 'system:authenticated'],
  });

let lines = 0;

interface Changes {
  at?: string;
  objectRef?: object;
  code?: number;
}

/** A line: by default a successful get of one Secret by a session of a role, each with an id of its own. */
export const toLine = (changes: object = {}): object => {
  const { at = '2026-11-20T10:00:00.000001Z', objectRef = {}, code = 200, ...more }: Changes = changes;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `audit-${lines++}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/payments/secrets/stripe',
    verb: 'get',
    user: toSession('Developer', 'ana'),
    sourceIPs: ['192.0.2.10'],
    userAgent: 'kubectl/v1.35.4 (linux/amd64)',
    objectRef: { resource: 'secrets', namespace: 'payments', name: 'stripe', apiVersion: 'v1', ...objectRef },
    responseStatus: { metadata: {}, code },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    ...more,
  };
};
