/**
 * A platform team's cluster with what is usual on one, installed as its charts install it, and workloads that keep their
 * Secrets well: nothing above medium is wrong here.
 */
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import {
  clusterRole,
  clusterRoleBinding,
  container,
  ingress,
  namespace,
  ofAccount,
  type Place,
  role,
  roleBinding,
  secret,
  serviceAccount,
  toRule,
  withSecretFiles,
  workload,
} from './build.ts';
import { program, systemInside } from './system.ts';

const toPlace = (name: string, now: Date): Place => ({
  namespace: name,
  now,
  labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': name },
});

/** Helm keeps each release in a Secret: https://helm.sh/docs/topics/advanced/#storage-backends */
const release = (place: Place, name: string, version = 1) =>
  secret(place, `sh.helm.release.v1.${name}.v${version}`, {
    type: 'helm.sh/release.v1',
    keys: ['release'],
    labels: { owner: 'helm', name, status: 'deployed', version: String(version) },
  });

/** Binds a program's account to a ClusterRole of its chart. */
const rights = (place: Place, name: string, ...rules: object[]): KubernetesObject[] => [
  clusterRole(name, rules),
  clusterRoleBinding(name, name, [ofAccount(place.namespace, name)]),
];

const certManager = (now: Date): KubernetesObject[] => {
  const place = toPlace('cert-manager', now);
  return [
    namespace('cert-manager'),
    release(place, 'cert-manager'),
    ...program(place, 'Deployment', 'cert-manager'),
    ...program(place, 'Deployment', 'cert-manager-cainjector'),
    ...program(place, 'Deployment', 'cert-manager-webhook'),
    ...rights(place, 'cert-manager', toRule('get,list,watch,create,update,patch,delete', 'secrets')),
    ...rights(place, 'cert-manager-cainjector', toRule('get,list,watch', 'secrets')),
    secret(place, 'cert-manager-webhook-ca', {
      keys: ['tls.crt', 'tls.key', 'ca.crt'],
      manager: 'webhook',
      annotations: { 'cert-manager.io/allow-direct-injection': 'true' },
    }),
    secret(place, 'letsencrypt-account', {
      keys: ['tls.key'],
      manager: 'cert-manager-acme-issuer',
      labels: { 'controller.cert-manager.io/fao': 'true' },
    }),
  ];
};

const externalSecrets = (now: Date): KubernetesObject[] => {
  const place = toPlace('external-secrets', now);
  return [
    namespace('external-secrets'),
    release(place, 'external-secrets'),
    ...program(place, 'Deployment', 'external-secrets'),
    ...rights(
      place,
      'external-secrets',
      toRule('get,list,watch,create,update,delete,patch', 'secrets'),
      toRule('create', 'serviceaccounts/token'),
    ),
  ];
};

const argoCd = (now: Date): KubernetesObject[] => {
  const place = toPlace('argocd', now);
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const ofTool = (password: string) => [
    container('redis', {
      env: [{ name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'argocd-redis', key: password } } }],
    }),
  ];
  return [
    namespace('argocd'),
    release(place, 'argocd', 7),
    ...program(place, 'StatefulSet', 'argocd-application-controller'),
    ...program(place, 'Deployment', 'argocd-server', { containers: ofTool('auth') }),
    ...program(place, 'Deployment', 'argocd-redis', { containers: ofTool('auth') }),
    ...rights(place, 'argocd-application-controller', toRule('*', '*')),
    ...rights(place, 'argocd-server', toRule('delete,get,patch', '*')),
    secret(place, 'argocd-secret', {
      keys: ['admin.password', 'admin.passwordMtime', 'server.secretkey'],
      manager: 'argocd-server',
      labels: { 'app.kubernetes.io/name': 'argocd-secret', ...labels },
    }),
    secret(place, 'argocd-redis', { keys: ['auth'], manager: 'argocd' }),
    secret(place, 'argocd-initial-admin-secret', { keys: ['password'], manager: 'argocd-server' }),
    secret(place, 'cluster-edge', {
      keys: ['config', 'name', 'server'],
      manager: 'argocd',
      labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
    }),
  ];
};

