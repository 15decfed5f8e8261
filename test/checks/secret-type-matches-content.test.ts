import { describe, expect, it } from 'vitest';
import { secretTypeMatchesContent } from '../../shared/checks/secret-type-matches-content.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretTypeMatchesContent, inside);
const tlsKeys = ['tls.crt', 'tls.key'];

describe('secret-type-matches-content', () => {
  it.each<[string, Inside]>([
    ['an Opaque Secret holds keys of its own', { secrets: [toSecret('db')] }],
    ['it holds a key more than the type', { secrets: [toSecret('web', { keys: [...tlsKeys, 'ca.crt'] })] }],
    ['it holds a key less', { secrets: [toSecret('web', { keys: ['tls.crt'] })] }],
    ['the Secret is typed', { secrets: [toSecret('web', { type: 'kubernetes.io/tls', keys: tlsKeys })] }],
    ['it is empty', { secrets: [toSecret('web', { keys: [] })] }],
    [
      'another object owns it',
      { secrets: [toSecret('web', { keys: tlsKeys, owners: [{ kind: 'PostgresCluster', name: 'main' }] })] },
    ],
    [
      'cert-manager wrote it',
      {
        secrets: [toSecret('web', { keys: tlsKeys, annotationNames: ['cert-manager.io/certificate-name'] })],
      },
    ],
    [
      'External Secrets wrote it',
      {
        secrets: [
          toSecret('web', { keys: tlsKeys, labels: { 'reconcile.external-secrets.io/managed': 'true' } }),
        ],
      },
    ],
    [
      'nothing names its keys, which are more than any type has',
      { secrets: [toTableRow('big', 'Opaque', 7)] },
    ],
    [
      'only some of its keys are known, and those are of no type',
      { secrets: [toSecret('some', { keys: ['a'], dataCount: 2 })] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, string[]]>([
    ['kubernetes.io/tls', tlsKeys],
    ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
    ['kubernetes.io/dockercfg', ['.dockercfg']],
    ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
    ['kubernetes.io/basic-auth', ['username', 'password']],
    ['kubernetes.io/service-account-token', ['token', 'ca.crt', 'namespace']],
  ])('fails when an Opaque Secret holds exactly the keys of %s', (fittingType, keys) => {
    const [verdict, ...rest] = judge({ secrets: [toSecret('copy', { keys })] });
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: null,
      object: { kind: 'Secret', namespace: 'shop', name: 'copy' },
      evidence: { secret: 'shop/copy', fittingType, keys: [...keys].sort() },
      fix: expect.stringContaining(`type: ${fittingType}`),
    });
    expect(verdict?.message).toContain(`is Opaque and holds exactly the keys of ${fittingType}`);
  });

  it('judges a manifest by the names of its keys, and names its file', () => {
    expect(judge({ isLint: true, secrets: [toManifest('web', { keys: tlsKeys })] })).toMatchObject([
      { status: 'fail', object: { origin: { file: 'secrets.yaml', line: 1 } } },
    ]);
  });

  it('is not fooled by a label that only looks like a controller’s', () => {
    const labels = { 'reconcile.external-secrets.io/managed': 'no', constructor: 'x' };
    expect(judge({ secrets: [toSecret('web', { keys: tlsKeys, labels })] })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
    [
      'nothing names the keys of Secrets that may be of a type, beside what failed',
      {
        secrets: [
          toSecret('web', { keys: tlsKeys }),
          toTableRow('b', 'Opaque', 2),
          toTableRow('a', 'Opaque', 1),
        ],
      },
      [
        { status: 'fail' },
        {
          status: 'unknown',
          reason: 'unsupported',
          message: 'nothing names the keys of 2 Opaque Secrets: shop/b and shop/a',
        },
      ],
    ],
    [
      'nothing names the keys of one, nor how many they are',
      { secrets: [{ ...toTableRow('bare'), dataCount: undefined }] },
      [{ status: 'unknown' }],
    ],
    [
      'one of two keys is known, and may be half of a type',
      { secrets: [toSecret('half', { keys: ['username'], dataCount: 2 })] },
      [{ status: 'unknown' }],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
