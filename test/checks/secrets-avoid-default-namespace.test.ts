import { describe, expect, it } from 'vitest';
import { secretsAvoidDefaultNamespace } from '../../shared/checks/secrets-avoid-default-namespace.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsAvoidDefaultNamespace, inside);
const inDefault = { namespace: 'default' };

describe('secrets-avoid-default-namespace', () => {
  it.each<[string, Inside]>([
    ['Secrets lie elsewhere', { secrets: [toSecret('db'), toSecret('db', { namespace: 'default-shop' })] }],
    ['a manifest names no namespace', { isLint: true, secrets: [toManifest('db', { namespace: '' })] }],
    [
      'Helm keeps its release there',
      { secrets: [toSecret('sh.helm.release.v1.web.v3', { ...inDefault, type: 'helm.sh/release.v1' })] },
    ],
    [
      'Kubernetes keeps a token there: that has a check of its own',
      {
        secrets: [toSecret('default-token-x', { ...inDefault, type: 'kubernetes.io/service-account-token' })],
      },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside]>([
    ['a Secret', { secrets: [toSecret('db', inDefault)] }],
    ['a manifest', { isLint: true, secrets: [toManifest('db', inDefault)] }],
    [
      'what a controller delivers',
      {
        secrets: [
          toSecret('db', { ...inDefault, labels: { 'reconcile.external-secrets.io/managed': 'true' } }),
        ],
      },
    ],
  ])('fails when %s lies in default', (_, inside) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      object: { kind: 'Secret', namespace: 'default', name: 'db' },
    });
    expect(verdict?.message).toContain('Secret default/db (Opaque) lies in the namespace default');
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    [
      'nothing tells whether a controller keeps it, without metadata',
      { secrets: [{ ...toTableRow('db'), ...inDefault }] },
      [{ status: 'unknown', reason: 'unsupported' }],
    ],
    ['a page of them is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