const flux = (now: Date): KubernetesObject[] => {
  const place = toPlace('flux-system', now);
  return [
    namespace('flux-system'),
    ...program(place, 'Deployment', 'kustomize-controller'),
    ...program(place, 'Deployment', 'source-controller'),
    clusterRoleBinding('cluster-reconciler-flux-system', 'cluster-admin', [
      ofAccount('flux-system', 'kustomize-controller'),
    ]),
    secret(place, 'flux-system', { keys: ['identity', 'identity.pub', 'known_hosts'], manager: 'flux' }),
  ];
};

const ingressNginx = (now: Date): KubernetesObject[] => {
  const place = toPlace('ingress-nginx', now);
  const { spec } = { spec: withSecretFiles('controller', 'ingress-nginx-admission', { defaultMode: 0o420 }) };
  return [
    namespace('ingress-nginx'),
    release(place, 'ingress-nginx'),
    serviceAccount(place, 'ingress-nginx'),
    ...workload(
      place,
      'Deployment',
      'ingress-nginx-controller',
      { ...spec, serviceAccountName: 'ingress-nginx' },
      2,
    ),
    ...rights(place, 'ingress-nginx', toRule('list,watch', 'secrets', 'pods')),
    secret(place, 'ingress-nginx-admission', {
      keys: ['ca', 'cert', 'key'],
      manager: 'kube-webhook-certgen',
    }),
  ];
};

const monitoring = (now: Date): KubernetesObject[] => {
  const place = toPlace('monitoring', now);
  return [
    namespace('monitoring'),
    release(place, 'kube-prometheus-stack', 3),
    ...program(place, 'Deployment', 'kube-state-metrics'),
    ...rights(place, 'kube-state-metrics', toRule('list,watch', 'secrets', 'pods', 'apps/deployments')),
    serviceAccount(place, 'alertmanager'),
    ...workload(
      place,
      'StatefulSet',
      'alertmanager',
      withSecretFiles('alertmanager', 'alertmanager-generated'),
    ),
    secret(place, 'alertmanager-generated', {
      keys: ['alertmanager.yaml.gz'],
      manager: 'PrometheusOperator',
    }),
  ];
};

const velero = (now: Date): KubernetesObject[] => {
  const place = toPlace('velero', now);
  return [
    namespace('velero'),
    release(place, 'velero'),
    ...program(place, 'Deployment', 'velero'),
    clusterRoleBinding('velero-server', 'cluster-admin', [ofAccount('velero', 'velero')]),
    {
      apiVersion: 'velero.io/v1',
      kind: 'BackupStorageLocation',
      metadata: { name: 'default', namespace: 'velero' },
      spec: {
        provider: 'aws',
        objectStorage: { bucket: 'example-velero' },
        config: { region: 'eu-west-1', kmsKeyId: 'alias/velero' },
      },
    },
  ];
};

/** A shop that mounts what it needs, and whose certificate is renewed for it. */
const shop = (now: Date): KubernetesObject[] => {
  const place = toPlace('shop', now);
  return [
    namespace('shop'),
    release(place, 'shop', 12),
    serviceAccount(place, 'shop', { imagePullSecrets: [{ name: 'registry' }] }),
    ...workload(
      place,
      'Deployment',
      'shop',
      { ...withSecretFiles('shop', 'shop-database'), serviceAccountName: 'shop' },
      4,
    ),
    secret(place, 'shop-database', {
      keys: ['dsn'],
      manager: 'externalsecrets.external-secrets.io/shop-database',
      labels: { 'reconcile.external-secrets.io/managed': 'true' },
      owner: { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'shop-database' },
    }),
    secret(place, 'registry', { type: 'kubernetes.io/dockerconfigjson', keys: ['.dockerconfigjson'] }),
    secret(place, 'shop-tls', {
      type: 'kubernetes.io/tls',
      keys: ['tls.crt', 'tls.key'],
      manager: 'cert-manager-certificates-issuing',
      annotations: { 'cert-manager.io/certificate-name': 'shop-tls' },
    }),
    ingress(place, 'shop', 'shop-tls'),
    role(place, 'shop', [
      { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['shop-database'] },
    ]),
    roleBinding(place, 'shop', [ofAccount('shop', 'shop')]),
  ];
};

export const platformInside = (now: Date): KubernetesObject[] => [
  ...systemInside(now),
  ...certManager(now),
  ...externalSecrets(now),
  ...argoCd(now),
  ...flux(now),
  ...ingressNginx(now),
  ...monitoring(now),
  ...velero(now),
  ...shop(now),
];
