import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { leakyFindings, leakyInside } from '../../sandbox/fleets/kubernetes/leaky.ts';
import { platformInside } from '../../sandbox/fleets/kubernetes/platform.ts';
import type { KubernetesObject } from '../../sandbox/kubernetes/objects.ts';
import { checks } from '../../shared/checks/index.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { runDocument } from '../../shared/findings/finding.ts';
import { lint, pickLintChecks } from '../../shared/use-cases/lint.ts';

const settings = settingsShape.parse({});

const lintObjects = async (objects: object[], given: object = {}, chosen?: string[]) => {
  const text = objects.map((object) => stringify(object)).join('---\n');
  const result = await lint(['-'], checks, {
    folder: '/',
    stdin: () => Readable.from([Buffer.from(text)]),
    settings: settingsShape.parse(given),
    checks: chosen,
  });
  return { ...result, findings: await Array.fromAsync(result.findings) };
};
const failing = ({ findings }: Awaited<ReturnType<typeof lintObjects>>) =>
  findings
    .filter(({ status }) => status === 'fail')
    .map(({ check, severity, resource, subject, origin }) => [
      check,
      severity,
      resource,
      subject,
      origin?.line,
    ]);

const deployment = (name: string, container: object, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: { template: { spec: { containers: [{ name: 'app', ...container }], ...more } } },
});
const secret = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  ...more,
});

describe('lint', () => {
  it('judges what a chart renders to by the checks of a cluster, and tells file and line', async () => {
    const result = await lintObjects([
      secret('db', { stringData: { password: 'canary' } }),
      deployment('api', { envFrom: [{ secretRef: { name: 'db' } }] }),
    ]);
    expect(failing(result)).toContainEqual([
      'env-from-imports-no-secret',
      'medium',
      'file:-#secret/shop/db',
      'deployment/shop/api',
      9,
    ]);
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  it.each([
    ['secret-type-matches-content', [secret('a', { data: { 'tls.crt': '', 'tls.key': '' } })]],
    [
      'service-account-tokens-are-short-lived',
      [secret('a', { type: 'kubernetes.io/service-account-token' })],
    ],
    [
      'bootstrap-tokens-expire',
      [secret('a', { type: 'bootstrap.kubernetes.io/token', data: { 'token-id': '' } })],
    ],
    [
      'secrets-leave-no-copy-in-annotations',
      [
        secret('a', {
          metadata: {
            name: 'a',
            namespace: 'shop',
            annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
          },
        }),
      ],
    ],
    ['secrets-avoid-default-namespace', [secret('a', { metadata: { name: 'a', namespace: 'default' } })]],
    [
      'private-key-files-are-owner-only',
      [
        secret('a', { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } }),
        deployment(
          'api',
          { volumeMounts: [{ name: 'v', mountPath: '/tls' }] },
          { volumes: [{ name: 'v', secret: { secretName: 'a', defaultMode: 0o644 } }] },
        ),
      ],
    ],
  ])('finds what %s is about', async (check, objects) => {
    expect(failing(await lintObjects(objects)).map(([id]) => id)).toContain(check);
  });

  it('says nothing of a namespace that nobody has chosen yet', async () => {
    const { findings } = await lintObjects([secret('a', { metadata: { name: 'a' } })]);
    const found = findings.find(({ check }) => check === 'secrets-avoid-default-namespace');
    expect(found).toMatchObject({ status: 'pass', account: null, region: null, cluster: null });
  });

  it('gives a document of the published schema, with ids that hang on no line', async () => {
    const objects = [secret('a', { metadata: { name: 'a', namespace: 'default' } })];
    const [one, two] = [await lintObjects(objects), await lintObjects([{ a: 1 }, ...objects])];
    expect(two.findings.map(({ id }) => id)).toEqual(one.findings.map(({ id }) => id));
    const { run, findings, summary } = two;
    expect(runDocument.parse({ schema: 'keyward/v1', run, findings, summary }).run.targets).toEqual([]);
  });

  it('lets an exception of the configuration cover a file', async () => {
    const exception = { check: '*', resource: 'file:-#*', reason: 'r', owner: 'o', expires: '2999-01-01' };
    const result = await lintObjects([secret('a', { metadata: { name: 'a', namespace: 'default' } })], {
      exceptions: [exception],
    });
    expect(result.findings.filter(({ status, exception: one }) => status === 'fail' && !one)).toEqual([]);
    expect(result.summary.bySeverity.low).toBe(0);
  });

  it('passes nothing where a file can not be parsed', async () => {
    const stdin = () => Readable.from([Buffer.from(`${stringify(secret('a'))}---\na: "`)]);
    const result = await lint(['-'], checks, { folder: '/', stdin, settings });
    expect(result.summary.byStatus.pass).toBe(0);
    expect(result.problems).toHaveLength(1);
  });

  it.each(['', 'a: 1', '# nothing'])('takes %j for a rendering that failed, not for clean', async (text) => {
    const stdin = () => Readable.from([Buffer.from(text)]);
    await expect(lint(['-'], checks, { folder: '/', stdin, settings })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'NO_MANIFESTS',
    });
  });
});

