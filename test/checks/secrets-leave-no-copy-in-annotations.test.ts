import { describe, expect, it } from 'vitest';
import { secretsLeaveNoCopyInAnnotations } from '../../shared/checks/secrets-leave-no-copy-in-annotations.ts';
import { lastAppliedAnnotation } from '../../shared/evidence/kubernetes/secret.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsLeaveNoCopyInAnnotations, inside);
const annotationNames = [lastAppliedAnnotation];
const may = '2026-05-01T08:00:00Z';
const june = '2026-06-01T08:00:00Z';
const kubectl = (keys: string[], time: string | undefined = may) => ({
  manager: 'kubectl-client-side-apply',
  operation: 'Update',
  time,
  keys,
  wroteLastApplied: true,
});
const other = (manager: string, keys: string[], time: string | undefined = june) => ({
  manager,
  operation: 'Update',
  time,
  keys,
  wroteLastApplied: false,
});
type Writers = NonNullable<Parameters<typeof toSecret>[1]>['writers'];
const applied = (writers: Writers, type = 'Opaque') => toSecret('db', { annotationNames, writers, type });

describe('secrets-leave-no-copy-in-annotations', () => {
  it.each<[string, Inside]>([
    ['a Secret has no annotation', { secrets: [toSecret('db')] }],
    ['it has another one', { secrets: [toSecret('db', { annotationNames: ['kms-encryption-timestamp'] })] }],
    [
      'a token was applied empty, and filled by its controller',
      {
        secrets: [
          applied(
            [kubectl([]), other('kube-controller-manager', ['token'])],
            'kubernetes.io/service-account-token',
          ),
        ],
      },
    ],
    [
      'Argo CD filled its own Secret, which was applied empty',
      {
        secrets: [
          {
            ...applied([kubectl([]), other('argocd-server', ['admin.password'])]),
            labels: { 'app.kubernetes.io/name': 'argocd-secret' },
          },
        ],
      },
    ],
    [
      // As Tekton, Knative and Gatekeeper are installed.
      'a webhook filled a Secret that was made empty for its certificate',
      {
        secrets: [applied([{ ...kubectl([]), createdEmpty: true }, other('webhook', ['server-key.pem'])])],
      },
    ],
    [
      'a manifest of a token was applied empty',
      {
        isLint: true,
        secrets: [
          toManifest('ci', { annotationNames, keys: [], type: 'kubernetes.io/service-account-token' }),
        ],
      },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Inside, string]>([
    ['kubectl applied it', { secrets: [applied([kubectl(['password'])])] }, 'low'],
    ['nothing tells who wrote', { secrets: [applied([])] }, 'low'],
    ['a manifest carries it', { isLint: true, secrets: [toManifest('db', { annotationNames })] }, 'low'],
    [
      'kubectl applied again what was created before',
      { secrets: [applied([other('kubectl-create', ['password'], may), kubectl([], june)])] },
      'low',
    ],
    [
      'somebody else annotated it since',
      { secrets: [applied([kubectl(['password']), other('kubectl-annotate', [])])] },
      'low',
    ],
    [
      'nobody is said to have written the annotation',
      { secrets: [applied([other('kubectl-edit', ['password'])])] },
      'low',
    ],
    [
      'somebody else wrote its data in the same second',
      { secrets: [applied([kubectl([], june), other('rotator', ['password'], june)])] },
      'medium',
    ],
    [
      'somebody else wrote its data, and nothing tells when kubectl did',
      { secrets: [applied([{ ...kubectl([]), time: undefined }, other('rotator', ['password'], may)])] },
      'medium',
    ],
    [
      'Argo CD’s own Secret was applied with a key in it',
      {
        secrets: [
          {
            ...applied([kubectl([]), kubectl(['admin.password'])]),
            labels: { 'app.kubernetes.io/name': 'argocd-secret' },
          },
        ],
      },
      'low',
    ],
    [
      'nothing tells who applied a token',
      { secrets: [applied([], 'kubernetes.io/service-account-token')] },
      'low',
    ],
    [
      'somebody else wrote its data since',
      { secrets: [applied([kubectl([]), other('kubectl-edit', ['password'])])] },
      'medium',
    ],
    [
      'somebody else wrote one key of two since',
      { secrets: [applied([kubectl(['username']), other('vault', ['password'])])] },
      'medium',
    ],
    [
      'somebody else wrote, and nothing tells when',
      { secrets: [applied([kubectl([]), { ...other('vault', ['password']), time: undefined }])] },
      'medium',
    ],
    [
      'a token’s copier wrote keys itself',
      { secrets: [applied([kubectl(['token'])], 'kubernetes.io/service-account-token')] },
      'low',
    ],
  ])('fails when %s', (_, inside, severity) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity,
      subject: null,
      object: { kind: 'Secret', namespace: 'shop' },
      fix: expect.stringContaining(`--namespace shop ${lastAppliedAnnotation}-`),
    });
    expect(verdict?.message).toContain(
      severity === 'low'
        ? 'whatever shows metadata shows the values'
        : 'an older value that was thought gone',
    );
  });

  it('tells the last of each one’s times, and unnamed writers as such', () => {
    const writers = [
      kubectl([], may),
      kubectl([], '2026-05-20T08:00:00Z'),
      { ...other('', ['a'], '2026-07-01T08:00:00Z'), manager: undefined },
      other('vault', ['b'], june),
    ];
    const [verdict] = judge({ secrets: [applied(writers)] });
    expect(verdict?.evidence).toEqual({
      secret: 'shop/db',
      namespace: 'shop',
      name: 'db',
      copiedAt: '2026-05-20T08:00:00Z',
      writtenAt: '2026-07-01T08:00:00Z',
      writers: ['(unnamed)', 'vault'],
      keys: ['a', 'b'],
    });
  });

  it('gives a command that can be pasted, without a namespace where a manifest has none', () => {
    const secrets = [toManifest('db', { annotationNames, namespace: '' })];
    const [verdict] = judge({ isLint: true, secrets });
    expect(verdict?.status === 'fail' && verdict.fix).toContain(
      `(kubectl annotate secret db ${lastAppliedAnnotation}-)`,
    );
  });

  it('names who wrote which key after whom', () => {
    const [verdict] = judge({ secrets: [applied([kubectl([]), other('kubectl-edit', ['password'])])] });
    expect(verdict?.message).toContain(
      '(its last write is of 2026-05-01), while kubectl-edit wrote password since (2026-06-01)',
    );
  });

  it.each<[string, Inside, object[]]>([
    ['Secrets could not be listed', { secrets: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.secrets'] }, [saysThrottled]],
    [
      'metadata was not asked for',
      { secrets: ['a', 'b', 'c', 'd', 'e'].map((name) => toTableRow(name)) },
      [
        {
          status: 'unknown',
          reason: 'unsupported',
          message: 'annotations were not asked for, of 5 Secrets: shop/a, shop/b, shop/c and 2 more',
        },
      ],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
