import { describe, expect, it } from 'vitest';
import { checks } from '../../../shared/checks/index.ts';
import { settings } from '../../../shared/evidence/settings.ts';
import { toFindings } from '../../../shared/findings/to-findings.ts';
import { fromSecret, type Inside, toMounting, toSecret, toSubject, toWorkload } from './cases.ts';
import { platform } from './platform.ts';

const objectChecks = checks.filter(
  ({ scope, facts }) =>
    scope === 'object' && (facts[0] === 'kubernetes.secrets' || facts[0] === 'kubernetes.workloads'),
);

/** What is found: severity, check, object and workload, a line each. */
const find = (inside: Inside): string[] =>
  objectChecks
    .flatMap((check) => toFindings(check, toSubject(inside), settings.parse(inside.settings ?? {})))
    .filter(({ status }) => status !== 'pass')
    .map(({ severity, check, status, resource, subject, message }) =>
      status === 'fail'
        ? `${severity} ${check} ${resource.split('#')[1]}${subject ? ` ${subject}` : ''}`
        : `${status} ${check} ${message}`,
    )
    .sort();

describe('a platform cluster whose owner broke nothing', () => {
  it('shows nothing above low, and of that only what somebody can change', () => {
    expect(find(platform)).toEqual([
      'info secrets-are-used secret/cert-manager/letsencrypt-account-key',
      'info secrets-are-used secret/flux-system/flux-system',
      'info secrets-are-used secret/velero/velero-repo-credentials',
      'low private-key-files-are-owner-only secret/external-secrets/external-secrets-webhook deployment/external-secrets/external-secrets-webhook',
      'low secrets-are-mounted-not-exported secret/argocd/argocd-redis deployment/argocd/argocd-server',
      'low secrets-are-renewed secret/cert-manager/letsencrypt-account-key',
    ]);
  });
});

describe('who tries to slip past', () => {
  const ssh = toSecret('key', { type: 'kubernetes.io/ssh-auth', keys: ['ssh-privatekey'] });
  const exported = { env: [fromSecret('KEY', 'key', 'ssh-privatekey')] };
  const isFound = (inside: Inside, line: string) =>
    expect(
      find({
        ...platform,
        ...inside,
        secrets: [...platform.secrets, ...(Array.isArray(inside.secrets) ? inside.secrets : [])],
      }),
    ).toContain(line);

  it.each<[string, Inside, string]>([
    [
      'exports a key in kube-system',
      {
        secrets: [{ ...ssh, namespace: 'kube-system' }],
        workloads: [toWorkload(exported, {}, { namespace: 'kube-system' })],
      },
      'medium secrets-are-mounted-not-exported secret/kube-system/key deployment/kube-system/api',
    ],
    [
      'gives the Secret a controller’s type',
      {
        secrets: [{ ...ssh, type: 'helm.sh/release.v1' }],
        workloads: [toWorkload(exported)],
      },
      'medium secrets-are-mounted-not-exported secret/shop/key deployment/shop/api',
    ],
    [
      'calls the reference optional',
      {
        secrets: [ssh],
        workloads: [toWorkload({ env: [fromSecret('KEY', 'key', 'ssh-privatekey', true)] })],
      },
      'medium secrets-are-mounted-not-exported secret/shop/key deployment/shop/api',
    ],
    [
      'allows single values, and exports a key',
      {
        secrets: [ssh],
        workloads: [toWorkload(exported)],
        settings: { expected: { secretVariables: true } },
      },
      'medium secrets-are-mounted-not-exported secret/shop/key deployment/shop/api',
    ],
    [
      'lets an operator’s kind run the pods',
      {
        secrets: [ssh],
        workloads: [toWorkload({ envFrom: [{ secretRef: { name: 'key' } }] }, {}, { kind: 'Rollout' })],
      },
      'medium env-from-imports-no-secret secret/shop/key rollout/shop/api',
    ],
    [
      'narrows the volume, and widens the item',
      {
        secrets: [ssh],
        workloads: [
          toMounting({
            secret: {
              secretName: 'key',
              defaultMode: 0o400,
              items: [{ key: 'ssh-privatekey', path: 'a', mode: 0o444 }],
            },
          }),
        ],
      },
      'low private-key-files-are-owner-only secret/shop/key deployment/shop/api',
    ],
    [
      'mounts the key under a harmless name',
      {
        secrets: [ssh],
        workloads: [
          toMounting({
            projected: {
              sources: [{ secret: { name: 'key', items: [{ key: 'ssh-privatekey', path: 'readme' }] } }],
            },
          }),
        ],
      },
      'low private-key-files-are-owner-only secret/shop/key deployment/shop/api',
    ],
    [
      'copies a token into an Opaque Secret',
      { secrets: [toSecret('copy', { keys: ['token', 'ca.crt', 'namespace'] })] },
      'low secret-type-matches-content secret/shop/copy',
    ],
    [
      'names the expiration almost right',
      {
        secrets: [
          toSecret('join', { type: 'bootstrap.kubernetes.io/token', keys: ['token-id', 'Expiration'] }),
        ],
      },
      'high bootstrap-tokens-expire secret/shop/join',
    ],
    [
      'lets a token of a service account look like Helm’s',
      {
        secrets: [
          toSecret('token', { type: 'kubernetes.io/service-account-token', labels: { owner: 'helm' } }),
        ],
      },
      'medium service-account-tokens-are-short-lived secret/shop/token',
    ],
    [
      'pulls once with a registry’s credential, and mounts it',
      {
        secrets: [toSecret('registry', { type: 'kubernetes.io/dockercfg', keys: ['.dockercfg'] })],
        workloads: [
          toMounting({ secret: { secretName: 'registry' } }, { imagePullSecrets: [{ name: 'registry' }] }),
        ],
      },
      'low registry-credentials-are-pull-secrets secret/shop/registry',
    ],
    [
      'annotates an old Secret to make it look renewed',
      {
        secrets: [
          toSecret('old', {
            writers: [
              {
                manager: 'kubectl-create',
                time: '2023-01-01T00:00:00Z',
                keys: ['password'],
                wroteLastApplied: false,
              },
              {
                manager: 'kubectl-annotate',
                time: '2026-11-20T00:00:00Z',
                keys: [],
                wroteLastApplied: false,
              },
            ],
          }),
        ],
      },
      'low secrets-are-renewed secret/shop/old',
    ],
    [
      'mentions an unused Secret from another namespace',
      {
        secrets: [toSecret('unused')],
        workloads: [toWorkload({ env: [fromSecret('A', 'unused', 'password')] }, {}, { namespace: 'other' })],
      },
      'info secrets-are-used secret/shop/unused',
    ],
  ])('is found who %s', (_, inside, line) => {
    isFound(inside, line);
  });
});
