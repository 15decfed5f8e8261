import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cluster } from '../../sandbox/fleets/build.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { canary, findCanary } from '../apiserver/canary.ts';
import {
  type Asked,
  certificates,
  refuse,
  serveKubernetes,
  serveLists,
} from '../collect/kubernetes/serve-kubernetes.ts';
import { region, site, toFleet, workload } from '../use-cases/fleets.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const recorded = JSON.parse(
  readFileSync(
    new URL('../recorded/kubernetes/secrets.table.include-metadata.json', import.meta.url),
    'utf8',
  ),
);

const encoded = Buffer.from(canary).toString('base64');
/** The recorded Secrets, the applied one with the canary in its annotation: in base64, and as text of stringData. */
const toTable = () => {
  const table = structuredClone(recorded);
  const applied = table.rows[0].object.metadata.annotations;
  for (const name of Object.keys(applied))
    applied[name] = JSON.stringify({ data: { password: encoded }, stringData: { other: canary } });
  return table;
};

const web = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 1,
    template: {
      spec: {
        containers: [
          {
            name: 'app',
            env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'ssh', key: 'ssh-privatekey' } } }],
          },
        ],
      },
    },
  },
};

const everything = serveLists({
  ...Object.fromEntries(
    ['daemonsets', 'statefulsets', 'replicasets'].map((plural) => [`/apis/apps/v1/${plural}`, []]),
  ),
  '/apis/apps/v1/deployments': [web],
  ...Object.fromEntries(['cronjobs', 'jobs'].map((plural) => [`/apis/batch/v1/${plural}`, []])),
  ...Object.fromEntries(['pods', 'serviceaccounts'].map((plural) => [`/api/v1/${plural}`, []])),
  '/apis/networking.k8s.io/v1/ingresses': [],
  ...Object.fromEntries(
    ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => [
      `/apis/rbac.authorization.k8s.io/v1/${plural}`,
      [],
    ]),
  ),
});
const answer: typeof everything = (asked, response) => {
  if (asked.path === '/api/v1/secrets') return toTable();
  if (asked.path.endsWith('/aws-auth')) return refuse(404, 'NotFound', 'configmaps "aws-auth" not found');
  return everything(asked, response);
};

const writeKubeconfig = (folder: string, server: string, user: object = { token: 't' }): string => {
  const file = join(folder, 'kubeconfig');
  const authority = certificates.authority.toString('base64');
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'staging', cluster: { server, 'certificate-authority-data': authority } }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'staging', context: { cluster: 'staging', user: 'me' } }],
      'current-context': 'staging',
    }),
  );
  return file;
};

const start = async (serve: typeof answer, words: string[] = [], user?: object) => {
  const server = await serveKubernetes(serve);
  const folder = makeFolder();
  const kubeconfig = writeKubeconfig(folder, server.endpoint, user);
  const { ended } = startKeyward(['secrets', '--kubeconfig', kubeconfig, ...words], { folder });
  return { ...(await ended), folder, server };
};

interface Told {
  check: string;
  status: string;
  resource: string;
  subject: string | null;
}

