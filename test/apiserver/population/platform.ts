/**
 * What a platform team installs beside its applications, as each of these is installed by its own chart: Secrets that
 * nobody of the team wrote, and readers that read by trade.
 */
import { gzipSync } from 'node:zlib';
import { canary } from '../canary.ts';
import { toClusterBinding, toClusterReader, toServiceAccount } from './access.ts';
import { type Entry, posted, toSecret } from './objects.ts';
import { exported, mounted, toContainer, toDeployment, toVolume } from './workloads.ts';

interface Installed {
  /** Beside its container and service account. */
  pod?: object;
  container?: object;
  /** What it may do with every Secret: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
  secretVerbs?: readonly string[];
  /** A ClusterRole that is there already. */
  role?: string;
}

/** A controller with its service account, its rights and its pod. */
const install = (
  namespace: string,
  name: string,
  { pod, container, secretVerbs, role }: Installed,
): Entry[] => {
  const subject = `ServiceAccount ${name} ${namespace}`;
  const rule = { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: secretVerbs };
  return [
    posted(toServiceAccount(namespace, name)),
    ...(secretVerbs ? toClusterReader(name, [rule], subject) : []),
    ...(role ? [toClusterBinding(`${name}-${role}`, role, subject)] : []),
    ...toDeployment(namespace, name, {
      serviceAccountName: name,
      containers: [toContainer(name, container)],
      ...pod,
    }),
  ];
};

const readVerbs = ['get', 'list', 'watch'];
const allVerbs = [...readVerbs, 'create', 'update', 'delete', 'patch'];

/** What Helm keeps of a release, values and rendered manifests: https://helm.sh/docs/topics/advanced/#storage-backends */
export const toRelease = (namespace: string, name: string, version = 1, padding = ''): Entry => {
  const rendered = JSON.stringify({ name, config: { password: canary }, manifest: `${canary}${padding}` });
  const object = toSecret(namespace, `sh.helm.release.v1.${name}.v${version}`, 'helm.sh/release.v1', [], {
    labels: { name, owner: 'helm', status: 'deployed', version: String(version), modifiedAt: '1764417600' },
  });
  const release = gzipSync(rendered).toString('base64');
  return posted({ ...object, data: { release: btoa(release) } });
};

const toOwner = (apiVersion: string, kind: string, name: string, uid: string) => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
});

const certManager: readonly Entry[] = [
  ...install('cert-manager', 'cert-manager', { secretVerbs: allVerbs }),
  ...install('cert-manager', 'cert-manager-cainjector', { secretVerbs: readVerbs }),
  ...install('cert-manager', 'cert-manager-webhook', {}),
  toRelease('cert-manager', 'cert-manager'),
  posted(
    toSecret('cert-manager', 'cert-manager-webhook-ca', 'Opaque', ['ca.crt', 'tls.crt', 'tls.key'], {
      annotations: { 'cert-manager.io/allow-direct-injection': 'true' },
    }),
    'webhook',
  ),
  posted(
    toSecret('cert-manager', 'letsencrypt-account', 'Opaque', ['tls.key']),
    'cert-manager-clusterissuers',
  ),
  {
    object: toSecret('shop', 'shop-example-com', 'kubernetes.io/tls', ['tls.crt', 'tls.key'], {
      labels: { 'controller.cert-manager.io/fao': 'true' },
      annotations: {
        'cert-manager.io/certificate-name': 'shop-example-com',
        'cert-manager.io/issuer-kind': 'ClusterIssuer',
        'cert-manager.io/issuer-name': 'letsencrypt',
      },
    }),
    steps: [{ serverSideApply: 'cert-manager-certificates-issuing' }],
  },
];

