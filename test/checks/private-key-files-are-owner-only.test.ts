import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { privateKeyFilesAreOwnerOnly } from '../../shared/checks/private-key-files-are-owner-only.ts';
import { denied, saysDenied } from './cases.ts';
import {
  type Inside,
  judgeInside,
  saysThrottled,
  toMounting,
  toSecret,
  toTableRow,
  toWorkload,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(privateKeyFilesAreOwnerOnly, inside);
const tls = toSecret('tls', { type: 'kubernetes.io/tls', keys: ['tls.crt', 'tls.key'] });
const volume = (defaultMode?: number, items?: { key: string; path: string; mode?: number }[]) => ({
  secret: { secretName: 'tls', defaultMode, items },
});
const root = { securityContext: { runAsUser: 0 } };
const nonRoot = { securityContext: { runAsUser: 1000, fsGroup: 2000 } };
const withoutGroup = { securityContext: { runAsUser: 1000 } };

const key = { key: 'tls.key', path: 'tls.key' };
const certificate = { key: 'tls.crt', path: 'tls.crt' };

describe('private-key-files-are-owner-only', () => {
  it.each<[string, Inside]>([
    ['the volume is 0400', { secrets: [tls], workloads: [toMounting(volume(0o400))] }],
    [
      'the volume is 0600: the owner’s write bit opens nothing',
      { secrets: [tls], workloads: [toMounting(volume(0o600))] },
    ],
    [
      'a non-root pod with fsGroup has 0440',
      { secrets: [tls], workloads: [toMounting(volume(0o440), nonRoot)] },
    ],
    [
      'a pod with fsGroup has 0440, which the kubelet makes of any mode',
      {
        secrets: [tls],
        workloads: [toMounting(volume(0o440), { securityContext: { runAsUser: 0, fsGroup: 2000 } })],
      },
    ],
    [
      'the item of the key is 0400',
      { secrets: [tls], workloads: [toMounting(volume(undefined, [{ ...key, mode: 0o400 }, certificate]))] },
    ],
    [
      'only the certificate is mounted',
      { secrets: [tls], workloads: [toMounting(volume(undefined, [certificate]))] },
    ],
    [
      'a subPath shows the certificate alone',
      { secrets: [tls], workloads: [toMounting(volume(), {}, {}, 'tls.crt')] },
    ],
    [
      'no container mounts the volume',
      { secrets: [tls], workloads: [toWorkload({}, { volumes: [{ name: 'files', ...volume() }] })] },
    ],
    [
      'the pod is of kube-system',
      {
        secrets: [{ ...tls, namespace: 'kube-system' }],
        workloads: [{ ...toMounting(volume()), namespace: 'kube-system' }],
      },
    ],
    [
      'an Opaque Secret holds no private key by its names',
      {
        secrets: [toSecret('tls', { keys: ['password', 'api.key', 'known_hosts', 'id_rsa.pub'] })],
        workloads: [toMounting(volume())],
      },
    ],
    ['the Secret does not exist', { secrets: [], workloads: [toMounting(volume())] }],
    [
      'nothing names the keys, and the mode is narrow',
      { secrets: [toTableRow('tls')], workloads: [toMounting(volume(0o400))] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Inside, string, string]>([
    ['the default mode', { secrets: [tls], workloads: [toMounting(volume(), root)] }, '0644', '0400'],
    [
      '0440 as root without fsGroup',
      { secrets: [tls], workloads: [toMounting(volume(0o440), root)] },
      '0440',
      '0400',
    ],
    [
      'the default mode, its user unknown',
      { secrets: [tls], workloads: [toMounting(volume())] },
      '0644',
      '0400',
    ],
    [
      'the default mode as non-root with fsGroup',
      { secrets: [tls], workloads: [toMounting(volume(), nonRoot)] },
      '0644',
      '0440',
    ],
    [
      '0644 as non-root without fsGroup',
      { secrets: [tls], workloads: [toMounting(volume(0o644), withoutGroup)] },
      '0644',
      '0440',
    ],
    [
      '0400, and its item 0444',
      { secrets: [tls], workloads: [toMounting(volume(0o400, [{ ...key, mode: 0o444 }]), root)] },
      '0444',
      '0400',
    ],
    [
      'the default mode of a projected volume',
      {
        secrets: [tls],
        workloads: [toMounting({ projected: { sources: [{ secret: { name: 'tls' } }] } }, root)],
      },
      '0644',
      '0400',
    ],
    [
      'a subPath that is just the key',
      { secrets: [tls], workloads: [toMounting(volume(), root, {}, 'tls.key')] },
      '0644',
      '0400',
    ],
    [
      'a subPath through the link',
      { secrets: [tls], workloads: [toMounting(volume(), root, {}, './..data/tls.key')] },
      '0644',
      '0400',
    ],
    [
      'an init container that runs as root',
      {
        secrets: [tls],
        workloads: [
          toWorkload(
            {},
            {
              initContainers: [
                {
                  name: 'init',
                  securityContext: { runAsUser: 0 },
                  volumeMounts: [{ name: 'files', mountPath: '/files' }],
                },
              ],
              volumes: [{ name: 'files', ...volume() }],
            },
          ),
        ],
      },
      '0644',
      '0400',
    ],
    [
      'no metadata: the type alone tells',
      { secrets: [toTableRow('tls', 'kubernetes.io/tls', 2)], workloads: [toMounting(volume(), root)] },
      '0644',
      '0400',
    ],
    [
      'an ssh key',
      { secrets: [toTableRow('tls', 'kubernetes.io/ssh-auth', 1)], workloads: [toMounting(volume(), root)] },
      '0644',
      '0400',
    ],
    [
      'an Opaque private key',
      { secrets: [toSecret('tls', { keys: ['jwt.private-key'] })], workloads: [toMounting(volume(), root)] },
      '0644',
      '0400',
    ],
    [
      'an item of a Secret that nobody could list',
      { secrets: denied, workloads: [toMounting(volume(undefined, [key]), root)] },
      '0644',
      '0400',
    ],
  ])('fails when a private key is mounted with %s', (_, inside, mode, wantedMode) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: 'deployment/shop/api',
      object: { kind: 'Secret', name: 'tls' },
      evidence: { files: [{ mode }], wantedMode },
    });
    expect(verdict?.message).toContain(`with mode ${mode}. Mode ${wantedMode} is enough.`);
    expect(verdict?.status === 'fail' && verdict.fix).toContain(`Give the files mode ${wantedMode}.`);
  });

  it.each<[string, Inside, object]>([
    [
      'the default mode',
      { workloads: [toMounting(volume(), root)] },
      { volumes: [{ name: 'files', secret: { defaultMode: 0o400 } }] },
    ],
    [
      'non-root without fsGroup',
      { workloads: [toMounting(volume(), withoutGroup)] },
      { securityContext: { fsGroup: 1000 }, volumes: [{ name: 'files', secret: { defaultMode: 0o440 } }] },
    ],
    [
      'runAsNonRoot of a container alone',
      { workloads: [toMounting(volume(), {}, { securityContext: { runAsNonRoot: true } })] },
      { securityContext: { fsGroup: 65534 }, volumes: [{ name: 'files', secret: { defaultMode: 0o440 } }] },
    ],
    [
      'a container that is root in a non-root pod, beside one that is not',
      {
        workloads: [
          toMounting(volume(), {
            ...withoutGroup,
            containers: ['a', 'b'].map((name, index) => ({
              name,
              ...(index === 0 ? { securityContext: { runAsUser: 0 } } : {}),
              volumeMounts: [{ name: 'files', mountPath: '/files' }],
            })),
          }),
        ],
      },
      { securityContext: { fsGroup: 1000 }, volumes: [{ name: 'files', secret: { defaultMode: 0o440 } }] },
    ],
    [
      'an item’s own mode: the list of items is replaced as a whole',
      { workloads: [toMounting(volume(0o400, [certificate, { ...key, mode: 0o644 }]), root)] },
      { volumes: [{ name: 'files', secret: { items: [certificate, { ...key, mode: 0o400 }] } }] },
    ],
    [
      'projected sources: only the default can be patched',
      { workloads: [toMounting({ projected: { sources: [{ secret: { name: 'tls' } }] } }, root)] },
      { volumes: [{ name: 'files', projected: { defaultMode: 0o400 } }] },
    ],
  ])('gives the edit as a patch for %s', (_, { workloads }, spec) => {
    const [verdict] = judge({ secrets: [tls], workloads });
    expect(parse(String(verdict?.evidence.patch))).toEqual({
      spec: { template: { spec } },
    });
  });

  it('says in words what the patch does, and how it is applied', () => {
    const [verdict] = judge({ secrets: [tls], workloads: [toMounting(volume(), root)] });
    expect(
      verdict?.status === 'fail' && verdict.fix,
    ).toBe(`Give the files mode 0400. Make this edit where the manifest of deployment/shop/api is kept, or save it as patch.yaml and run kubectl patch deployment api --namespace shop --patch-file patch.yaml.

spec:
  template:
    spec:
      volumes:
        - name: files
          secret:
            defaultMode: 256 # 0400
`);
  });

  it('edits each volume as far as its own modes go, and no other', () => {
    const items = [
      { key: 'server.key', path: 'a' },
      { ...key, mode: 0o644 },
      { ...certificate, mode: 0o644 },
    ];
    const sources = [{ secret: { name: 'tls', items: [{ ...key, mode: 0o640 }] } }];
    const pod = {
      ...root,
      containers: [
        {
          name: 'api',
          volumeMounts: ['other', 'mixed', 'projected'].map((name) => ({ name, mountPath: `/${name}` })),
        },
        {
          name: 'user',
          securityContext: { runAsUser: 7 },
          volumeMounts: [{ name: 'other', mountPath: '/other' }],
        },
      ],
      volumes: [
        { name: 'other', secret: { secretName: 'tls', items: [certificate] } },
        { name: 'mixed', secret: { secretName: 'tls', items } },
        { name: 'projected', projected: { sources } },
      ],
    };
    const [verdict] = judge({ secrets: [tls], workloads: [toWorkload({}, pod)] });
    expect(verdict?.evidence.files).toMatchObject([
      { path: '/mixed/a' },
      { path: '/mixed/tls.key' },
      { path: '/projected/tls.key', mode: '0640' },
    ]);
    expect(parse(String(verdict?.evidence.patch))).toEqual({
      spec: {
        template: {
          spec: {
            volumes: [
              {
                name: 'mixed',
                secret: {
                  defaultMode: 0o400,
                  items: [
                    { key: 'server.key', path: 'a' },
                    { ...key, mode: 0o400 },
                    { ...certificate, mode: 0o644 },
                  ],
                },
              },
            ],
          },
        },
      },
    });
    expect(verdict?.evidence.steps).toMatch(
      /^Give the files mode 0400\. Set mode 0400 by hand in the projected sources for \/projected\/tls\.key: a patch would replace that list as a whole\. Make this edit/,
    );
  });

  it('leaves a mode among projected sources to a person: a patch would replace the list', () => {
    const sources = [{ secret: { name: 'tls', items: [{ ...key, mode: 0o644 }] } }];
    const [verdict] = judge({ secrets: [tls], workloads: [toMounting({ projected: { sources } }, root)] });
    expect(verdict?.evidence).toMatchObject({
      patch: null,
      steps: expect.stringContaining('Set mode 0400 by hand in the projected sources for /files/tls.key'),
    });
  });

  it.each<[string, Inside, object[]]>([
    ['workloads could not be listed', { workloads: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.workloads'] }, [saysThrottled]],
    [
      'Secrets could not be listed, and one is mounted whole',
      { secrets: denied, workloads: [toMounting(volume())] },
      saysDenied,
    ],
    [
      'nothing names the keys of a mounted Opaque Secret',
      { secrets: [toTableRow('tls')], workloads: [toMounting(volume())] },
      [
        {
          status: 'unknown',
          reason: 'unsupported',
          message: 'nothing names the keys of 1 mounted Secret: shop/tls',
        },
      ],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