describe('keyward secrets', () => {
  it('ends with what its user may not list, and the checks that are unknown for it', async () => {
    const { stdout } = await start((asked, response) =>
      asked.path.endsWith('/clusterroles')
        ? refuse(403, 'Forbidden', 'clusterroles is forbidden: User "me" cannot list it')
        : answer(asked, response),
    );
    expect(stdout).toMatch(
      /\nRan as the user of the kubeconfig’s context\.\n {2}refused {3}list clusterroles\.rbac\.authorization\.k8s\.io: in staging\n {12}unknown for it: secret-access-is-limited\nWhat each is for: docs\/kubernetes\.md\n$/,
    );
  });

  it('judges a cluster by its kubeconfig, and by what it saved the same again', async () => {
    const words = ['--format', 'json', '--save-evidence', 'e.jsonl', '--fail-on', 'medium'];
    const { stdout, stderr, status, folder } = await start(answer, words);
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    const { findings, run } = JSON.parse(stdout);
    expect(run.targets).toEqual([]);
    for (const finding of findings)
      expect(finding).toMatchObject({ account: null, region: null, cluster: 'staging' });
    const failed: Told[] = findings.filter((one: Told) => one.status === 'fail');
    expect(failed).toContainEqual(
      expect.objectContaining({
        check: 'secrets-are-mounted-not-exported',
        resource: 'kubernetes:staging#secret/default/ssh',
        subject: 'deployment/default/web',
      }),
    );
    expect(failed.map(({ check }) => check)).toContain('secrets-leave-no-copy-in-annotations');

    const check = await startKeyward(['check', 'e.jsonl', '--format', 'json', '--fail-on', 'medium'], {
      folder,
    }).ended;
    expect({ stderr: check.stderr, status: check.status }).toEqual({ stderr: '', status: 1 });
    expect(JSON.parse(check.stdout).findings).toEqual(findings);
    expect(JSON.parse(check.stdout).run).toEqual(run);
  });

  it('knows what is fixed since an earlier run only in the namespace that it looked into', async () => {
    const server = await serveKubernetes((asked, response) =>
      answer({ ...asked, path: asked.path.replace('/namespaces/default/', '/') }, response),
    );
    const folder = makeFolder();
    const common = ['secrets', '--kubeconfig', writeKubeconfig(folder, server.endpoint)];
    const tell = async (...words: string[]) =>
      JSON.parse((await startKeyward([...words, '--format', 'json'], { folder }).ended).stdout);
    const run = (...words: string[]) => tell(...common, ...words);
    const before = await run();
    const failures: Told[] = before.findings.filter((one: Told) => one.status === 'fail');
    const gone = failures.map((one) => ({ ...one, id: `${one.subject} ${one.check}`, subject: 'gone' }));
    const elsewhere = gone.map((one) => ({
      ...one,
      id: `${one.id} elsewhere`,
      resource: one.resource.replace('/default/', '/other/'),
    }));
    const findings = [...gone, ...elsewhere];
    expect(elsewhere.every(({ resource }) => resource.includes('/other/'))).toBe(true);
    writeFileSync(join(folder, 'before.json'), JSON.stringify({ ...before, findings }));
    const states = async (...words: string[]) => {
      const { baseline } = await tell(...words, '--baseline', 'before.json');
      return new Set(
        baseline.gone.map(
          (one: { resource: string; baseline: string }) =>
            `${one.resource.includes('/other/') ? 'other' : 'default'} ${one.baseline}`,
        ),
      );
    };
    const ofNamespace = [...common, '--namespace', 'default', '--save-evidence', 'saved.jsonl'];
    expect(await states(...common)).toEqual(new Set(['default fixed', 'other fixed']));
    expect(await states(...ofNamespace)).toEqual(new Set(['default fixed', 'other not seen']));
    expect(await states('check', 'saved.jsonl')).toEqual(new Set(['default fixed', 'other not seen']));
  });

  it('counts one cluster, and no account', async () => {
    const { stdout } = await start(answer);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/ · 1 cluster · \d+\.\d s$/);
  });

  it('judges what it may read where one kind is forbidden, and says what it may not', async () => {
    const { stdout, status } = await start(
      (asked, response) =>
        asked.path === '/api/v1/secrets'
          ? refuse(403, 'Forbidden', 'secrets is forbidden: User "me" cannot list resource "secrets"')
          : answer(asked, response),
      ['--format', 'json'],
    );
    expect(status).toBe(0);
    const unknown: (Told & { message: string; reason: string })[] = JSON.parse(stdout).findings.filter(
      (one: Told) => one.status === 'unknown',
    );
    expect(unknown.length).toBeGreaterThan(3);
    for (const { reason, message } of unknown)
      expect({ reason, message }).toMatchObject({
        reason: 'access-denied',
        message: expect.stringContaining('User "me" cannot list'),
      });
  });

  it('asks for no metadata with --no-metadata, and in one namespace with --namespace', async () => {
    const { server, status } = await start(
      ({ path, query }) => {
        if (path === '/api/v1/namespaces/shop/secrets')
          return {
            kind: 'Table',
            metadata: {},
            columnDefinitions: [],
            rows: query.includeObject === 'None' ? [] : null,
          };
        if (path === '/api/v1/namespaces/shop/serviceaccounts')
          return { metadata: {}, items: [{ metadata: { namespace: 'shop', name: 'default' } }] };
        return path.endsWith('aws-auth') ? refuse(404, 'NotFound', '') : { metadata: {}, items: [] };
      },
      ['--no-metadata', '--namespace', 'shop'],
    );
    expect(status).toBe(0);
    const ofSecrets = server.asked.filter(({ path }) => path.endsWith('/secrets'));
    expect(ofSecrets.map(({ path, query }) => [path, query.includeObject])).toEqual([
      ['/api/v1/namespaces/shop/secrets', 'None'],
    ]);
    expect(server.asked.map(({ method }) => method)).toEqual(server.asked.map(() => 'GET'));
  });

  it.each<[string, typeof answer, string]>([
    [
      'does not know the credentials',
      () => refuse(401, 'Unauthorized', 'Unauthorized'),
      'staging: access-denied: list secrets: the API server does not know these credentials',
    ],
    [
      'lets nobody list anything',
      () => refuse(403, 'Forbidden', 'no'),
      'staging: access-denied: list secrets: no',
    ],
  ])('exits 2 with the reason where the server %s', async (_, serve, reason) => {
    const { stdout, stderr, status } = await start(serve);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(`keyward: ${reason}`);
    expect(stderr).toContain('docs/kubernetes.md');
  });

  it('exits 2 where the namespace is empty as none is: the API server lists one that is not there, too', async () => {
    const { stdout, stderr, status } = await start(
      ({ path }) => {
        if (path.endsWith('/secrets')) return { kind: 'Table', metadata: {}, rows: [] };
        return path.endsWith('aws-auth') ? refuse(404, 'NotFound', '') : { metadata: {}, items: [] };
      },
      ['--namespace', 'shpo'],
    );
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(
      'keyward: staging: the namespace shpo holds nothing, not even a service account: is there one of that name?',
    );
  });

  it('exits 2 with the reason where nobody answers', async () => {
    const folder = makeFolder();
    const kubeconfig = writeKubeconfig(folder, 'https://127.0.0.1:1');
    const { stdout, stderr, status } = await startKeyward(['secrets', '--kubeconfig', kubeconfig], { folder })
      .ended;
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(
      /^keyward: staging: failed: 127\.0\.0\.1:1 can't be reached from here: ECONNREFUSED\n/,
    );
  });

  it('runs the program of a kubeconfig with the caller’s own variables, and exits 2 with its complaint', async () => {
    const folder = makeFolder();
    const script = '#!/bin/sh\necho "the session is over${NODE_COMPILE_CACHE+, compiled}" >&2\nexit 1\n';
    writeFileSync(join(folder, 'plugin.sh'), script);
    chmodSync(join(folder, 'plugin.sh'), 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      interactiveMode: 'Never',
    };
    const kubeconfig = writeKubeconfig(folder, 'https://127.0.0.1:1', { exec });
    const env = { NODE_COMPILE_CACHE: undefined };
    const words = ['secrets', '--kubeconfig', kubeconfig];
    const { stderr, status } = await startKeyward(words, { folder, env }).ended;
    expect(status).toBe(2);
    expect(stderr).toMatch(/no credentials for the context staging: \.\/plugin\.sh: the session is over$/m);
  });

  it('is wrong usage with a context that is not there', async () => {
    const { stderr, status } = await start(answer, ['--context', 'stagin']);
    expect(stderr).toMatch(/has no context "stagin"\nDid you mean staging\?/);
    expect(status).toBe(64);
  });
});