const externalSecrets: readonly Entry[] = [
  ...install('external-secrets', 'external-secrets', { secretVerbs: allVerbs }),
  toRelease('external-secrets', 'external-secrets'),
  posted(
    toSecret(
      'external-secrets',
      'external-secrets-webhook',
      'Opaque',
      ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'],
      {
        labels: { 'external-secrets.io/component': 'webhook' },
      },
    ),
  ),
  ...install('external-secrets', 'external-secrets-webhook-server', {
    pod: { volumes: [toVolume('external-secrets-webhook')] },
    container: mounted('external-secrets-webhook'),
  }),
  posted(
    toSecret('shop', 'shop-database', 'Opaque', ['username', 'password'], {
      labels: { 'reconcile.external-secrets.io/managed': 'true' },
      annotations: { 'reconcile.external-secrets.io/data-hash': '0a1b2c' },
      ...toOwner(
        'external-secrets.io/v1',
        'ExternalSecret',
        'shop-database',
        'd3b0c442-98fc-4c14-9afb-f4c8996fb924',
      ),
    }),
    'external-secrets',
  ),
];

const argoCd: readonly Entry[] = [
  ...install('argocd', 'argocd-application-controller', { role: 'cluster-admin' }),
  ...install('argocd', 'argocd-server', {
    secretVerbs: readVerbs,
    container: exported('argocd-redis', 'auth', 'REDIS_PASSWORD'),
  }),
  toRelease('argocd', 'argocd'),
  posted(
    toSecret(
      'argocd',
      'argocd-secret',
      'Opaque',
      [...['admin.password', 'admin.passwordMtime', 'server.secretkey', 'tls.crt', 'tls.key']],
      { labels: { 'app.kubernetes.io/part-of': 'argocd' } },
    ),
    'argocd-server',
  ),
  posted(toSecret('argocd', 'argocd-initial-admin-secret', 'Opaque', ['password']), 'argocd-server'),
  posted(toSecret('argocd', 'argocd-redis', 'Opaque', ['auth']), 'argocd'),
  posted(
    toSecret('argocd', 'repo-shop', 'Opaque', ['type', 'url', 'sshPrivateKey'], {
      labels: { 'argocd.argoproj.io/secret-type': 'repository' },
    }),
    'argocd-server',
  ),
];

const flux: readonly Entry[] = [
  ...install('flux-system', 'kustomize-controller', { role: 'cluster-admin' }),
  ...install('flux-system', 'source-controller', { secretVerbs: readVerbs }),
  posted(
    toSecret('flux-system', 'flux-system', 'Opaque', ['identity', 'identity.pub', 'known_hosts']),
    'flux',
  ),
  {
    object: toSecret('shop', 'by-flux', 'Opaque', ['api-key'], {
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'shop',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    }),
    steps: [{ serverSideApply: 'kustomize-controller' }],
  },
];

const others: readonly Entry[] = [
  ...install('ingress-nginx', 'ingress-nginx', {
    secretVerbs: ['list', 'watch'],
    pod: { volumes: [toVolume('ingress-nginx-admission')] },
    container: mounted('ingress-nginx-admission'),
  }),
  posted(
    toSecret('ingress-nginx', 'ingress-nginx-admission', 'Opaque', ['ca', 'cert', 'key']),
    'kube-webhook-certgen',
  ),
  toRelease('ingress-nginx', 'ingress-nginx'),
  ...install('monitoring', 'kube-state-metrics', { secretVerbs: ['list', 'watch'] }),
  toRelease('monitoring', 'kube-state-metrics'),
  ...install('velero', 'velero', {
    role: 'cluster-admin',
    pod: { volumes: [toVolume('cloud-credentials')] },
    container: mounted('cloud-credentials'),
  }),
  toRelease('velero', 'velero'),
  posted(toSecret('velero', 'cloud-credentials', 'Opaque', ['cloud'])),
  posted(toSecret('velero', 'velero-repo-credentials', 'Opaque', ['repository-password']), 'velero-server'),
];

export const platform: readonly Entry[] = [...certManager, ...externalSecrets, ...argoCd, ...flux, ...others];
