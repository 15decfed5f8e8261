/** Workloads of every kind, and every way in which one takes a Secret. */
import { type Entry, type KubernetesObject, posted } from './objects.ts';

type Container = Readonly<Record<string, unknown>> & { name: string };

const image = 'registry.example.com/app:1';

export const toContainer = (name: string, more: object = {}): Container => ({ name, image, ...more });

/** One key of a Secret, as an environment variable. */
export const exported = (secret: string, key: string, variable = 'VALUE') => ({
  env: [{ name: variable, valueFrom: { secretKeyRef: { name: secret, key } } }],
});

/** All keys of a Secret, as environment variables. */
const exportedWhole = (secret: string) => ({ envFrom: [{ secretRef: { name: secret } }] });

export const mounted = (volume: string) => ({
  volumeMounts: [{ name: volume, mountPath: `/run/${volume}`, readOnly: true }],
});

export const toVolume = (secretName: string, more: object = {}) => ({
  name: secretName,
  secret: { secretName, ...more },
});

interface PodSpec {
  containers: readonly Container[];
  [field: string]: unknown;
}

const toTemplate = (app: string, spec: PodSpec) => ({ metadata: { labels: { app } }, spec });

/** One of the kinds of apps/v1, whose template is in the same place in all. */
const toWorkload = (
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet',
  namespace: string,
  name: string,
  spec: PodSpec,
  more: object = {},
): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: { selector: { matchLabels: { app: name } }, template: toTemplate(name, spec), ...more },
});

export const toPod = (namespace: string, name: string, spec: PodSpec): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec,
});

const toJob = (namespace: string, name: string, spec: PodSpec): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: { template: { spec: { restartPolicy: 'Never', ...spec } } },
});

/** A Deployment with what its controllers make of it: a ReplicaSet, and its pods. */
export const toDeployment = (namespace: string, name: string, spec: PodSpec, pods = 1): Entry[] => {
  const replicaSet = `${name}-5d9c7b8f64`;
  const owner = { kind: 'ReplicaSet', name: replicaSet };
  return [
    posted(toWorkload('Deployment', namespace, name, spec, { replicas: pods })),
    {
      ...posted(toWorkload('ReplicaSet', namespace, replicaSet, spec), 'kube-controller-manager'),
      owner: { kind: 'Deployment', name },
    },
    ...Array.from({ length: pods }, (_, index) => ({
      ...posted(
        toPod(namespace, `${replicaSet}-${String(index).padStart(5, '0')}`, spec),
        'kube-controller-manager',
      ),
      owner,
    })),
  ];
};

const key400 = { items: [{ key: 'tls.key', path: 'tls.key', mode: 0o400 }] };
const nonRoot = { securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000 } };

/** What is bad in one chart is bad in all of its pods. */
const manyPods = toDeployment(
  'shop',
  'web',
  { containers: [toContainer('web', { ...exported('web-tls', 'tls.key', 'TLS_KEY') })] },
  40,
);

const byVolume: readonly Entry[] = [
  ...toDeployment('shop', 'proxy', {
    containers: [toContainer('proxy', mounted('web-tls'))],
    volumes: [toVolume('web-tls')],
  }),
  ...toDeployment('shop', 'proxy-owner-only', {
    containers: [toContainer('proxy', mounted('web-tls'))],
    volumes: [toVolume('web-tls', { defaultMode: 0o400 })],
  }),
  ...toDeployment('shop', 'proxy-one-key', {
    containers: [toContainer('proxy', mounted('web-tls'))],
    volumes: [toVolume('web-tls', key400)],
  }),
  ...toDeployment('shop', 'proxy-non-root', {
    ...nonRoot,
    containers: [toContainer('proxy', mounted('web-tls'))],
    volumes: [toVolume('web-tls', { defaultMode: 0o440 })],
  }),
  posted(
    toWorkload('StatefulSet', 'shop', 'database', {
      containers: [toContainer('database', mounted('credentials'))],
      volumes: [
        {
          name: 'credentials',
          projected: {
            defaultMode: 0o440,
            sources: [
              { secret: { name: 'database-login' } },
              { secret: { name: 'deploy-key', items: [{ key: 'ssh-privatekey', path: 'id', mode: 0o444 }] } },
            ],
          },
        },
      ],
    }),
  ),
  posted(
    toWorkload('DaemonSet', 'shop', 'agent', {
      containers: [toContainer('agent', mounted('store'))],
      volumes: [
        {
          name: 'store',
          csi: { driver: 'secrets-store.csi.k8s.io', nodePublishSecretRef: { name: 'licence' } },
        },
      ],
    }),
  ),
];

const byEnvironment: readonly Entry[] = [
  posted(
    toWorkload('ReplicaSet', 'shop', 'bare-set', {
      containers: [toContainer('app', exportedWhole('settings'))],
    }),
  ),
  posted(
    toPod('shop', 'bare-pod', { containers: [toContainer('app', exported('settings', 'api-token'))] }),
    'kubectl-run',
  ),
  posted(
    toPod('shop', 'bare-pod-deploying', {
      containers: [toContainer('git')],
      initContainers: [toContainer('clone', exported('deploy-key', 'ssh-privatekey', 'SSH_KEY'))],
    }),
    'kubectl-run',
  ),
  {
    ...posted(toPod('shop', 'bare-pod-debugged', { containers: [toContainer('app')] }), 'kubectl-run'),
    steps: [
      { post: 'kubectl-run' },
      {
        subresource: 'ephemeralcontainers',
        body: {
          spec: { ephemeralContainers: [toContainer('debugger', exportedWhole('database-login'))] },
        },
      },
    ],
  },
  // The same value in a file and in the environment.
  posted(
    toWorkload('StatefulSet', 'shop', 'queue', {
      containers: [
        toContainer('queue', { ...mounted('settings'), ...exported('settings', 'api-token', 'API_TOKEN') }),
      ],
      volumes: [toVolume('settings', { defaultMode: 0o400 })],
    }),
  ),
  posted(
    toWorkload('StatefulSet', 'shop', 'builder', {
      containers: [toContainer('builder', exported('pull', '.dockerconfigjson', 'REGISTRY_AUTH'))],
    }),
  ),
];

const jobs: readonly Entry[] = [
  posted(
    toJob('shop', 'migrate', {
      containers: [toContainer('migrate', exported('database-login', 'password'))],
    }),
  ),
  posted({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report', namespace: 'shop' },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: {
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [toContainer('report', exportedWhole('settings'))] },
          },
        },
      },
    },
  }),
  {
    ...posted(
      toJob('shop', 'report-29387700', { containers: [toContainer('report', exportedWhole('settings'))] }),
      'kube-controller-manager',
    ),
    owner: { kind: 'CronJob', name: 'report' },
  },
];

const withoutContainers: readonly Entry[] = [
  ...toDeployment('shop', 'puller', {
    imagePullSecrets: [{ name: 'pull' }],
    containers: [toContainer('app')],
  }),
  posted({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      tls: [{ hosts: ['shop.example.com'], secretName: 'opaque-tls' }],
      defaultBackend: { service: { name: 'web', port: { number: 443 } } },
    },
  }),
];

export const workloads: readonly Entry[] = [
  ...manyPods,
  ...byVolume,
  ...byEnvironment,
  ...jobs,
  ...withoutContainers,
];
