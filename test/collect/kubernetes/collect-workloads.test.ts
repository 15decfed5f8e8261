import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectWorkloads } from '../../../shared/collect/kubernetes/collect-workloads.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';
import { type Workload, workload } from '../../../shared/evidence/kubernetes/workload.ts';
import { openApi, refuse, serveKubernetes, serveLists } from './serve-kubernetes.ts';

const paths = {
  Deployment: '/apis/apps/v1/deployments',
  StatefulSet: '/apis/apps/v1/statefulsets',
  DaemonSet: '/apis/apps/v1/daemonsets',
  ReplicaSet: '/apis/apps/v1/replicasets',
  CronJob: '/apis/batch/v1/cronjobs',
  Job: '/apis/batch/v1/jobs',
  Pod: '/api/v1/pods',
};
type Kind = keyof typeof paths;

interface Written {
  kind: Kind;
  name: string;
  spec?: object;
  owner?: { kind: string; name: string; apiVersion?: string; controller?: boolean };
  replicas?: number;
  phase?: string;
  created?: string;
  generateName?: string;
}

const exported = (secret: string, name = 'app') => ({
  containers: [
    { name, env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: secret, key: 'password' } } }] },
  ],
});

const toObject = ({
  kind,
  name,
  spec = exported('login'),
  owner,
  replicas = 1,
  phase = 'Running',
  created,
  generateName,
}: Written) => {
  const ownerReferences = owner && [{ apiVersion: 'apps/v1', controller: true, uid: 'u', ...owner }];
  const metadata = {
    name,
    namespace: 'shop',
    generateName,
    ownerReferences,
    creationTimestamp: created ?? null,
  };
  const template = { metadata: { creationTimestamp: null }, spec };
  if (kind === 'Pod') return { metadata, spec, status: { phase } };
  if (kind === 'CronJob')
    return { metadata, spec: { schedule: '@daily', jobTemplate: { spec: { template } } } };
  return { metadata, spec: kind === 'Job' ? { template } : { replicas, template } };
};

const serve = (written: Written[]) => {
  const lists: Record<string, object[]> = Object.fromEntries(Object.values(paths).map((path) => [path, []]));
  for (const one of written) lists[paths[one.kind]]?.push(toObject(one));
  return serveLists(lists);
};

const collect = async (written: Written[]) => {
  const server = await serveKubernetes(serve(written));
  return collectWorkloads(openApi(server.endpoint));
};
const collectKnown = async (written: Written[]): Promise<Workload[]> => {
  const fact = await collect(written);
  if (!isKnown(fact)) throw new Error(fact.detail);
  expect(fact.missing).toEqual([]);
  return z.array(workload).parse(JSON.parse(JSON.stringify(fact.value)));
};
const toNames = (all: Workload[]) => all.map(({ kind, name, pods }) => `${kind}/${name} ${pods}`);

const ownedBy = (kind: string, name: string, apiVersion = 'apps/v1') => ({
  owner: { kind, name, apiVersion },
});
const podsOf = (owner: Written['owner'], count: number, more: Partial<Written> = {}): Written[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'Pod',
    name: `${owner?.name}-${index}`,
    owner,
    ...more,
  }));

