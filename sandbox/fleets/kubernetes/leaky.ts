/** A cluster in which every way to keep a Secret badly has been gone once, each by a workload of its own. */
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { fail } from '../scenario.ts';
import {
  clusterRole,
  clusterRoleBinding,
  container,
  namespace,
  ofAccount,
  ofGroup,
  type Place,
  secret,
  serviceAccount,
  toRule,
  withSecretFiles,
} from './build.ts';
import { program, systemInside } from './system.ts';

const variable = (name: string, secretName: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secretName, key } },
});

export const leakyInside = (now: Date): KubernetesObject[] => {
  const place: Place = { namespace: 'till', now };
  const kubeSystem: Place = { namespace: 'kube-system', now };
  const legacy: Place = { namespace: 'default', now };
  return [
    ...systemInside(now),
    namespace('till'),
    serviceAccount(place, 'default'),
    // In the environment: a private key, a password, and all of a Secret, which forty pods of one chart share.
    secret(place, 'till-tls', { type: 'kubernetes.io/tls', keys: ['tls.crt', 'tls.key'] }),
    ...program(place, 'Deployment', 'till-api', {
      containers: [
        container('api', {
          env: [
            variable('TLS_KEY', 'till-tls', 'tls.key'),
            variable('PASSWORD', 'till-database', 'password'),
          ],
        }),
      ],
    }),
    secret(place, 'till-database', { keys: ['password', 'host'] }),
    ...program(
      place,
      'Deployment',
      'till-worker',
      { containers: [container('worker', { envFrom: [{ secretRef: { name: 'till-database' } }] })] },
      40,
    ),
    // By both ways at once.
    ...program(place, 'StatefulSet', 'till-ledger', {
      containers: [
        container('ledger', {
          env: [variable('TOKEN', 'till-token', 'token')],
          volumeMounts: [{ name: 'files', mountPath: '/etc/files' }],
        }),
      ],
      volumes: [{ name: 'files', secret: { secretName: 'till-token', defaultMode: 0o400 } }],
    }),
    secret(place, 'till-token', { keys: ['token'] }),
    // A private key that every user of the container reads.
    ...program(
      place,
      'Deployment',
      'till-gateway',
      withSecretFiles('gateway', 'till-ssh', { defaultMode: 0o644 }),
    ),
    secret(place, 'till-ssh', { type: 'kubernetes.io/ssh-auth', keys: ['ssh-privatekey'] }),
    // Of the wrong type, without end, applied with a copy, forgotten, in the namespace of nobody, of no pod.
    secret(place, 'till-certificate', { keys: ['tls.crt', 'tls.key'] }),
    ...program(place, 'Deployment', 'till-proxy', withSecretFiles('proxy', 'till-certificate')),
    secret(place, 'till-deployer', {
      type: 'kubernetes.io/service-account-token',
      keys: ['ca.crt', 'namespace', 'token'],
      annotations: { 'kubernetes.io/service-account.name': 'till-api' },
      labels: { 'kubernetes.io/legacy-token-last-used': '2026-11-01' },
      manager: 'kube-controller-manager',
    }),
    secret(kubeSystem, 'bootstrap-token-abcdef', {
      type: 'bootstrap.kubernetes.io/token',
      keys: ['token-id', 'token-secret', 'usage-bootstrap-signing'],
      manager: 'kubeadm',
    }),
    secret(place, 'till-applied', { keys: ['password'], isApplied: true }),
    ...program(place, 'Deployment', 'till-mailer', withSecretFiles('mailer', 'till-applied')),
    secret(place, 'till-old', { keys: ['password'], writtenDaysAgo: 800 }),
    ...program(place, 'Deployment', 'till-archive', withSecretFiles('archive', 'till-old')),
    secret(legacy, 'till-legacy', { keys: ['password'] }),
    ...program(legacy, 'Deployment', 'till-legacy', withSecretFiles('legacy', 'till-legacy')),
    secret(place, 'till-registry', { type: 'kubernetes.io/dockerconfigjson', keys: ['.dockerconfigjson'] }),
    secret(place, 'till-forgotten', { keys: ['password'] }),
    // Rights that make everybody a reader.
    clusterRole('till-debug', [toRule('get,list', 'secrets')]),
    clusterRoleBinding('till-debug', 'till-debug', [ofGroup('system:authenticated')]),
    clusterRoleBinding('till-default', 'cluster-admin', [ofAccount('till', 'default')]),
  ];
};

/** What it must fail above info, beside those whom its access entries let read. */
export const leakyFindings = [
  fail('secrets-are-mounted-not-exported', 'medium', 'deployment/till/till-api'),
  fail('secrets-are-mounted-not-exported', 'low', 'deployment/till/till-api'),
  fail('secrets-are-mounted-not-exported', 'low', 'statefulset/till/till-ledger'),
  fail('env-from-imports-no-secret', 'medium', 'deployment/till/till-worker'),
  fail('secrets-are-not-both-mounted-and-exported', 'low', 'statefulset/till/till-ledger'),
  fail('private-key-files-are-owner-only', 'low', 'deployment/till/till-gateway'),
  fail('secret-type-matches-content', 'low'),
  fail('service-account-tokens-are-short-lived', 'medium'),
  fail('bootstrap-tokens-expire', 'high'),
  fail('secrets-leave-no-copy-in-annotations', 'low'),
  fail('secrets-are-renewed', 'low'),
  fail('secrets-avoid-default-namespace', 'low'),
  fail('registry-credentials-are-pull-secrets', 'low'),
  fail('secret-access-is-limited', 'high', 'group:system:authenticated'),
  fail('secret-access-is-limited', 'high', 'system:serviceaccount:till:default'),
];
