import { describe, expect, it } from 'vitest';
import { bootstrapTokensExpire } from '../../shared/checks/bootstrap-tokens-expire.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(bootstrapTokensExpire, inside);
const type = 'bootstrap.kubernetes.io/token';
const keys = ['token-id', 'token-secret', 'usage-bootstrap-authentication'];

describe('bootstrap-tokens-expire', () => {
  it.each<[string, Inside]>([
    ['there is none', { secrets: [toSecret('db', { keys })] }],
    [
      'each has a day on which it expires',
      { secrets: [toSecret('bootstrap-token-a', { type, keys: [...keys, 'expiration'] })] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside]>([
    ['a cluster', { secrets: [toSecret('bootstrap-token-a', { type, keys })] }],
    ['a manifest', { isLint: true, secrets: [toManifest('bootstrap-token-a', { type, keys })] }],
  ])('fails when one of %s has no expiration', (_, inside) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'high',
      object: { kind: 'Secret', name: 'bootstrap-token-a' },
      evidence: { secret: 'shop/bootstrap-token-a' },
    });
    expect(verdict?.message).toContain('EKS uses no bootstrap tokens');
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
    [
      'nothing names the keys of one',
      { secrets: [toTableRow('bootstrap-token-a', type, 4)] },
      [{ status: 'unknown', message: 'nothing names the keys of 1 bootstrap token: shop/bootstrap-token-a' }],
    ],
    [
      'only some keys of one are known',
      { secrets: [toSecret('bootstrap-token-a', { type, keys, dataCount: 4 })] },
      [{ status: 'unknown' }],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
