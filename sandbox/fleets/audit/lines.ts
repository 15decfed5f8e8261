/** Lines of an audit log as EKS's API servers write them: of Secrets no more than who, what and when. */
import { toHash, toUuid } from '../names.ts';

export type AuditLine = {
  auditID: string;
  stage: 'ResponseStarted' | 'ResponseComplete';
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  [member: string]: unknown;
};

type User = { username: string; uid: string; groups: string[]; extra?: Record<string, string[]> };

export const serviceAccount = (namespace: string, name: string): User => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  uid: toUuid(`${namespace}/${name}`),
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

/** A session of an IAM role, as EKS's authenticator tells it. */
export const roleSession = (account: string, role: string, session: string, groups: string[] = []): User => {
  const id = `AROA${toHash(`${account} ${role}`).slice(0, 17).toUpperCase()}`;
  return {
    username: `arn:aws:sts::${account}:assumed-role/${role}/${session.replaceAll('@', '-')}`,
    uid: `aws-iam-authenticator:${account}:${id}`,
    groups: [...groups, 'system:authenticated'],
    extra: {
      accessKeyId: [`ASIA${toHash(session).slice(0, 16).toUpperCase()}`],
      arn: [`arn:aws:sts::${account}:assumed-role/${role}/${session}`],
      canonicalArn: [`arn:aws:iam::${account}:role/${role}`],
      principalId: [id],
      sessionName: [session],
    },
  };
};

export const node = (account: string, role: string, number: number): User => ({
  ...roleSession(account, role, `i-${toHash(`${role} ${number}`).slice(0, 17)}`),
  username: `system:node:ip-10-0-${number}-${17 + number}.ec2.internal`,
  groups: ['system:bootstrappers', 'system:nodes', 'system:authenticated'],
});

export const system = (username: string, ...groups: string[]): User => ({
  username,
  uid: toUuid(username),
  groups: [...groups, 'system:authenticated'],
});

export type Asked = {
  user: User;
  time: number;
  verb: string;
  namespace?: string;
  name?: string;
  agent: string;
  source: string;
  code?: number;
  /** What follows the path. */
  parameters?: string;
  /** How many addresses the caller says to have come by: X-Forwarded-For is his to fill. */
  forwardedFor?: number;
};

const agents = {
  kubelet: 'kubelet/v1.34.2 (linux/amd64) kubernetes/a1b2c3d',
  controllers: 'kube-controller-manager/v1.34.2 (linux/amd64) kubernetes/a1b2c3d/shared-informers',
  kubectl: 'kubectl/v1.34.1 (darwin/arm64) kubernetes/93248f9',
  goClient: 'app/v0.0.0 (linux/amd64) kubernetes/$Format',
} as const;
export const agent = agents;

/** The API server tells microseconds. */
const toTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '000Z');

/** Takes a request about Secrets; gives the lines that it leaves: of a watch one when it is opened, and one when it ends. */
export const toLines = ({
  user,
  time,
  verb,
  namespace,
  name,
  agent: userAgent,
  source,
  code = 200,
  parameters = '',
  forwardedFor = 0,
}: Asked): AuditLine[] => {
  const path = `/api/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}/secrets${name === undefined || verb !== 'get' ? '' : `/${name}`}`;
  const toLine = (stage: AuditLine['stage'], at: number): AuditLine => ({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: toUuid(`${user.username} ${time} ${verb} ${path} ${code}`),
    stage,
    requestURI: `${path}${parameters}`,
    verb,
    user,
    sourceIPs: [...Array.from({ length: forwardedFor }, () => '198.51.100.1'), source],
    userAgent,
    objectRef: {
      resource: 'secrets',
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      apiVersion: 'v1',
    },
    responseStatus: {
      metadata: {},
      ...(code >= 400 ? { status: 'Failure', reason: code === 403 ? 'Forbidden' : 'NotFound' } : {}),
      code,
    },
    requestReceivedTimestamp: toTime(time),
    stageTimestamp: toTime(at),
    annotations: {
      'authorization.k8s.io/decision': code === 403 ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': '',
    },
  });
  const answered = toLine('ResponseComplete', time + (verb === 'watch' ? 7 * 60_000 : 3));
  return verb === 'watch' ? [toLine('ResponseStarted', time + 2), answered] : [answered];
};

/** A line of something else: most of a log is. */
export const toLease = (time: number, holder: User): AuditLine => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: toUuid(`${holder.username} ${time} lease`),
  stage: 'ResponseComplete',
  requestURI: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager?timeout=5s',
  verb: 'update',
  user: holder,
  sourceIPs: ['10.0.128.4'],
  userAgent: agents.controllers,
  objectRef: {
    resource: 'leases',
    namespace: 'kube-system',
    name: 'kube-controller-manager',
    apiGroup: 'coordination.k8s.io',
    apiVersion: 'v1',
  },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: toTime(time),
  stageTimestamp: toTime(time + 4),
});