describe('what stands in a cluster, as manifests', () => {
  /** The namespaces that EKS and Kubernetes fill themselves are in nobody's manifests. */
  const withoutSystem = (objects: KubernetesObject[]) =>
    objects.filter(
      ({ kind, metadata: { namespace, labels } }) =>
        kind !== 'Pod' &&
        namespace !== 'kube-system' &&
        labels?.['kubernetes.io/bootstrapping'] === undefined,
    );

  it('of a platform fails nothing above medium', async () => {
    const result = await lintObjects(withoutSystem(platformInside(new Date())));
    expect(result.problems).toEqual([]);
    expect(failing(result).filter(([, severity]) => severity === 'high' || severity === 'critical')).toEqual(
      [],
    );
  });

  it('fails by the same checks, with the same subjects, as in the cluster', async () => {
    const result = await lintObjects(withoutSystem(leakyInside(new Date())));
    const found = failing(result).map(([check, severity, , subject]) => `${check} ${severity} ${subject}`);
    // A manifest tells no time; the token stands in a namespace of the system; what nobody uses here, others may.
    const untold = [
      'secrets-are-renewed',
      'bootstrap-tokens-expire',
      'registry-credentials-are-pull-secrets',
    ];
    for (const finding of leakyFindings.filter(({ check }) => !untold.includes(check))) {
      const subject = 'subject' in finding ? finding.subject : null;
      expect(found).toContain(`${finding.check} ${finding.severity} ${subject}`);
    }
  });
});

describe('rights in manifests', () => {
  const rbac = 'rbac.authorization.k8s.io/v1';
  const toBinding = (name: string, subject: object) => ({
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'b' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [subject],
  });
  const reader = {
    apiVersion: rbac,
    kind: 'ClusterRole',
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
  };
  const everybody = { kind: 'Group', name: 'system:authenticated' };

  it.each([
    ['everybody, by a role of the manifests', 'reader', everybody, 'high'],
    ['everybody, by a role that every cluster has', 'cluster-admin', everybody, 'high'],
    ['everybody, by making pods', 'edit', everybody, 'high'],
    [
      'a default service account, which stands in no manifest',
      'reader',
      { kind: 'ServiceAccount', name: 'default', namespace: 'shop' },
      'high',
    ],
    [
      'a service account of another chart',
      'admin',
      { kind: 'ServiceAccount', name: 'x', namespace: 'shop' },
      'medium',
    ],
    ['a group', 'cluster-admin', { kind: 'Group', name: 'ops' }, 'medium'],
  ])('that let in %s fail, at the binding', async (_, role, subject, severity) => {
    const result = await lintObjects([reader, toBinding(role, subject)]);
    expect(failing(result)).toMatchObject([
      ['secret-access-is-limited', severity, 'file:-#clusterrolebinding/b', expect.any(String), 13],
    ]);
  });

  it.each(['view', 'none'])('by the role %s let nobody in', async (role) => {
    expect(failing(await lintObjects([reader, toBinding(role, everybody)]))).toEqual([]);
  });
});

describe('pickLintChecks', () => {
  it('asks checks whose first fact manifests tell, and says why not the others', () => {
    const { asked, notAsked } = pickLintChecks(checks, undefined, settings);
    expect(asked.map(({ facts }) => facts[0]).filter((fact) => !fact?.startsWith('kubernetes.'))).toEqual([]);
    expect(asked.map(({ id }) => id)).toContain('secrets-avoid-default-namespace');
    expect(asked.map(({ id }) => id)).not.toContain('secrets-are-renewed');
    expect(notAsked).toContainEqual(expect.stringMatching(/^the checks of link 1, .*manifests do not tell/));
    expect(notAsked).toContainEqual(
      'secrets-are-renewed: a manifest does not tell when a Secret was written',
    );
  });

  it('keeps to those that were chosen and are on, and names a chosen one that it can not ask', () => {
    const off = settingsShape.parse({ checks: { 'secrets-avoid-default-namespace': 'off' } });
    const chosen = ['secrets-avoid-default-namespace', 'secret-type-matches-content', 'key-rotates'];
    const { asked, notAsked } = pickLintChecks(checks, chosen, off);
    expect(asked.map(({ id }) => id)).toEqual(['secret-type-matches-content']);
    expect(notAsked).toContain('secrets-avoid-default-namespace: off in the configuration');
    expect(notAsked).toContainEqual(expect.stringMatching(/\bkey-rotates\b.*manifests do not tell/));
  });
});
