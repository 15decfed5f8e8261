import { describe, expect, it } from 'vitest';
import { registryCredentialsArePullSecrets } from '../../shared/checks/registry-credentials-are-pull-secrets.ts';
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

const judge = (inside: Inside) => judgeInside(registryCredentialsArePullSecrets, inside);
const type = 'kubernetes.io/dockerconfigjson';
const registry = toSecret('registry', { type, keys: ['.dockerconfigjson'] });
const pulling = toWorkload({}, { imagePullSecrets: [{ name: 'registry' }] });
const mounting = toMounting({ secret: { secretName: 'registry' } });

describe('registry-credentials-are-pull-secrets', () => {
  it.each<[string, Inside]>([
    ['there is none', { secrets: [toSecret('db')], workloads: denied }],
    ['a workload pulls with it', { secrets: [registry], workloads: [pulling] }],
    [
      'a service account pulls with it',
      {
        secrets: [registry],
        serviceAccounts: [{ namespace: 'shop', name: 'default', imagePullSecrets: [{ name: 'registry' }] }],
      },
    ],
    [
      'it is of a manifest, and its user stands in another',
      { isLint: true, secrets: [toManifest('registry', { type })] },
    ],
    [
      'Argo CD finds it by its label',
      { secrets: [{ ...registry, labels: { 'argocd.argoproj.io/secret-type': 'repository' } }] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it('counts a workload once that stands in two files', () => {
    const inFile = (file: string) => ({ ...mounting, origin: { file, line: 1 } });
    const secrets = [toManifest('registry', { type })];
    expect(judge({ isLint: true, secrets, workloads: [inFile('a.yaml'), inFile('b.yaml')] })).toMatchObject([
      { status: 'fail', evidence: { takers: 1 } },
    ]);
  });

  it.each<[string, Inside]>([
    ['mounted', { workloads: [mounting] }],
    ['mounted, and pulled with elsewhere', { workloads: [pulling, { ...mounting, name: 'builder' }] }],
    [
      'in a variable',
      { workloads: [toWorkload({ env: [fromSecret('CONFIG', 'registry', '.dockerconfigjson')] })] },
    ],
    ['imported', { workloads: [toWorkload({ envFrom: [{ secretRef: { name: 'registry' } }] })] }],
    ['mounted, and service accounts could not be listed', { workloads: [mounting], serviceAccounts: denied }],
  ])('fails when one is %s', (_, inside) => {
    const [verdict, ...rest] = judge({ secrets: [registry], ...inside });
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: null,
      object: { kind: 'Secret', namespace: 'shop', name: 'registry' },
      evidence: { secret: 'shop/registry', type, takers: 1 },
    });
    expect(verdict?.message).toContain(
      'is for pulling images, and is mounted or exported by 1 workload: deployment/shop/',
    );
  });

  it('names the first twenty who take one, and counts the others', () => {
    const workloads = Array.from({ length: 25 }, (_, index) => ({ ...mounting, name: `w${index}` }));
    const [verdict] = judge({ secrets: [registry], workloads });
    expect(verdict).toMatchObject({ evidence: { takers: 25 }, fix: expect.stringContaining('w0') });
    expect(verdict?.evidence.takenBy).toHaveLength(20);
    expect(verdict?.message).toContain(
      'by 25 workloads: deployment/shop/w0, deployment/shop/w1, deployment/shop/w2 and 22 more',
    );
  });

  it('fails when nobody names one, an old one too', () => {
    const old = toSecret('old', { type: 'kubernetes.io/dockercfg', keys: ['.dockercfg'] });
    const elsewhere = { ...pulling, namespace: 'other' };
    expect(judge({ secrets: [registry, old], workloads: [elsewhere] })).toMatchObject([
      { status: 'fail', severity: 'low', evidence: { secret: 'shop/registry' } },
      { status: 'fail', evidence: { secret: 'shop/old', type: 'kubernetes.io/dockercfg' } },
    ]);
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    [
      'nothing tells whether a controller finds one that nothing names',
      { secrets: [toTableRow('registry', type)] },
      [
        {
          status: 'unknown',
          message: 'labels and owners were not asked for, of 1 credential that nothing names: shop/registry',
        },
      ],
    ],
    ['workloads could not be listed', { secrets: [registry], workloads: denied }, saysDenied],
    [
      'service accounts could not be listed, and no workload names one',
      { secrets: [registry], serviceAccounts: denied },
      saysDenied,
    ],
    ['a page of Secrets is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
    [
      'a page of workloads is missing',
      { secrets: [registry], missing: ['kubernetes.workloads'] },
      [saysThrottled],
    ],
    [
      'a page of service accounts is missing',
      { secrets: [registry], missing: ['kubernetes.serviceAccounts'] },
      [saysThrottled],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