describe('a value that kubectl left in an annotation', () => {
  const snapshotOnExit = `
import { writeHeapSnapshot } from 'node:v8';
let number = 0;
const take = () => writeHeapSnapshot(\`heap-\${number++}.heapsnapshot\`);
process.on('SIGUSR2', take);
process.on('exit', take);
`;

  it('is in no heap while it is read or afterwards, in no evidence, report or message', async () => {
    let child: ReturnType<typeof startKeyward>['child'] | undefined;
    let pages = 0;
    // Three pages of the Secrets; while the third is waited for, the heap is written.
    const server = await serveKubernetes(async (asked, response) => {
      if (asked.path !== '/api/v1/secrets') return answer(asked, response);
      pages += 1;
      if (pages < 3) return { ...toTable(), metadata: { continue: `page-${pages}` } };
      child?.kill('SIGUSR2');
      await sleep(1500);
      return toTable();
    });
    const folder = makeFolder();
    writeFileSync(join(folder, 'snapshot.mjs'), snapshotOnExit);
    const words = [
      '--kubeconfig',
      writeKubeconfig(folder, server.endpoint),
      '--verbose',
      '--save-evidence',
      'e.jsonl',
    ];
    const formats = ['--format', 'table', '--format', 'json=a.json', '--format', 'jsonl=a.jsonl'];
    const started = startKeyward(['secrets', ...words, ...formats], {
      folder,
      env: { NODE_OPTIONS: `--import ${join(folder, 'snapshot.mjs')}` },
    });
    child = started.child;
    const { stdout, stderr } = await started.ended;
    expect(pages).toBe(3);
    expect(findCanary(JSON.stringify(toTable()))).toEqual(['plain', 'base64']);
    const read = (name: string) => readFileSync(join(folder, name));
    // What the snapshots do hold shows that they were taken in time.
    expect(read('heap-0.heapsnapshot').includes('kubectl-client-side-apply')).toBe(true);
    expect(read('heap-1.heapsnapshot').includes('secrets-are-mounted-not-exported')).toBe(true);
    for (const name of ['heap-0.heapsnapshot', 'heap-1.heapsnapshot', 'e.jsonl', 'a.json', 'a.jsonl'])
      expect({ name, found: findCanary(read(name)) }).toEqual({ name, found: [] });
    expect(findCanary(stdout + stderr)).toEqual([]);
  }, 60_000);
});

