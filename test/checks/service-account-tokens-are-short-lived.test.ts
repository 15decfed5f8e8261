import { describe, expect, it } from 'vitest';
import { serviceAccountTokensAreShortLived } from '../../shared/checks/service-account-tokens-are-short-lived.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toMounting,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(serviceAccountTokensAreShortLived, inside);
const type = 'kubernetes.io/service-account-token';
const token = (labels: Record<string, string> = {}) =>
  toSecret('ci-token', { type, serviceAccount: 'ci', labels, keys: ['ca.crt', 'namespace', 'token'] });
const mounting = toMounting({ secret: { secretName: 'ci-token' } });

describe('service-account-tokens-are-short-lived', () => {
  it('passes when no Secret holds a token', () => {
    const secrets = [toSecret('db'), toSecret('token', { keys: ['token'] })];
    expect(judge({ secrets, workloads: [mounting] })).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside, string]>([
    [
      'was used lately and is mounted',
      { secrets: [token({ 'kubernetes.io/legacy-token-last-used': '2026-11-20' })], workloads: [mounting] },
      'a token of service account ci that never expires; it was last used on 2026-11-20, and it is taken by 1 workload: deployment/shop/api.',
    ],
    ['was never used', { secrets: [token()] }, 'no use of it is recorded, and no workload takes it.'],
    [
      'is marked invalid',
      { secrets: [token({ 'kubernetes.io/legacy-token-invalid-since': '2026-08-01' })] },
      'never expires (marked invalid since 2026-08-01); no use',
    ],
    [
      'shows no metadata',
      { secrets: [toTableRow('ci-token', type, 3)] },
      'service account (not known) that never expires; whether it is used is not known',
    ],
    [
      'stands in a manifest',
      { isLint: true, secrets: [toManifest('ci-token', { type, keys: [] })] },
      'whether it is used is not known',
    ],
    [
      'may be mounted by workloads nobody could list',
      { secrets: [token()], workloads: denied },
      'whether a pod takes it is not known',
    ],
  ])('fails when a token %s', (_, inside, words) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'medium',
      subject: null,
      object: { kind: 'Secret', namespace: 'shop', name: 'ci-token' },
    });
    expect(verdict?.message).toContain(words);
  });

  it('says what to do: for who takes it, or for whoever has it outside', () => {
    const toFix = (inside: Inside) => {
      const [verdict] = judge(inside);
      return verdict?.status === 'fail' ? verdict.fix : undefined;
    };
    expect(toFix({ secrets: [token()], workloads: [mounting] })).toContain(
      'Let deployment/shop/api use the token',
    );
    expect(toFix({ secrets: [token()] })).toContain('kubectl create token');
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    [
      'a page of them is missing, beside what failed',
      { secrets: [token()], missing: ['kubernetes.secrets'] },
      [{ status: 'fail' }, saysThrottled],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
