import { describe, expect, it } from 'vitest';
import { secretsAreRenewed } from '../../shared/checks/secrets-are-renewed.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsAreRenewed, inside);
const old = '2024-01-02T03:04:05Z';
const recent = '2026-11-01T00:00:00Z';
const writer = (manager: string, time: string | undefined, keys = ['password']) => ({
  manager,
  time,
  keys,
  wroteLastApplied: false,
});
const written = (...writers: ReturnType<typeof writer>[]) => toSecret('db', { createdAt: old, writers });

describe('secrets-are-renewed', () => {
  it.each<[string, Inside]>([
    [
      'somebody wrote the data lately',
      { secrets: [written(writer('helm', old, ['a']), writer('kubectl-edit', recent))] },
    ],
    ['a Secret is young', { secrets: [toSecret('db', { createdAt: recent, writers: [] })] }],
    [
      'nothing names the keys, and something was written lately',
      { secrets: [written(writer('kubectl', recent, []))] },
    ],
    [
      'the configuration allows the age',
      { secrets: [written()], settings: { thresholds: { secretAgeDays: 2000 } } },
    ],
    ['it is empty', { secrets: [{ ...written(), keys: [], dataCount: 0 }] }],
    ['Helm keeps a release', { secrets: [{ ...written(), type: 'helm.sh/release.v1' }] }],
    [
      'it is a token of Kubernetes itself',
      { secrets: [{ ...written(), type: 'kubernetes.io/service-account-token' }] },
    ],
    [
      'the job of ingress-nginx wrote its webhook’s certificate',
      { secrets: [written(writer('kube-webhook-certgen', old))] },
    ],
    [
      'Sealed Secrets keeps an old key to open old Secrets',
      { secrets: [{ ...written(), labels: { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' } }] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside, string]>([
    [
      'it was created long ago',
      { secrets: [written()] },
      'no recorded write since its creation on 2024-01-02, 1056 days ago',
    ],
    [
      'somebody wrote it long ago',
      { secrets: [written(writer('helm', old))] },
      'since that of helm on 2024-01-02',
    ],
    [
      // What re-encrypts every Secret of a cluster: https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
      'only an annotation was written lately',
      { secrets: [written(writer('helm', old), writer('kubectl-annotate', recent, []))] },
      'since that of helm on 2024-01-02',
    ],
    ['no writer tells its time', { secrets: [written(writer('helm', undefined))] }, 'since its creation'],
    [
      'it is one day over',
      { secrets: [toSecret('db', { createdAt: '2025-11-23T01:00:00Z', writers: [] })] },
      '366 days ago; it should be written anew at least every 365 days',
    ],
    [
      'a controller delivered it: it is renewed at its source',
      { secrets: [{ ...written(), labels: { 'reconcile.external-secrets.io/managed': 'true' } }] },
      'since its creation',
    ],
  ])('fails when %s', (_, inside, words) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      object: { kind: 'Secret', namespace: 'shop', name: 'db' },
      evidence: { secret: 'shop/db', allowedDays: 365 },
    });
    expect(verdict?.message).toContain(words);
  });

  it('does not apply to manifests, which have no dates', () => {
    expect(judge({ isLint: true, secrets: [toManifest('db')] })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
    [
      'nothing tells a date, beside what failed',
      { secrets: [written(), toTableRow('bare')] },
      [
        { status: 'fail' },
        { status: 'unknown', message: 'nothing tells of a last write of 1 Secret: shop/bare' },
      ],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