describe('keyward scan', () => {
  const scan = async (toWords: (folder: string, endpoint: string) => string[]) => {
    const inside = await serveKubernetes(answer);
    const toDescribed = (endpoint: string) => ({
      endpoint,
      certificateAuthority: { data: certificates.authority.toString('base64') },
    });
    const fleet = toFleet([
      scenario('a', { clusters: [cluster(site, 'a', toDescribed(inside.endpoint))] }),
      scenario('b', { clusters: [cluster(site, 'b', toDescribed('https://127.0.0.1:1'))] }),
    ]);
    const { env } = await serveFleet(fleet);
    const folder = makeFolder();
    const words = ['scan', '--accounts', workload, '--role-name', 'keyward-member', '--regions', region];
    const json = [
      '--format',
      'json',
      '--checks',
      'secrets-are-mounted-not-exported,env-from-imports-no-secret',
    ];
    const { stdout, stderr, status } = await startKeyward(
      [...words, ...json, ...toWords(folder, inside.endpoint)],
      { folder, env },
    ).ended;
    expect({ stderr }).toEqual({ stderr: '' });
    const { findings } = JSON.parse(stdout);
    const ofCluster = (name: string): (Told & { message: string; reason?: string })[] =>
      findings.filter((one: { cluster: string }) => one.cluster === name);
    return { a: ofCluster('a'), b: ofCluster('b'), asked: inside.asked as Asked[], status, folder };
  };
  const failure = {
    check: 'secrets-are-mounted-not-exported',
    status: 'fail',
    account: workload,
    region,
    resource: `arn:aws:eks:${region}:${workload}:cluster/a#secret/default/ssh`,
    subject: 'deployment/default/web',
  };

  it('reads inside clusters with a token of EKS, and says of which it could not', async () => {
    const { a, b, asked } = await scan(() => ['--kubernetes']);
    expect(a).toContainEqual(expect.objectContaining(failure));
    for (const { headers } of asked) {
      const [, token = ''] = /^Bearer k8s-aws-v1\.(.*)$/.exec(headers.authorization ?? '') ?? [];
      const { host, searchParams } = new URL(Buffer.from(token, 'base64url').toString());
      expect(host).toBe(`sts.${region}.amazonaws.com`);
      expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
      // As the member role, not as the caller.
      expect(searchParams.get('X-Amz-Security-Token')).toBeTruthy();
    }
    expect(b.length).toBeGreaterThan(0);
    for (const finding of b) expect(finding).toMatchObject({ status: 'unknown', reason: 'failed' });
  });

  it('goes by the context whose server is the endpoint; a cluster without one is unknown', async () => {
    const { a, b } = await scan((folder, endpoint) => ['--kubeconfig', writeKubeconfig(folder, endpoint)]);
    expect(a).toContainEqual(expect.objectContaining(failure));
    for (const finding of b)
      expect(finding).toMatchObject({
        status: 'unknown',
        reason: 'not-found',
        message: expect.stringMatching(/no context of .*kubeconfig leads to the endpoint of b$/),
      });
  });

  it('goes by the kubeconfig first where both are named', async () => {
    const { a, asked } = await scan((folder, endpoint) => [
      '--kubernetes',
      '--kubeconfig',
      writeKubeconfig(folder, endpoint),
    ]);
    expect(a).toContainEqual(expect.objectContaining(failure));
    expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer t']));
  });

  it('asks no cluster anything of itself where that is not asked for', async () => {
    const { a, asked } = await scan(() => []);
    expect({ a, asked }).toEqual({ a: [], asked: [] });
  });
});
