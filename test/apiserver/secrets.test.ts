/** `keyward secrets` on a real cluster: what it finds of what is there, and that no value comes to it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiServer, startApiServer } from './api-server.ts';
import { findCanary } from './canary.ts';
import { access } from './population/access.ts';
import { platform } from './population/platform.ts';
import { secrets } from './population/secrets.ts';
import { workloads } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';
import { startRecordingProxy } from './recording-proxy.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

const report = z.object({
  findings: z.array(
    z.object({
      check: z.string(),
      status: z.string(),
      severity: z.string(),
      resource: z.string(),
      subject: z.string().nullable(),
      reason: z.string().optional(),
    }),
  ),
});

/** Runs the program in a process of its own, as somebody who has that kubeconfig. */
const run = (kubeconfig: string, ...words: string[]) => {
  const given = [program, 'secrets', '--kubeconfig', kubeconfig, '--format', 'json', ...words];
  const { promise, resolve } = Promise.withResolvers<{
    exitCode: number | null;
    stdout: string;
    stderr: string;
  }>();
  const child = execFile(process.execPath, given, { maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
    resolve({ exitCode: child.exitCode, stdout, stderr }),
  );
  return promise;
};

const judge = async (kubeconfig: string, ...words: string[]) => {
  const { exitCode, stdout, stderr } = await run(kubeconfig, ...words);
  return { exitCode, printed: stdout + stderr, ...report.parse(JSON.parse(stdout)) };
};
type Judged = Awaited<ReturnType<typeof judge>>;

/** What fails of Secrets, but for those that are only not referred to: `SEVERITY CHECK SECRET WORKLOAD`. */
const toFailures = ({ findings }: Judged): string[] =>
  findings
    .filter(
      ({ status, severity, resource }) =>
        status === 'fail' && severity !== 'info' && resource.includes('#secret/'),
    )
    .map(({ severity, check, resource, subject }) =>
      [severity, check, resource.replace(/.*#secret\//, ''), ...(subject ? [subject] : [])].join(' '),
    )
    .sort();

const ofPlatform = [
  'low private-key-files-are-owner-only external-secrets/external-secrets-webhook deployment/external-secrets/external-secrets-webhook-server',
  'low secrets-are-mounted-not-exported argocd/argocd-redis deployment/argocd/argocd-server',
];

const ofAll = [
  ...ofPlatform,
  'high bootstrap-tokens-expire kube-system/bootstrap-token-07401b',
  'medium env-from-imports-no-secret shop/database-login pod/shop/bare-pod-debugged',
  'medium env-from-imports-no-secret shop/settings cronjob/shop/report',
  'medium env-from-imports-no-secret shop/settings replicaset/shop/bare-set',
  'low private-key-files-are-owner-only shop/deploy-key statefulset/shop/database',
  'low private-key-files-are-owner-only shop/web-tls deployment/shop/proxy',
  'low registry-credentials-are-pull-secrets shop/pull',
  ...['login', 'pull', 'pull-old', 'robot', 'ssh', 'tls'].map(
    (name) => `low secret-type-matches-content shop/opaque-${name}`,
  ),
  'low secrets-are-mounted-not-exported shop/database-login job/shop/migrate',
  'low secrets-are-mounted-not-exported shop/settings pod/shop/bare-pod',
  'low secrets-are-mounted-not-exported shop/settings statefulset/shop/queue',
  'medium secrets-are-mounted-not-exported shop/deploy-key pod/shop/bare-pod-deploying',
  'medium secrets-are-mounted-not-exported shop/pull statefulset/shop/builder',
  // Of forty pods.
  'medium secrets-are-mounted-not-exported shop/web-tls deployment/shop/web',
  'low secrets-are-not-both-mounted-and-exported shop/settings statefulset/shop/queue',
  'low secrets-are-renewed shop/old',
  'low secrets-avoid-default-namespace default/forgotten',
  ...['by-apply', 'by-apply-of-text', 'by-apply-twice'].map(
    (name) => `low secrets-leave-no-copy-in-annotations shop/${name}`,
  ),
  'medium secrets-leave-no-copy-in-annotations shop/by-apply-then-patch',
  'medium service-account-tokens-are-short-lived shop/robot-token',
];

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
// Also where the above fails half way.
afterAll(() => server?.stop());

// In this order: each adds to the cluster of the one before.
describe('keyward secrets', () => {
  it('finds nothing on a server that has just been started', async () => {
    const ran = await judge(server.kubeconfigs.admin);
    expect(ran.exitCode).toBe(0);
    expect(ran.findings.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  it('finds nothing above low in the Secrets of a platform that nobody broke', async () => {
    await writePopulation(server, platform);
    const ran = await judge(server.kubeconfigs.admin);
    expect(toFailures(ran)).toEqual(ofPlatform.toSorted());
  });

  it('finds what is wrong, each once, by the workload that does it', async () => {
    await writePopulation(server, [...access, ...secrets, ...workloads]);
    const ran = await judge(server.kubeconfigs.admin);
    expect(toFailures(ran)).toEqual(ofAll.toSorted());
    expect(ran.exitCode).toBe(1);
  });

  it('finds no Secret unused that something refers to, in whatever way', async () => {
    const { findings } = await judge(server.kubeconfigs.admin, '--checks', 'secrets-are-used');
    const unused = findings.map(({ resource }) => resource.replace(/.*#secret\//, ''));
    expect(unused).toEqual(expect.arrayContaining(['shop/opaque-login', 'default/forgotten']));
    // By a CSI volume, an Ingress, a service account, a projected volume, an ephemeral container.
    for (const name of ['licence', 'opaque-tls', 'pull-old', 'deploy-key', 'database-login', 'pull'])
      expect(unused).not.toContain(`shop/${name}`);
    expect(unused.filter((name) => name.includes('sh.helm.release'))).toEqual([]);
  });

  it('says unknown of the one Secret whose keys nothing tells', async () => {
    const { findings } = await judge(server.kubeconfigs.admin, '--checks', 'secret-type-matches-content');
    expect(findings.filter(({ status }) => status === 'unknown')).toMatchObject([{ reason: 'unsupported' }]);
  });

  it.each([[[]], [['--no-metadata']]])(
    'sends nothing but GET, and shows no value, with %j',
    async (words) => {
      const proxy = await startRecordingProxy(server);
      const kubeconfig = server.writeKubeconfig('proxied', { token: server.tokens.admin }, proxy.endpoint);
      const ran = await judge(kubeconfig, ...words);
      await proxy.stop();
      expect(proxy.requests.length).toBeGreaterThan(10);
      for (const { method, path, userAgent } of proxy.requests) {
        expect({ method, userAgent }).toEqual({
          method: 'GET',
          userAgent: expect.stringMatching(/^keyward\//),
        });
        expect(path).toMatch(/[?&]limit=500\b|\/configmaps\/aws-auth$/);
      }
      const leaky = proxy.requests.filter(({ leaks }) => leaks.length > 0).map(({ path }) => path);
      expect(leaky).toEqual(words.length === 0 ? ['/api/v1/secrets?includeObject=Metadata&limit=500'] : []);
      expect(findCanary(ran.printed)).toEqual([]);
    },
  );

  it.each([
    ['the token is good', 'admin'],
    ['the certificate is good', 'certificate'],
  ])('comes in where %s', async (_, name) => {
    const { admin } = server.certificates;
    const kubeconfig =
      name === 'admin' ? server.kubeconfigs.admin : server.writeKubeconfig('certificate', admin);
    const { findings } = await judge(kubeconfig, '--checks', 'bootstrap-tokens-expire');
    expect(findings).toMatchObject([{ status: 'fail' }]);
  });

  it('goes on where Secrets alone are refused', async () => {
    const { findings } = await judge(server.kubeconfigs.developer);
    const toStatus = (id: string) =>
      new Set(findings.filter(({ check }) => check === id).map(({ status }) => status));
    expect(toStatus('bootstrap-tokens-expire')).toEqual(new Set(['unknown']));
    expect(toStatus('env-from-imports-no-secret')).toContain('fail');
    for (const { status, reason } of findings)
      if (status === 'unknown') expect(['access-denied', 'unsupported']).toContain(reason);
  });

  it.each([
    ['one is let in to nothing', 'stranger', 'cannot list resource "secrets"'],
    ['one is not known', 'unknown', 'does not know these credentials'],
    ['nobody listens', 'gone', "can't be reached from here"],
  ] as const)('says so, and judges nothing, where %s', async (_, name, words) => {
    const kubeconfig = {
      stranger: server.kubeconfigs.stranger,
      unknown: server.writeKubeconfig('unknown', { token: 'k8s-aws-v1.none' }),
      gone: server.writeKubeconfig('gone', { token: server.tokens.admin }, 'https://127.0.0.1:1'),
    }[name];
    const { exitCode, stdout, stderr } = await run(kubeconfig);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('k8s-aws-v1');
  });
});
