/** What an ordinary platform cluster holds, as its charts and controllers make it. */
import { lastAppliedAnnotation } from '../../../shared/evidence/kubernetes/secret.ts';
import { fromSecret, type Inside, toSecret, toWorkload } from './cases.ts';

type SecretInput = Parameters<typeof toSecret>[1];

const at = '2024-03-01T09:00:00Z';
const lately = '2026-11-01T09:00:00Z';
const writtenBy = (manager: string, keys: string[], time = lately) => ({
  createdAt: at,
  keys,
  dataCount: keys.length,
  writers: [{ manager, operation: 'Update', time, keys, wroteLastApplied: false }],
});
const secret = (namespace: string, name: string, given: SecretInput) =>
  toSecret(name, { namespace, ...given });

const tlsKeys = ['tls.crt', 'tls.key'];
const mounted = (name: string, secretName: string, mountPath: string, defaultMode?: number) => ({
  volumeMounts: [{ name, mountPath }],
  volumes: [{ name, secret: { secretName, defaultMode } }],
});
const deployment = (
  namespace: string,
  name: string,
  {
    volumeMounts,
    volumes,
    ...container
  }: Partial<ReturnType<typeof mounted>> & Parameters<typeof toWorkload>[0] = {},
  pod: Parameters<typeof toWorkload>[1] = {},
) => toWorkload({ ...container, volumeMounts }, { volumes, ...pod }, { namespace, name });

const helmReleases = ['cert-manager', 'argocd', 'ingress-nginx', 'velero', 'default'].map((namespace) =>
  secret(namespace, `sh.helm.release.v1.${namespace}.v3`, {
    type: 'helm.sh/release.v1',
    ...writtenBy('helm', ['release'], at),
    labels: { 'app.kubernetes.io/managed-by': 'Helm', owner: 'helm' },
  }),
);

const certManager: Inside = {
  secrets: [
    secret('cert-manager', 'cert-manager-webhook-ca', {
      ...writtenBy('webhook', ['ca.crt', ...tlsKeys]),
      annotationNames: ['cert-manager.io/allow-direct-injection'],
    }),
    secret(
      'cert-manager',
      'letsencrypt-account-key',
      writtenBy('cert-manager-clusterissuers', ['tls.key'], at),
    ),
    secret('web', 'shop-example-com', {
      type: 'kubernetes.io/tls',
      ...writtenBy('cert-manager-certificates-issuing', tlsKeys),
      annotationNames: ['cert-manager.io/certificate-name', 'cert-manager.io/issuer-name'],
      labels: { 'controller.cert-manager.io/fao': 'true' },
    }),
    secret('web', 'shop-example-com-x7k2p', {
      ...writtenBy('cert-manager-certificates-key-manager', ['tls.key']),
      labels: { 'cert-manager.io/next-private-key': 'true' },
      owners: [{ kind: 'Certificate', name: 'shop-example-com' }],
    }),
  ],
  workloads: [deployment('cert-manager', 'cert-manager'), deployment('cert-manager', 'cert-manager-webhook')],
  ingresses: [{ namespace: 'web', name: 'shop', tls: [{ secretName: 'shop-example-com' }] }],
};

const externalSecrets: Inside = {
  secrets: [
    secret(
      'external-secrets',
      'external-secrets-webhook',
      writtenBy('external-secrets', ['ca.crt', 'ca.key', ...tlsKeys]),
    ),
    secret('web', 'database', {
      ...writtenBy('external-secrets', ['username', 'password']),
      labels: { 'reconcile.external-secrets.io/managed': 'true' },
      owners: [{ kind: 'ExternalSecret', name: 'database', controller: true }],
    }),
  ],
  workloads: [
    deployment(
      'external-secrets',
      'external-secrets-webhook',
      mounted('certs', 'external-secrets-webhook', '/tmp/certs', 0o420),
      {
        securityContext: { runAsNonRoot: true },
      },
    ),
    deployment('web', 'shop', mounted('database', 'database', '/etc/database', 0o400)),
  ],
};

