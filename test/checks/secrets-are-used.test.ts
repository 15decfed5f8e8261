import { describe, expect, it } from 'vitest';
import { secretsAreUsed } from '../../shared/checks/secrets-are-used.ts';
import { denied, saysDenied } from './cases.ts';
import {
  fromSecret,
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toMounting,
  toSecret,
  toTableRow,
  toWorkload,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsAreUsed, { secrets: [toSecret('db')], ...inside });
const variable = { env: [fromSecret('DB_PASSWORD', 'db', 'password')] };
const account = { namespace: 'shop', name: 'default' };
const only = (given: Parameters<typeof toSecret>[1]): Inside => ({ secrets: [toSecret('db', given)] });

describe('secrets-are-used', () => {
  it.each<[string, Inside]>([
    ['a variable takes it', { workloads: [toWorkload(variable)] }],
    [
      'an init container’s variable takes it',
      { workloads: [toWorkload({}, { initContainers: [{ name: 'init', ...variable }] })] },
    ],
    [
      'an ephemeral container’s does',
      { workloads: [toWorkload({}, { ephemeralContainers: [{ name: 'debug', ...variable }] })] },
    ],
    ['a container imports it', { workloads: [toWorkload({ envFrom: [{ secretRef: { name: 'db' } }] })] }],
    ['a volume holds it', { workloads: [toMounting({ secret: { secretName: 'db' } })] }],
    [
      'a volume that no container mounts holds it',
      { workloads: [toWorkload({}, { volumes: [{ name: 'db', secret: { secretName: 'db' } }] })] },
    ],
    [
      'a projected volume holds it',
      { workloads: [toMounting({ projected: { sources: [{ secret: { name: 'db' } }] } })] },
    ],
    ['a volume is opened with it', { workloads: [toMounting({ openedWith: 'db' })] }],
    ['images are pulled with it', { workloads: [toWorkload({}, { imagePullSecrets: [{ name: 'db' }] })] }],
    ['a service account names it', { serviceAccounts: [{ ...account, secrets: [{ name: 'db' }] }] }],
    [
      'a service account pulls with it',
      { serviceAccounts: [{ ...account, imagePullSecrets: [{ name: 'db' }] }] },
    ],
    [
      'an ingress serves with it',
      { ingresses: [{ namespace: 'shop', name: 'web', tls: [{ secretName: 'db' }] }] },
    ],
    ['it is a release of Helm', only({ type: 'helm.sh/release.v1' })],
    ['it is a token of a service account', only({ type: 'kubernetes.io/service-account-token' })],
    ['it is a bootstrap token', only({ type: 'bootstrap.kubernetes.io/token' })],
    ['it is Helm’s by the table alone', { secrets: [toTableRow('x', 'helm.sh/release.v1')] }],
    ['it is an operator’s own', only({ owners: [{ kind: 'Prometheus', name: 'main' }] })],
    ['it is the mesh’s own', only({ type: 'istio.io/ca-root' })],
    ['Argo CD finds it by its label', only({ labels: { 'argocd.argoproj.io/secret-type': 'cluster' } })],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside]>([
    ['nothing names it', {}],
    [
      'only another namespace names one of its name',
      { workloads: [{ ...toWorkload(variable), namespace: 'other' }] },
    ],
    ['an ingress has no Secret', { ingresses: [{ namespace: 'shop', name: 'web', tls: [{}] }] }],
    [
      'a controller delivered it for nobody',
      only({
        owners: [{ kind: 'ExternalSecret', name: 'db' }],
        labels: { 'reconcile.external-secrets.io/managed': 'true' },
      }),
    ],
  ])('fails when %s', (_, inside) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'info',
      object: { kind: 'Secret', namespace: 'shop', name: 'db' },
    });
    expect(verdict?.message).toMatch(/^No reference to Secret shop\/db \(Opaque\) was found in workloads/);
  });

  it('does not apply to manifests, whose users may stand in others', () => {
    expect(judge({ isLint: true, secrets: [toManifest('db')] })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    [
      'nothing tells whether a controller finds one, beside what failed',
      { secrets: [toSecret('db'), toTableRow('bare')] },
      [
        { status: 'fail' },
        {
          status: 'unknown',
          reason: 'unsupported',
          message: 'labels and owners were not asked for, of 1 Secret that nothing names: shop/bare',
        },
      ],
    ],
    ['workloads could not be listed', { workloads: denied }, saysDenied],
    ['service accounts could not be listed', { serviceAccounts: denied }, saysDenied],
    ['ingresses could not be listed', { ingresses: denied }, saysDenied],
    [
      'a page of workloads is missing: the reference may stand there',
      { missing: ['kubernetes.workloads'] },
      [saysThrottled],
    ],
    ['a page of service accounts is missing', { missing: ['kubernetes.serviceAccounts'] }, [saysThrottled]],
    ['a page of ingresses is missing', { missing: ['kubernetes.ingresses'] }, [saysThrottled]],
    [
      'a page of Secrets is missing, beside what failed',
      { missing: ['kubernetes.secrets'] },
      [{ status: 'fail' }, saysThrottled],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