describe('workloads', () => {
  it('are the topmost owners, with the number of their pods that run', async () => {
    const all = await collectKnown([
      { kind: 'Deployment', name: 'web' },
      { kind: 'ReplicaSet', name: 'web-old', replicas: 0, ...ownedBy('Deployment', 'web') },
      { kind: 'ReplicaSet', name: 'web-new', ...ownedBy('Deployment', 'web') },
      ...podsOf({ kind: 'ReplicaSet', name: 'web-new' }, 3),
      ...podsOf({ kind: 'ReplicaSet', name: 'web-new' }, 1, { name: 'web-done', phase: 'Succeeded' }),
      {
        kind: 'StatefulSet',
        name: 'database',
        owner: { kind: 'Database', name: 'db', apiVersion: 'sql.example.com/v1' },
      },
      ...podsOf({ kind: 'StatefulSet', name: 'database' }, 2),
      { kind: 'DaemonSet', name: 'agent' },
      { kind: 'CronJob', name: 'report' },
      { kind: 'Job', name: 'report-1', ...ownedBy('CronJob', 'report', 'batch/v1') },
      ...podsOf({ kind: 'Job', name: 'report-1', apiVersion: 'batch/v1' }, 1),
      { kind: 'Job', name: 'migrate' },
      { kind: 'ReplicaSet', name: 'bare-set' },
      { kind: 'Pod', name: 'bare' },
      { kind: 'Pod', name: 'static', ...ownedBy('Node', 'ip-10-0-0-1', 'v1') },
      { kind: 'Pod', name: 'kept', owner: { kind: 'Thing', name: 'x', controller: false } },
    ]);
    expect(toNames(all)).toEqual([
      'Deployment/web 3',
      'StatefulSet/database 2',
      'DaemonSet/agent 0',
      'CronJob/report 1',
      'ReplicaSet/bare-set 0',
      'Job/migrate 0',
      'Pod/bare 1',
      'Pod/static 1',
      'Pod/kept 1',
    ]);
    expect(all[1]?.owners).toEqual([
      { apiVersion: 'sql.example.com/v1', kind: 'Database', name: 'db', controller: true },
    ]);
  });

  it('hide behind no owner that makes none of their kind', async () => {
    const all = await collectKnown([
      { kind: 'Deployment', name: 'web' },
      { kind: 'DaemonSet', name: 'agent' },
      { kind: 'CronJob', name: 'report' },
      { kind: 'Pod', name: 'thief', spec: exported('root'), ...ownedBy('Deployment', 'web') },
      { kind: 'Pod', name: 'night', spec: exported('root'), ...ownedBy('CronJob', 'report', 'batch/v1') },
      { kind: 'ReplicaSet', name: 'thieves', spec: exported('root'), ...ownedBy('DaemonSet', 'agent') },
      ...podsOf({ kind: 'ReplicaSet', name: 'thieves' }, 2),
      { kind: 'Job', name: 'theft', spec: exported('root'), ...ownedBy('DaemonSet', 'agent') },
      ...podsOf({ kind: 'Job', name: 'theft', apiVersion: 'batch/v1' }, 1),
    ]);
    expect(toNames(all)).toEqual([
      'Deployment/web 0',
      'DaemonSet/agent 0',
      'CronJob/report 0',
      'ReplicaSet/thieves 2',
      'Job/theft 1',
      'Pod/thief 1',
      'Pod/night 1',
    ]);
  });

  it('are called by what their names begin with where Kubernetes made up the rest: the same every night', async () => {
    const all = await collectKnown([
      { kind: 'Job', name: 'sync-x7k2p', generateName: 'sync-' },
      ...podsOf({ kind: 'Job', name: 'sync-x7k2p', apiVersion: 'batch/v1' }, 1, {
        generateName: 'sync-x7k2p-',
      }),
      { kind: 'Job', name: 'sync-qq9vz', generateName: 'sync-', spec: exported('other') },
      { kind: 'Pod', name: 'runner-abcde', generateName: 'runner-' },
      { kind: 'Pod', name: 'runner-fghij', generateName: 'runner-' },
      {
        kind: 'Pod',
        name: 'runner-root',
        generateName: 'runner-',
        spec: { ...exported('login'), serviceAccountName: 'x' },
      },
    ]);
    expect(toNames(all)).toEqual(['Job/sync-* 1', 'Pod/runner-* 2', 'Pod/runner-root 1']);
    expect(all[0]?.spec.containers.map(({ env }) => env?.[0]?.valueFrom.secretKeyRef.name)).toEqual([
      'login',
      'other',
    ]);
  });

  it('stand under the owner that nobody read, one for all of its pods', async () => {
    const all = await collectKnown([
      { kind: 'ReplicaSet', name: 'roll-1', ...ownedBy('Rollout', 'roll', 'argoproj.io/v1alpha1') },
      {
        kind: 'ReplicaSet',
        name: 'roll-0',
        replicas: 0,
        spec: exported('old'),
        ...ownedBy('Rollout', 'roll', 'argoproj.io/v1alpha1'),
      },
      ...podsOf({ kind: 'ReplicaSet', name: 'roll-1' }, 40),
      ...podsOf({ kind: 'Kafka', name: 'events', apiVersion: 'kafka.strimzi.io/v1' }, 5),
      ...podsOf({ kind: 'ReplicaSet', name: 'gone' }, 2),
      { kind: 'Job', name: 'scaled-1', ...ownedBy('ScaledJob', 'scaled', 'keda.sh/v1alpha1') },
      { kind: 'Job', name: 'scaled-2', ...ownedBy('ScaledJob', 'scaled', 'keda.sh/v1alpha1') },
    ]);
    expect(toNames(all)).toEqual([
      'Rollout/roll 40',
      'ScaledJob/scaled 0',
      'Kafka/events 5',
      'ReplicaSet/gone 2',
    ]);
    expect(JSON.stringify(all)).not.toContain('old');
  });

  it('know an unread owner of which nothing runs by the newest of its objects', async () => {
    const owner = ownedBy('Rollout', 'roll', 'argoproj.io/v1alpha1');
    const [only, ...others] = await collectKnown([
      {
        kind: 'ReplicaSet',
        name: 'roll-2',
        replicas: 0,
        spec: exported('newest'),
        created: '2026-03-01T00:00:00Z',
        ...owner,
      },
      {
        kind: 'ReplicaSet',
        name: 'roll-1',
        replicas: 0,
        spec: exported('older'),
        created: '2026-02-01T00:00:00Z',
        ...owner,
      },
    ]);
    expect(others).toEqual([]);
    expect(JSON.stringify(only)).toMatch(/newest/);
    expect(JSON.stringify(only)).not.toMatch(/older/);
  });

  it('take from the differing pods of an unread owner all that any of them takes', async () => {
    const owner = { kind: 'Workflow', name: 'flow', apiVersion: 'argoproj.io/v1alpha1' };
    const withVolume = (secretName: string) => ({
      containers: [{ name: 'app', volumeMounts: [{ name: 'keys', mountPath: '/keys' }] }],
      volumes: [{ name: 'keys', secret: { secretName } }],
    });
    const all = await collectKnown([
      { kind: 'Pod', name: 'one', owner, spec: withVolume('first') },
      { kind: 'Pod', name: 'two', owner, spec: withVolume('second') },
      { kind: 'Pod', name: 'three', owner, spec: withVolume('second') },
      { kind: 'Pod', name: 'four', owner, spec: { ...withVolume('third'), serviceAccountName: 'other' } },
    ]);
    expect(toNames(all)).toEqual(['Workflow/flow 3', 'Pod/four 1']);
    expect(all[0]?.spec).toMatchObject({
      containers: [
        { name: 'app', volumeMounts: [{ name: 'keys', mountPath: '/keys' }] },
        { name: 'app', volumeMounts: [{ name: 'keys#2', mountPath: '/keys' }] },
      ],
      volumes: [
        { name: 'keys', secret: { secretName: 'first' } },
        { name: 'keys#2', secret: { secretName: 'second' } },
      ],
    });
  });

  it('do not mistake the Deployment of another group for their own', async () => {
    const all = await collectKnown([
      { kind: 'Deployment', name: 'web', spec: exported('ours') },
      { kind: 'Pod', name: 'x', spec: exported('theirs'), ...ownedBy('Deployment', 'web', 'example.com/v1') },
    ]);
    expect(toNames(all)).toEqual(['Deployment/web 0', 'Deployment/web 1']);
  });

  it('have the ephemeral containers of their pods, each once', async () => {
    const spec = { ...exported('login'), ephemeralContainers: exported('debug', 'debugger').containers };
    const [web] = await collectKnown([
      { kind: 'Deployment', name: 'web' },
      { kind: 'ReplicaSet', name: 'web-1', ...ownedBy('Deployment', 'web') },
      ...podsOf({ kind: 'ReplicaSet', name: 'web-1' }, 3, { spec }),
    ]);
    expect(web?.spec.ephemeralContainers).toEqual([
      {
        name: 'debugger',
        env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'debug', key: 'password' } } }],
      },
    ]);
  });

  it('keep of a pod specification what takes Secrets, and no value, command or argument', async () => {
    const container = {
      name: 'app',
      image: 'registry/app',
      command: ['run', '--token=S3CR3T'],
      securityContext: { runAsUser: 1000, privileged: true },
      env: [
        { name: 'PLAIN', value: 'S3CR3T' },
        { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'map', key: 'k' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'login', key: 'token', optional: true } } },
      ],
      envFrom: [
        { configMapRef: { name: 'map' } },
        { prefix: 'P_', secretRef: { name: 'all', optional: true } },
      ],
      volumeMounts: [
        { name: 'tls', mountPath: '/tls', readOnly: true, subPath: 'x' },
        { name: 'data', mountPath: '/data' },
        { name: 'kube-api-access-x', mountPath: '/var/run' },
      ],
    };
    const [all] = await collectKnown([
      {
        kind: 'Deployment',
        name: 'web',
        spec: {
          serviceAccountName: 'web',
          automountServiceAccountToken: false,
          securityContext: { fsGroup: 2000, seccompProfile: {} },
          containers: [container],
          initContainers: null,
          imagePullSecrets: [{ name: 'pull' }, {}],
          volumes: [
            {
              name: 'tls',
              secret: {
                secretName: 'web-tls',
                defaultMode: 420,
                items: [{ key: 'tls.key', path: 'k', mode: 256 }],
              },
            },
            { name: 'data', emptyDir: {} },
            {
              name: 'kube-api-access-x',
              projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
            },
            {
              name: 'mixed',
              projected: {
                defaultMode: 292,
                sources: [{ configMap: { name: 'c' } }, { secret: { name: 'part' } }],
              },
            },
            { name: 'csi', csi: { driver: 'd', nodePublishSecretRef: { name: 'opens-csi' } } },
            { name: 'flex', flexVolume: { driver: 'd', secretRef: { name: 'opens-flex' } } },
            { name: 'azure', azureFile: { secretName: 'opens-azure', shareName: 's' } },
          ],
        },
      },
    ]);
    expect(all).toEqual({
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      pods: 0,
      spec: {
        serviceAccountName: 'web',
        automountServiceAccountToken: false,
        securityContext: { fsGroup: 2000 },
        containers: [
          {
            name: 'app',
            securityContext: { runAsUser: 1000 },
            env: [
              { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'login', key: 'token', optional: true } } },
            ],
            envFrom: [{ prefix: 'P_', secretRef: { name: 'all', optional: true } }],
            volumeMounts: [{ name: 'tls', mountPath: '/tls', subPath: 'x' }],
          },
        ],
        imagePullSecrets: [{ name: 'pull' }],
        volumes: [
          {
            name: 'tls',
            secret: {
              secretName: 'web-tls',
              defaultMode: 420,
              items: [{ key: 'tls.key', path: 'k', mode: 256 }],
            },
          },
          { name: 'mixed', projected: { defaultMode: 292, sources: [{ secret: { name: 'part' } }] } },
          { name: 'csi', openedWith: 'opens-csi' },
          { name: 'flex', openedWith: 'opens-flex' },
          { name: 'azure', openedWith: 'opens-azure' },
        ],
      },
    });
  });

  it('are there without a kind that is forbidden, whose objects are missing', async () => {
    const answer = serve([
      { kind: 'Deployment', name: 'web' },
      ...podsOf({ kind: 'DaemonSet', name: 'agent' }, 2),
    ]);
    const server = await serveKubernetes((asked, response) =>
      asked.path === paths.DaemonSet
        ? refuse(403, 'Forbidden', 'daemonsets.apps is forbidden')
        : answer(asked, response),
    );
    const fact = await collectWorkloads(openApi(server.endpoint));
    if (!isKnown(fact)) throw new Error(fact.detail);
    expect(toNames(fact.value)).toEqual(['Deployment/web 0', 'DaemonSet/agent 2']);
    expect(fact.missing).toEqual([
      { what: 'list daemonsets: daemonsets.apps is forbidden', reason: 'access-denied' },
    ]);
  });

  it('tell no number of pods where those could not be listed', async () => {
    const answer = serve([{ kind: 'Deployment', name: 'web' }]);
    const server = await serveKubernetes((asked, response) =>
      asked.path === paths.Pod ? refuse(403, 'Forbidden', 'no pods') : answer(asked, response),
    );
    const fact = await collectWorkloads(openApi(server.endpoint));
    expect(isKnown(fact) && fact.value[0]).not.toHaveProperty('pods');
  });

  it('are unknown where nothing could be listed', async () => {
    const server = await serveKubernetes(() => refuse(403, 'Forbidden', 'no'));
    expect(await collectWorkloads(openApi(server.endpoint))).toEqual({
      unknown: 'access-denied',
      detail: 'list deployments: no',
    });
  });

  it('leave out an object that makes no sense, and say so', async () => {
    const answer = serve([
      { kind: 'Deployment', name: 'web' },
      { kind: 'Deployment', name: 'odd', spec: { containers: 'none' } },
    ]);
    const server = await serveKubernetes(answer);
    const fact = await collectWorkloads(openApi(server.endpoint));
    expect(isKnown(fact) && toNames(fact.value)).toEqual(['Deployment/web 0']);
    expect(isKnown(fact) && fact.missing).toEqual([
      {
        what: expect.stringMatching(/^1 of list deployments could not be understood: containers: /),
        reason: 'failed',
      },
    ]);
  });

  it('are asked for in one namespace', async () => {
    const server = await serveKubernetes(() => ({ metadata: {}, items: [] }));
    await collectWorkloads(openApi(server.endpoint), 'shop');
    expect(server.asked.map(({ path }) => path)).toContain('/apis/apps/v1/namespaces/shop/deployments');
    expect(server.asked.every(({ path }) => path.includes('/namespaces/shop/'))).toBe(true);
  });
});