const argoCd: Inside = {
  secrets: [
    secret('argocd', 'argocd-secret', {
      labels: { 'app.kubernetes.io/name': 'argocd-secret', 'app.kubernetes.io/part-of': 'argocd' },
      annotationNames: [lastAppliedAnnotation],
      createdAt: at,
      keys: ['admin.password', 'server.secretkey', ...tlsKeys],
      writers: [
        { manager: 'kubectl-client-side-apply', time: at, keys: [], wroteLastApplied: true },
        {
          manager: 'argocd-server',
          time: at,
          keys: ['admin.password', 'server.secretkey'],
          wroteLastApplied: false,
        },
      ],
    }),
    secret('argocd', 'argocd-redis', writtenBy('argocd', ['auth'])),
    secret('argocd', 'repo-platform', {
      ...writtenBy('argocd-server', ['type', 'url', 'sshPrivateKey']),
      labels: { 'argocd.argoproj.io/secret-type': 'repository' },
    }),
  ],
  workloads: [
    deployment('argocd', 'argocd-server', {
      env: [fromSecret('REDIS_PASSWORD', 'argocd-redis', 'auth')],
      ...mounted('tls-certs', 'argocd-repo-server-tls', '/app/config/server/tls'),
    }),
  ],
};

const flux: Inside = {
  secrets: [
    secret('flux-system', 'flux-system', writtenBy('flux', ['identity', 'identity.pub', 'known_hosts'])),
  ],
  workloads: [
    deployment('flux-system', 'source-controller'),
    deployment('flux-system', 'kustomize-controller'),
  ],
};

const ingressNginx: Inside = {
  secrets: [
    secret(
      'ingress-nginx',
      'ingress-nginx-admission',
      writtenBy('kube-webhook-certgen', ['ca', 'cert', 'key'], at),
    ),
  ],
  workloads: [
    deployment(
      'ingress-nginx',
      'ingress-nginx-controller',
      mounted('webhook-cert', 'ingress-nginx-admission', '/usr/local/certificates/'),
    ),
    deployment('kube-state-metrics', 'kube-state-metrics'),
  ],
};

const velero: Inside = {
  secrets: [
    secret('velero', 'cloud-credentials', writtenBy('velero', ['cloud'])),
    secret('velero', 'velero-repo-credentials', writtenBy('velero-server', ['repository-password'])),
  ],
  workloads: [
    deployment('velero', 'velero', mounted('cloud-credentials', 'cloud-credentials', '/credentials')),
  ],
};

const eks: Inside = {
  secrets: [
    secret('kube-system', 'aws-load-balancer-tls', {
      type: 'kubernetes.io/tls',
      ...writtenBy('helm', ['ca.crt', ...tlsKeys]),
    }),
    secret('kube-system', 'sealed-secrets-keyx2v9', {
      type: 'kubernetes.io/tls',
      ...writtenBy('controller', tlsKeys, at),
      labels: { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' },
    }),
  ],
  workloads: [
    deployment(
      'kube-system',
      'aws-load-balancer-controller',
      mounted('cert', 'aws-load-balancer-tls', '/tmp/k8s-webhook-server'),
    ),
    deployment('kube-system', 'ebs-csi-controller', {
      env: [fromSecret('AWS_ACCESS_KEY_ID', 'aws-secret', 'key_id', true)],
    }),
    { ...deployment('kube-system', 'aws-node'), kind: 'DaemonSet' },
    { ...deployment('amazon-cloudwatch', 'cloudwatch-agent'), kind: 'DaemonSet' },
  ],
};

const parts = [certManager, externalSecrets, argoCd, flux, ingressNginx, velero, eks];
const listOf = <Kind extends 'secrets' | 'workloads' | 'ingresses'>(kind: Kind) =>
  parts.flatMap((part) => {
    const list = part[kind];
    return Array.isArray(list) ? list : [];
  });

/** A cluster whose owner broke nothing. */
export const platform = {
  secrets: [...listOf('secrets'), ...helmReleases],
  workloads: listOf('workloads'),
  ingresses: listOf('ingresses'),
  serviceAccounts: [{ namespace: 'web', name: 'default' }],
};
