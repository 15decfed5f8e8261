/** The real API server as these tests start it: what the rest is built on. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type ApiServer, startApiServer } from './api-server.ts';
import { canary, findCanary } from './canary.ts';
import { identities, nodeName } from './identities.ts';
import { access, toServiceAccount } from './population/access.ts';
import { posted, toSecret } from './population/objects.ts';
import { toContainer, toPod, toVolume } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';
import { startRecordingProxy } from './recording-proxy.ts';

const stripe = '/api/v1/namespaces/payments/secrets/stripe';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  const reader = { ...toPod('payments', 'api', { containers: [toContainer('api')] }) };
  await writePopulation(server, [
    ...access,
    { object: toSecret('payments', 'stripe', 'Opaque', ['api-key']), steps: [{ kubectl: 'apply' }] },
    posted(toSecret('payments', 'other', 'Opaque', ['api-key'])),
    posted({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } }),
    posted({ ...reader, spec: { ...Object(reader.spec), nodeName, volumes: [toVolume('stripe')] } }),
    posted(toServiceAccount('payments', 'nobody')),
  ]);
});
// Also where the above fails half way.
afterAll(() => server?.stop());

/** What reading that Secret, or another, with a token gives. */
const readStatus = async (token: string | undefined, path = stripe): Promise<number> => {
  const client = server.openClient(token);
  const { status } = await client.ask('GET', path);
  client.close();
  return status;
};

const roles = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

describe('The API server', () => {
  it('has the roles that Kubernetes gives itself', async () => {
    const { items } = roles.parse(
      await server.admin.send('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles'),
    );
    const names = items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['admin', 'cluster-admin', 'edit', 'view', 'system:node']));
  });

  it.each([
    ['admin', 200],
    ['onCall', 200],
    ['developer', 403],
    ['stranger', 403],
    // A binding to a service account asks for the name alone.
    ['lookAlike', 200],
  ] as const)('answers %s, who asks for a Secret, with %i', async (name, status) => {
    expect(await readStatus(server.tokens[name])).toBe(status);
  });

  it('answers nobody, and whom it does not know', async () => {
    expect(await readStatus(undefined)).toBe(403);
    expect(await readStatus('k8s-aws-v1.none')).toBe(401);
  });

  it('lets service accounts read what they are bound to', async () => {
    expect(await readStatus(await server.askServiceAccountToken('payments', 'api'))).toBe(200);
    expect(await readStatus(await server.askServiceAccountToken('payments', 'nobody'))).toBe(403);
  });

  it('lets a node read the Secrets of its own pods', async () => {
    // The authorizer hears of pods with a delay.
    await vi.waitFor(async () => expect(await readStatus(server.tokens.kubelet)).toBe(200), 5000);
    expect(await readStatus(server.tokens.kubelet, stripe.replace('stripe', 'other'))).toBe(403);
  });

  it('knows a client’s certificate', () => {
    const kubeconfig = server.writeKubeconfig('certificate', server.certificates.admin);
    const words = [
      '--kubeconfig',
      kubeconfig,
      'auth',
      'whoami',
      '-o',
      'jsonpath={.status.userInfo.username}',
    ];
    expect(execFileSync(server.kubectl, words, { encoding: 'utf8' })).toBe('kubernetes-admin');
  });
});

const event = z.object({
  level: z.string(),
  stage: z.string(),
  verb: z.string(),
  user: z.object({
    username: z.string().optional(),
    extra: z.record(z.string(), z.array(z.string())).optional(),
  }),
  objectRef: z.object({ resource: z.string(), name: z.string().optional() }).optional(),
  requestObject: z.unknown().optional(),
  responseObject: z.unknown().optional(),
});
const readEvents = () =>
  readFileSync(server.auditLog, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => event.parse(JSON.parse(line)));

describe('The audit log', () => {
  it('tells of Secrets without what they hold, and once a request', async () => {
    await readStatus(server.tokens.onCall);
    const ofSecrets = readEvents().filter(({ objectRef }) => objectRef?.resource === 'secrets');
    // The server itself lists and watches them.
    expect(ofSecrets.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['create', 'get']));
    for (const { level, stage, requestObject, responseObject } of ofSecrets)
      expect({ level, stage, requestObject, responseObject }).toEqual({
        level: 'Metadata',
        stage: expect.stringMatching(/^Response(Started|Complete)$/),
      });
    expect(findCanary(readFileSync(server.auditLog))).toEqual([]);
  });

  it('names who asked as EKS does', async () => {
    await readStatus(server.tokens.onCall);
    const { username, extra } = identities.onCall;
    expect(readEvents().at(-1)?.user).toMatchObject({ username, extra });
  });

  it('tells of other objects with what was sent', () => {
    const pods = readEvents().filter(
      ({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'pods',
    );
    expect(pods.map(({ level }) => level)).toEqual(['RequestResponse']);
  });
});

describe('The recording proxy', () => {
  const ask = async (path: string, accept: string) => {
    const proxy = await startRecordingProxy(server);
    const client = server.openClient(server.tokens.admin, proxy.endpoint);
    const { body } = await client.ask('GET', path, { headers: { accept, 'user-agent': 'test' } });
    client.close();
    await proxy.stop();
    return { body, requests: proxy.requests };
  };
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

  it('keeps what was asked, and sees a value that is answered', async () => {
    const { body, requests } = await ask(stripe, 'application/json');
    expect(requests).toEqual([
      {
        method: 'GET',
        path: stripe,
        accept: 'application/json',
        userAgent: 'test',
        status: 200,
        sentBytes: body.length,
        bodyBytes: body.length,
        leaks: ['base64'],
      },
    ]);
  });

  it('sees the value that comes with the metadata of an applied Secret, and none where no object is asked for', async () => {
    const withMetadata = await ask('/api/v1/secrets?includeObject=Metadata', table);
    expect(withMetadata.body).toContain('last-applied-configuration');
    expect(withMetadata.requests.map(({ leaks }) => leaks)).toEqual([['base64']]);
    const without = await ask('/api/v1/secrets?includeObject=None', table);
    expect(without.requests.map(({ leaks }) => leaks)).toEqual([[]]);
  });
});

describe('The canary', () => {
  it.each([
    ['plain', `a ${canary} b`] as const,
    ...['', 'a', 'ab', 'abc'].map((before) => ['base64', btoa(`${before}${canary}, and more`)] as const),
    ...['', 'a', 'ab', 'abc'].map((before) => ['base64 twice', btoa(`{${btoa(before + canary)}}`)] as const),
  ])('is found in %s: %s', (form, text) => {
    expect(findCanary(text)).toEqual([form]);
    expect(findCanary(Buffer.from(text))).toEqual([form]);
  });

  it('is not found where it is not', () => {
    expect(findCanary(btoa('S3CR3T-canary'))).toEqual([]);
  });
});

describe('A guarded process', () => {
  it('ends when whoever started it is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-guarded-'));
    const source = `
      import { startGuarded } from ${JSON.stringify(new URL('guarded-process.ts', import.meta.url).href)};
      await startGuarded('sh', ['-c', 'echo $$; exec sleep 60'], ${JSON.stringify(join(folder, 'log'))});
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'inherit' });
    const readPid = () => Number(readFileSync(join(folder, 'log'), 'utf8'));
    await vi.waitFor(() => expect(readPid()).toBeGreaterThan(0), 5000);
    const pid = readPid();
    expect(process.kill(pid, 0)).toBe(true);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5000);
    rmSync(folder, { recursive: true });
  });
});
