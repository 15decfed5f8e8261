/** Secrets of every type, written in every way. */
import { canary } from '../canary.ts';
import { type Entry, posted, toData, toSecret } from './objects.ts';

const toSimple = (name: string, ...keys: string[]) => toSecret('shop', name, 'Opaque', keys);

/** The eight types that Kubernetes documents: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
const typed: readonly Entry[] = [
  posted(toSimple('settings', 'api-token', 'session-salt')),
  posted(
    toSecret('shop', 'robot-token', 'kubernetes.io/service-account-token', ['token', 'ca.crt', 'namespace'], {
      annotations: { 'kubernetes.io/service-account.name': 'robot' },
      labels: { 'kubernetes.io/legacy-token-last-used': '2026-11-20' },
    }),
    'kubectl-create',
  ),
  posted(toSecret('shop', 'pull-old', 'kubernetes.io/dockercfg', ['.dockercfg'])),
  posted(toSecret('shop', 'pull', 'kubernetes.io/dockerconfigjson', ['.dockerconfigjson'])),
  posted(toSecret('shop', 'database-login', 'kubernetes.io/basic-auth', ['username', 'password'])),
  posted(toSecret('shop', 'deploy-key', 'kubernetes.io/ssh-auth', ['ssh-privatekey'])),
  posted(toSecret('shop', 'web-tls', 'kubernetes.io/tls', ['tls.crt', 'tls.key'])),
  posted(
    toSecret('kube-system', 'bootstrap-token-07401b', 'bootstrap.kubernetes.io/token', [
      ...['token-id', 'token-secret', 'usage-bootstrap-authentication', 'auth-extra-groups'],
    ]),
    'kubeadm',
  ),
  posted(
    toSecret('kube-system', 'bootstrap-token-9d31fc', 'bootstrap.kubernetes.io/token', [
      ...['token-id', 'token-secret', 'expiration', 'usage-bootstrap-authentication'],
    ]),
    'kubeadm',
  ),
  posted(toSecret('shop', 'licence', 'shop.example.com/licence', ['licence.key'])),
];

/** Opaque ones that hold what a typed one would, and some that only nearly do. */
const untyped: readonly Entry[] = [
  posted(toSimple('opaque-tls', 'tls.crt', 'tls.key')),
  posted(toSimple('opaque-pull', '.dockerconfigjson')),
  posted(toSimple('opaque-pull-old', '.dockercfg')),
  posted(toSimple('opaque-ssh', 'ssh-privatekey')),
  posted(toSimple('opaque-login', 'username', 'password')),
  posted(toSimple('opaque-robot', 'token', 'ca.crt', 'namespace')),
  posted(toSimple('client-tls', 'tls.crt', 'tls.key', 'ca.crt')),
  posted(toSimple('empty')),
];

const toWritten = (name: string, ...steps: Entry['steps']): Entry => ({
  object: toSimple(name, 'password'),
  steps,
});

/** One Secret for each way of writing it. */
const written: readonly Entry[] = [
  toWritten('by-create', { kubectl: 'create' }),
  toWritten('by-apply', { kubectl: 'apply' }),
  {
    object: {
      ...toSimple('by-apply-of-text'),
      data: undefined,
      stringData: { password: `${canary} of shop/by-apply-of-text/password` },
    },
    steps: [{ kubectl: 'apply' }],
  },
  // Another wrote since: the annotation keeps the value before.
  toWritten(
    'by-apply-then-patch',
    { kubectl: 'apply' },
    { patch: 'rotator', body: { data: toData('shop', 'by-apply-then-patch', ['password'], ', renewed') } },
  ),
  toWritten(
    'by-apply-twice',
    { kubectl: 'apply' },
    { kubectl: 'apply', body: { data: toData('shop', 'by-apply-twice', ['password', 'second']) } },
  ),
  toWritten('by-server-side-apply', { serverSideApply: 'argocd-controller' }),
  toWritten(
    'by-patch',
    { post: 'helm' },
    { patch: 'kubectl-patch', body: { stringData: { token: `${canary} of shop/by-patch/token` } } },
  ),
  toWritten(
    'by-replace',
    { kubectl: 'create' },
    { kubectl: 'replace', body: { data: toData('shop', 'by-replace', ['password', 'pepper']) } },
  ),
  toWritten(
    'by-two-appliers',
    { serverSideApply: 'argocd-controller' },
    { patch: 'rotator', body: { data: toData('shop', 'by-two-appliers', ['rotated']) } },
  ),
  {
    object: { ...toSimple('immutable', 'password'), immutable: true },
    steps: [{ post: 'helm' }],
  },
  // Whoever empties the list has the server forget who wrote what.
  toWritten(
    'without-managers',
    { post: 'helm' },
    { patch: 'kubectl-edit', body: { metadata: { managedFields: [{}] } } },
  ),
  // The server takes a time that it is given, in a change of something else.
  toWritten(
    'old',
    { post: 'helm' },
    {
      patch: 'backup',
      body: {
        metadata: {
          annotations: { 'example.com/restored': 'true' },
          managedFields: [
            {
              manager: 'helm',
              operation: 'Update',
              apiVersion: 'v1',
              time: '2024-02-03T04:05:06Z',
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:data': { '.': {}, 'f:password': {} }, 'f:type': {} },
            },
          ],
        },
      },
    },
  ),
  // What re-encrypts by hand, or has eksctl do it, moves no time of the data.
  toWritten(
    're-encrypted',
    { post: 'helm' },
    {
      patch: 'eksctl',
      body: { metadata: { annotations: { 'eksctl.io/kms-encryption-timestamp': '2026-11-01 10:00:00' } } },
    },
  ),
];

const inDefault: readonly Entry[] = [
  posted(toSecret('default', 'forgotten', 'Opaque', ['password']), 'kubectl-create'),
];

export const secrets: readonly Entry[] = [...typed, ...untyped, ...written, ...inDefault];
