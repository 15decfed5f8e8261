/** What a cluster's API server logs when nothing is wrong, a sample of it: the control plane, kubelets, workloads at home. */
import type { SandboxLogGroup } from '../fleet.ts';
import {
  type Asked,
  type AuditLine,
  agent,
  node,
  serviceAccount,
  system,
  toLease,
  toLines,
} from './lines.ts';

const minute = 60_000;
const hour = 60 * minute;
/** How often the little of the rest comes. */
const slotHours = 12;

const controllers = system('system:kube-controller-manager');
const controlPlane = { source: '10.0.128.4', agent: agent.controllers };

const workloads: [namespace: string, account: string, secret: string][] = [
  ['checkout', 'api', 'database'],
  ['checkout', 'worker', 'queue'],
  ['web', 'frontend', 'session'],
];

/** The control plane opens its watches anew within each hour, as real ones do oftener; twice a day comes a little of the rest. */
const toHour = (start: number, account: string): AuditLine[] => {
  const asked: Asked[] = [
    {
      ...controlPlane,
      user: controllers,
      time: start + minute,
      verb: 'watch',
      parameters: '?watch=true&timeoutSeconds=420',
    },
  ];
  if ((start / hour) % slotHours === 0) {
    asked.push(
      {
        ...controlPlane,
        user: system('system:apiserver', 'system:masters'),
        time: start + 2 * minute,
        verb: 'watch',
        agent: 'kube-apiserver/v1.34.2',
        source: '::1',
      },
      {
        ...controlPlane,
        user: serviceAccount('kube-system', 'generic-garbage-collector'),
        time: start + 3 * minute,
        verb: 'list',
      },
      {
        ...controlPlane,
        user: system('eks:addon-manager'),
        time: start + 4 * minute,
        verb: 'get',
        namespace: 'kube-system',
        name: 'metrics-server-tls',
        code: 404,
      },
    );
    for (const [number, [namespace, name, secret]] of workloads.entries()) {
      const source = `10.0.${number}.${40 + number}`;
      const kubelet = {
        user: node(account, 'eks-node', number),
        agent: agent.kubelet,
        source: `10.0.${number}.${17 + number}`,
        namespace,
        name: secret,
      };
      const parameters = `?fieldSelector=metadata.name%3D${secret}&limit=500&resourceVersion=0`;
      asked.push(
        { ...kubelet, time: start + (10 + number) * minute, verb: 'list', parameters },
        {
          ...kubelet,
          time: start + (11 + number) * minute,
          verb: 'watch',
          parameters: `${parameters}&watch=true`,
        },
        // A pod that is gone sooner than its watch.
        { ...kubelet, time: start + (20 + number) * minute, verb: 'get', name: `${secret}-old`, code: 403 },
        {
          user: serviceAccount(namespace, name),
          agent: agent.goClient,
          source,
          time: start + (30 + number) * minute,
          verb: 'get',
          namespace,
          name: secret,
        },
      );
    }
  }
  return [...asked.flatMap(toLines), toLease(start + 59 * minute, controllers)];
};

/** Takes the cluster's account, when there are no more lines, and what happened beside; gives its audit log. */
export const quietLife = (
  account: string,
  until: Date,
  incidents: readonly Asked[] = [],
  more: Partial<SandboxLogGroup> = {},
): SandboxLogGroup => {
  const unquiet = incidents.flatMap(toLines);
  return {
    storedBytes: 400_000_000,
    ...more,
    between: (from, to) => {
      const end = Math.min(to, until.getTime());
      const lines: AuditLine[] = [];
      for (let start = Math.floor((from - hour) / hour) * hour; start < end; start += hour)
        lines.push(...toHour(start, account));
      return [...lines, ...unquiet].filter(({ stageTimestamp }) => {
        const time = Date.parse(stageTimestamp);
        return time >= from && time < end;
      });
    },
  };
};
