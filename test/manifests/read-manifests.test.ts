import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { isKnown } from '../../shared/evidence/fact.ts';
import { kubernetesEvidence } from '../../shared/evidence/kubernetes/evidence.ts';
import { readManifests } from '../../shared/manifests/read-manifests.ts';

const collectedAt = '2026-11-29T00:00:00.000Z';

const makeFolder = (files: Record<string, string> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-manifests-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
};

const read = async (paths: string[], folder: string, stdin = '') =>
  readManifests(paths, { folder, collectedAt, stdin: () => Readable.from([Buffer.from(stdin)]) });

const readObject = async (object: object) => {
  const { evidence, problems } = await read(['-'], '/', stringify(object));
  return { ...evidence, problems };
};

const toValue = <T>(fact: { value: T } | object): T | undefined => ('value' in fact ? fact.value : undefined);

const secret = (name: string, more: object = {}) =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, ...more } });

describe('readManifests', () => {
  it('searches folders for what is called as manifests are, in order, each file once', async () => {
    const folder = makeFolder({
      'b/z.yaml': secret('z'),
      'b/a.YML': secret('a'),
      'c.json': '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}}',
      'README.md': secret('no'),
      'node_modules/x/x.yaml': secret('no'),
      '.git/x.yaml': secret('no'),
      '.hidden/h.yaml': secret('h'),
    });
    symlinkSync(join(folder, 'c.json'), join(folder, 'd.json'));
    const { evidence, objects, files } = await read(['.', 'c.json', './b'], folder);
    expect(toValue(evidence.secrets)).toMatchObject([
      { name: 'h', origin: { file: '.hidden/h.yaml', line: 1 } },
      { name: 'a', origin: { file: 'b/a.YML', line: 1 } },
      { name: 'z', origin: { file: 'b/z.yaml', line: 1 } },
      { name: 'c', origin: { file: 'c.json', line: 1 } },
    ]);
    expect({ objects, files }).toEqual({ objects: 4, files: 4 });
  });

  it('follows links within the folder once, and names those that lead out of it', async () => {
    const outside = makeFolder({ 'x.yaml': secret('outside') });
    const folder = makeFolder({ 'a/a.yaml': secret('a') });
    symlinkSync(folder, join(folder, 'a/loop'));
    symlinkSync(outside, join(folder, 'out'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
    const { evidence, skipped, problems } = await read(['.'], folder);
    expect(toValue(evidence.secrets)).toHaveLength(1);
    expect(skipped.links).toEqual(['out']);
    expect(problems).toEqual([]);
  });

  it('says of a path that is not there that it can not be read', async () => {
    await expect(read(['none'], makeFolder())).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('goes on past a file that can not be parsed, which is missing of every fact', async () => {
    const folder = makeFolder({
      'a.yaml': `${secret('a')}---\nkind: "x\napiVersion: v1`,
      'b.yaml': secret('b'),
    });
    const { evidence, problems } = await read(['.'], folder);
    expect(problems).toMatchObject([{ file: 'a.yaml' }]);
    expect(toValue(evidence.secrets)).toHaveLength(2);
    const { collectedAt: _, ...facts } = evidence;
    for (const fact of Object.values(facts))
      expect(isKnown<unknown>(fact) && fact.missing).toMatchObject([
        { what: expect.stringMatching(/^a\.yaml, line \d+: /), reason: 'failed' },
      ]);
  });

  it.each([
    ['a package', 'package.json', '{"name": "x"}'],
    ['a configuration with comments', 'tsconfig.json', '// x\n{ "a": [1,,] }'],
    ['values of a chart', 'values.yaml', 'a: 1'],
    ['a kustomization', 'kustomization.yaml', 'resources: [a.yaml]'],
    ['a template that names no object', '_helpers.yaml', '{{- define "x" -}}{{ end }}'],
  ])('leaves out %s that it finds in a folder, and says so', async (_, name, text) => {
    const folder = makeFolder({ [name]: text, 'a.yaml': secret('a') });
    const { skipped, problems, files } = await read(['.'], folder);
    expect({ skipped: skipped.files, problems, files }).toEqual({ skipped: [name], problems: [], files: 1 });
  });

  it('says that a template is rendered first, once a file', async () => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\n---\n{{ if .x }}\na: 1\n{{ end }}`;
    const { problems } = await read(['.'], makeFolder({ 'templates/a.yaml': text }));
    expect(problems).toEqual([
      { file: 'templates/a.yaml', line: 4, what: 'it is a template of Helm', isTemplate: true },
    ]);
  });

  it('refuses what is larger than any manifest', async () => {
    const folder = makeFolder({ 'a.yaml': secret('a') });
    writeFileSync(join(folder, 'big.yaml'), Buffer.alloc(50_000_001, 32));
    const { problems } = await read(['.'], folder);
    expect(problems).toEqual([{ file: 'big.yaml', what: 'it is larger than 50 MB' }]);
  });

  it('takes the later of two objects of one name in a file, and both where two files hold one', async () => {
    const folder = makeFolder({
      'a.yaml': `${secret('a')}---\n${secret('a')}`,
      'b.yaml': secret('a'),
    });
    const { evidence } = await read(['.'], folder);
    expect(toValue(evidence.secrets)?.map(({ origin }) => origin)).toEqual([
      { file: 'a.yaml', line: 6 },
      { file: 'b.yaml', line: 1 },
    ]);
  });

  it('holds the text of no value, though names were cut out of the same text', async () => {
    const { evidence } = await read(
      ['-'],
      '/',
      `${secret('a')}stringData:\n  a-name-of-some-length: canary\n`,
    );
    expect(JSON.stringify(evidence)).not.toContain('canary');
    expect(kubernetesEvidence.parse(evidence)).toEqual(JSON.parse(JSON.stringify(evidence)));
  });
});

describe('a Secret of a manifest', () => {
  it('has the names of its keys, Opaque for a type and no writers', async () => {
    const { secrets } = await readObject({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'token',
        namespace: 'shop',
        labels: { 'app.kubernetes.io/managed-by': 'Helm', mine: 'x' },
        annotations: { 'kubernetes.io/service-account.name': 'api', other: 'x' },
      },
      data: { b: 'eA==' },
      stringData: { a: 'x', b: 'y' },
    });
    expect(toValue(secrets)).toEqual([
      {
        namespace: 'shop',
        name: 'token',
        type: 'Opaque',
        dataCount: 2,
        keys: ['a', 'b'],
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotationNames: ['kubernetes.io/service-account.name', 'other'],
        serviceAccount: 'api',
        owners: [],
        origin: { file: '-', line: 1 },
      },
    ]);
  });

  it('has an empty namespace where whoever applies it chooses one', async () => {
    expect(toValue((await read(['-'], '/', secret('a'))).evidence.secrets)).toMatchObject([
      { namespace: '' },
    ]);
  });

  it('whose name is generated is told by what that begins with', async () => {
    const text = [1, 2].map(() =>
      stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'a-' } }),
    );
    const { evidence } = await read(['-'], '/', text.join('---\n'));
    expect(toValue(evidence.secrets)?.map(({ name }) => name)).toEqual(['a-*', 'a-*2']);
  });

  it.each([
    [{ metadata: {} }, 'Secret: metadata.name is missing'],
    [{ metadata: { name: 'a' }, type: 5 }, 'Secret a: type is not what Kubernetes takes'],
    [
      { metadata: { name: 'a', labels: { b: 1 } } },
      'Secret a: metadata.labels.b is not what Kubernetes takes',
    ],
  ])('as %j is a mistake', async (object, what) => {
    const { problems } = await readObject({ apiVersion: 'v1', kind: 'Secret', ...object });
    expect(problems).toEqual([{ file: '-', line: 1, what }]);
  });
});

describe('what runs pods', () => {
  const spec = {
    containers: [
      { name: 'c', env: [{ name: 'P', value: 'canary' }], envFrom: [{ secretRef: { name: 's' } }] },
    ],
  };
  const template = { spec };
  it.each([
    ['v1', 'Pod', { spec }],
    ['apps/v1', 'Deployment', { spec: { template } }],
    ['apps/v1', 'StatefulSet', { spec: { template } }],
    ['v1', 'ReplicationController', { spec: { template } }],
    ['batch/v1', 'CronJob', { spec: { jobTemplate: { spec: { template } } } }],
    ['v1', 'PodTemplate', { template }],
    ['argoproj.io/v1alpha1', 'Rollout', { spec: { template } }],
    ['serving.knative.dev/v1', 'Service', { spec: { template } }],
  ])('is a %s %s', async (apiVersion, kind, more) => {
    const { workloads } = await readObject({
      apiVersion,
      kind,
      metadata: { name: 'w', namespace: 'shop' },
      ...more,
    });
    expect(toValue(workloads)).toEqual([
      {
        kind,
        namespace: 'shop',
        name: 'w',
        spec: { containers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }] }] },
        origin: { file: '-', line: 1 },
      },
    ]);
  });

  it('and is written wrongly is a mistake with its path', async () => {
    const { problems } = await readObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'w' },
      spec: { template: { spec: { containers: [{ name: 'c', env: { P: 'canary' } }] } } },
    });
    expect(problems.map(({ what }) => what)).toEqual([
      'Deployment w: spec.template.spec.containers[0].env is not what Kubernetes takes',
    ]);
  });
});

describe('what else is read of manifests', () => {
  it('is service accounts, ingresses, rights, aws-auth and places of backups', async () => {
    const metadata = { name: 'a', namespace: 'shop' };
    const rbac = 'rbac.authorization.k8s.io/v1';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' };
    const { evidence, problems, objects } = await read(
      ['-'],
      '/',
      [
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            ...metadata,
            annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/a' },
          },
        },
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata,
          spec: { tls: [{ secretName: 's' }] },
        },
        {
          apiVersion: rbac,
          kind: 'ClusterRole',
          metadata,
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        },
        { apiVersion: rbac, kind: 'Role', metadata, rules: null },
        {
          apiVersion: rbac,
          kind: 'ClusterRoleBinding',
          metadata,
          roleRef,
          subjects: [{ kind: 'Group', name: 'system:authenticated' }],
        },
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'aws-auth', namespace: 'kube-system' },
          data: { mapUsers: '- userarn: arn:aws:iam::111122223333:user/u\n  groups: [system:masters]\n' },
        },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } },
        {
          apiVersion: 'velero.io/v1',
          kind: 'BackupStorageLocation',
          metadata,
          spec: { provider: 'aws', objectStorage: { bucket: 'b' } },
        },
        { apiVersion: 'example.com/v1', kind: 'Secret', metadata },
        { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec: {} },
      ]
        .map((object) => stringify(object))
        .join('---\n'),
    );
    expect(problems).toEqual([]);
    expect(objects).toBe(10);
    expect(evidence).toMatchObject({
      secrets: { value: [] },
      serviceAccounts: { value: [{ name: 'a', roleArn: 'arn:aws:iam::111122223333:role/a' }] },
      ingresses: { value: [{ tls: [{ secretName: 's' }] }] },
      roles: {
        value: [
          { kind: 'ClusterRole', namespace: undefined },
          { kind: 'Role', namespace: 'shop', rules: [] },
        ],
      },
      roleBindings: { value: [{ kind: 'ClusterRoleBinding', subjects: [{ name: 'system:authenticated' }] }] },
      awsAuth: { value: { mapUsers: [{ groups: ['system:masters'] }] } },
      backupLocations: { value: [{ bucket: 'b' }] },
    });
  });
});
