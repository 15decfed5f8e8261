import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findContexts, pickContext, readKubeconfig } from '../../../shared/collect/kubernetes/kubeconfig.ts';
import { openKubernetesApi } from '../../../shared/collect/kubernetes/kubernetes-api.ts';
import { certificates, serveKubernetes } from './serve-kubernetes.ts';

const toBase64 = (bytes: Buffer) => bytes.toString('base64');
const { signal } = new AbortController();

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A kubeconfig in JSON, which is YAML too. */
const toConfig = (name: string, server: string, user: object | undefined, cluster: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name, cluster: { server, 'certificate-authority-data': toBase64(certificates.authority), ...cluster } },
  ],
  users: user ? [{ name, user }] : [],
  contexts: [{ name, context: { cluster: name, ...(user ? { user: name } : {}) } }],
  'current-context': name,
});

const write = (folder: string, name: string, config: object | string): string => {
  const file = join(folder, name);
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
};

/** Asks once by the current context of a kubeconfig. */
const ask = async (file: string | undefined, env: NodeJS.ProcessEnv = {}) => {
  const kubeconfig = await readKubeconfig(file, { folder: '/', env, signal });
  const connection = await kubeconfig.connect(pickContext(kubeconfig, undefined), signal);
  const api = openKubernetesApi(connection, signal);
  onTestFinished(() => api.close());
  return { answer: await api.get('/x'), api, kubeconfig };
};

const serveWho = (tls: object = {}) =>
  serveKubernetes(
    ({ headers }) => ({
      authorization: headers.authorization ?? null,
      as: headers['impersonate-user'] ?? null,
    }),
    tls,
  );

describe('a kubeconfig', () => {
  it.each([
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['a name and password', { username: 'ops', password: 'p' }, `Basic ${btoa('ops:p')}`],
    ['nothing', undefined, null],
  ])('leads to its cluster with %s', async (_, user, authorization) => {
    const { endpoint } = await serveWho();
    const file = write(makeFolder(), 'config', toConfig('c', endpoint, user));
    expect((await ask(file)).answer).toEqual({ authorization, as: null });
  });

  it('leads there with a certificate, its files meant from its folder', async () => {
    const { endpoint } = await serveWho({
      requestCert: true,
      rejectUnauthorized: true,
      ca: certificates.authority,
    });
    const folder = makeFolder();
    writeFileSync(join(folder, 'ca.pem'), certificates.authority);
    writeFileSync(join(folder, 'cert.pem'), certificates.client.cert);
    writeFileSync(join(folder, 'key.pem'), certificates.client.key);
    const user = { 'client-certificate': 'cert.pem', 'client-key': 'key.pem' };
    const cluster = { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.pem' };
    expect((await ask(write(folder, 'config', toConfig('c', endpoint, user, cluster)))).answer).toBeDefined();
  });

  it('leads there as somebody else', async () => {
    const { endpoint, asked } = await serveWho();
    const user = { token: 't', as: 'jane', 'as-groups': ['a', 'b'] };
    const file = write(makeFolder(), 'config', toConfig('c', endpoint, user));
    expect((await ask(file)).answer).toEqual({ authorization: 'Bearer t', as: 'jane' });
    expect(asked[0]?.headers['impersonate-group']).toBe('a, b');
  });

  it('leads there with a token that a file holds, as it is by then', async () => {
    const { endpoint } = await serveWho();
    const folder = makeFolder();
    writeFileSync(join(folder, 'token'), 'first\n');
    const { answer, api } = await ask(
      write(folder, 'config', toConfig('c', endpoint, { tokenFile: 'token' })),
    );
    writeFileSync(join(folder, 'token'), 'second\n');
    expect([answer, await api.get('/x')]).toEqual([
      { authorization: 'Bearer first', as: null },
      { authorization: 'Bearer second', as: null },
    ]);
  });

  it('leads there by OpenID Connect', async () => {
    const { endpoint } = await serveWho();
    const claims = Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url');
    const config = {
      'id-token': `e30.${claims}.x`,
      'idp-issuer-url': 'https://issuer.invalid',
      'client-id': 'c',
    };
    const user = { 'auth-provider': { name: 'oidc', config } };
    const file = write(makeFolder(), 'config', toConfig('c', endpoint, user));
    expect((await ask(file)).answer).toEqual({ authorization: `Bearer e30.${claims}.x`, as: null });
  });

  it('leads there through the proxy that it names', async () => {
    const { endpoint } = await serveWho();
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url = '' }, socket: Socket) => {
      tunnels.push(url);
      const [host = '', port = ''] = url.split(':');
      const through = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const cluster = { 'proxy-url': `http://127.0.0.1:${port}` };
    const file = write(makeFolder(), 'config', toConfig('c', endpoint, { token: 't' }, cluster));
    expect((await ask(file)).answer).toEqual({ authorization: 'Bearer t', as: null });
    expect(tunnels).toEqual([new URL(endpoint).host]);
  });

  /** The least that SOCKS 5 is: https://www.rfc-editor.org/rfc/rfc1928 */
  const serveSocks = async (): Promise<string> => {
    const proxy = createTcpServer((socket) => {
      socket.once('data', () => {
        socket.write(Uint8Array.of(5, 0));
        socket.once('data', (wanted) => {
          const isName = wanted[3] === 3;
          const end = isName ? 5 + (wanted[4] ?? 0) : 8;
          const host = isName ? wanted.toString('latin1', 5, end) : [...wanted.subarray(4, 8)].join('.');
          const through = connect(wanted.readUInt16BE(end), host, () => {
            socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
            socket.pipe(through).pipe(socket);
          });
        });
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    return `socks5://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  };

  it('leads there through SOCKS, with a token that a file holds', async () => {
    const { endpoint } = await serveWho();
    const folder = makeFolder();
    writeFileSync(join(folder, 'token'), 'filed\n');
    // Of an address the library checks no certificate: it takes it for localhost's.
    const cluster = {
      'proxy-url': await serveSocks(),
      'insecure-skip-tls-verify': true,
      'certificate-authority-data': undefined,
    };
    const file = write(folder, 'config', toConfig('c', endpoint, { tokenFile: 'token' }, cluster));
    expect((await ask(file)).answer).toEqual({ authorization: 'Bearer filed', as: null });
  });

  it('ends a program of its own with the scan, behind SOCKS too', async () => {
    const folder = makeFolder();
    plugin(folder, 'exec sleep 30');
    const cluster = { 'proxy-url': 'socks5://127.0.0.1:1' };
    const file = write(folder, 'config', toConfig('c', 'https://127.0.0.1:1', toExec(), cluster));
    const kubeconfig = await readKubeconfig(file, { folder: '/', env: {}, signal });
    await expect(kubeconfig.connect('c', AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
  });

  const plugin = (folder: string, script: string): string => {
    const file = write(folder, 'plugin.sh', `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const toExec = (more: object = {}) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      interactiveMode: 'Never',
      ...more,
    },
  });

  it('leads there by a program of its own, which is told what it is for and run again in time', async () => {
    const { endpoint } = await serveWho();
    const folder = makeFolder();
    plugin(
      folder,
      `echo run >> "${folder}/runs"
echo "$KUBERNETES_EXEC_INFO" > "${folder}/info"
cat <<END
{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"$1-$EXTRA-$(wc -l < "${folder}/runs" | tr -d ' ')","expirationTimestamp":"2026-01-01T00:00:00Z"}}
END`,
    );
    const exec = toExec({ args: ['a'], env: [{ name: 'EXTRA', value: 'b' }], provideClusterInfo: true });
    const file = write(folder, 'config', toConfig('c', endpoint, exec));
    const { answer, api } = await ask(file);
    expect(answer).toMatchObject({ authorization: expect.stringMatching(/^Bearer a-b-\d$/) });
    // What it gave is over by now.
    expect(await api.get('/x')).not.toEqual(answer);
    expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toMatchObject({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: { interactive: false, cluster: { server: endpoint } },
    });
  });

  it('asks its program once while what it gave holds', async () => {
    const { endpoint } = await serveWho();
    const folder = makeFolder();
    plugin(folder, `echo run >> "${folder}/runs"; echo '{"kind":"ExecCredential","status":{"token":"t"}}'`);
    const { api } = await ask(write(folder, 'config', toConfig('c', endpoint, toExec())));
    await api.get('/x');
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  it('leads there by a program that gives a certificate', async () => {
    const { endpoint } = await serveWho({
      requestCert: true,
      rejectUnauthorized: true,
      ca: certificates.authority,
    });
    const folder = makeFolder();
    const status = {
      clientCertificateData: certificates.client.cert.toString(),
      clientKeyData: certificates.client.key.toString(),
    };
    write(folder, 'given.json', { kind: 'ExecCredential', status });
    plugin(folder, `cat "${folder}/given.json"`);
    expect((await ask(write(folder, 'config', toConfig('c', endpoint, toExec())))).answer).toBeDefined();
  });

  it.each([
    [
      'fails',
      'echo S3CR3T-out; echo first >&2; echo "the session is over" >&2; exit 3',
      'the session is over',
    ],
    ['says nothing', 'exit 3', 'ended with 3'],
    ['prints something else', 'echo S3CR3T-out', 'printed no ExecCredential'],
  ])(
    'says what its program complains of when that %s, and nothing it printed',
    async (_, script, complaint) => {
      const folder = makeFolder();
      plugin(folder, script);
      const file = write(folder, 'config', toConfig('c', 'https://127.0.0.1:1', toExec()));
      const error = await ask(file).catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        name: 'UnreachableError',
        reason: 'access-denied',
        message: expect.stringContaining(complaint),
      });
      expect(String(error)).not.toContain('S3CR3T');
    },
  );

  it('says where its program is not there', async () => {
    const file = write(
      makeFolder(),
      'config',
      toConfig('c', 'https://127.0.0.1:1', toExec({ command: 'no-such-program' })),
    );
    await expect(ask(file)).rejects.toThrow(
      'no credentials for the context c: no-such-program: ended with ENOENT',
    );
  });

  it('goes through kubectl proxy on this machine, and shows it no credentials', async () => {
    const server = createServer(
      ({ headers }, response) =>
        void response.end(JSON.stringify({ authorization: headers.authorization ?? null })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const file = write(makeFolder(), 'config', toConfig('c', `http://127.0.0.1:${port}`, { token: 't' }));
    expect((await ask(file)).answer).toEqual({ authorization: null });
  });

  it('does not go without TLS to another machine', async () => {
    const file = write(makeFolder(), 'config', toConfig('c', 'http://cluster.example.com', { token: 't' }));
    await expect(ask(file)).rejects.toThrow('would be asked without TLS');
  });

  it('is the one that kubectl would take: of KUBECONFIG, where the first entry of a name counts', async () => {
    const { endpoint } = await serveWho();
    const folder = makeFolder();
    const one = write(folder, 'one', {
      ...toConfig('c', endpoint, { token: 'first' }),
      'current-context': '',
    });
    const two = write(folder, 'two', toConfig('c', 'https://elsewhere', { token: 'second' }));
    const KUBECONFIG = `${one}:${join(folder, 'none')}:${two}`;
    const { answer, kubeconfig } = await ask(undefined, { KUBECONFIG });
    expect(answer).toMatchObject({ authorization: 'Bearer first' });
    expect(kubeconfig.contexts).toEqual([{ name: 'c', server: endpoint }]);
  });

  it('knows which of its contexts lead to an endpoint', async () => {
    const folder = makeFolder();
    const file = write(
      folder,
      'config',
      toConfig('c', 'https://ABC.gr7.eu-central-1.eks.amazonaws.com/', { token: 't' }),
    );
    const kubeconfig = await readKubeconfig(file, { folder, env: {}, signal });
    expect(findContexts(kubeconfig, 'https://abc.gr7.eu-central-1.eks.amazonaws.com:443')).toEqual(['c']);
    expect(findContexts(kubeconfig, 'https://abd.gr7.eu-central-1.eks.amazonaws.com')).toEqual([]);
    expect(findContexts(kubeconfig, 'https://abc.gr7.eu-central-1.eks.amazonaws.com/other')).toEqual([]);
    expect(findContexts(kubeconfig, '')).toEqual([]);
  });

  it.each([
    ['is no YAML', 'users:\n- name: a\n  user: {token: S3CR3T', 'KUBECONFIG_INVALID'],
    ['is empty', '', 'KUBECONFIG_INVALID'],
    ['is something else', '- S3CR3T\n', 'KUBECONFIG_INVALID'],
    ['has no context', 'users:\n- name: a\n  user: {token: S3CR3T}\n', 'NO_CONTEXT'],
  ])('that %s is wrong usage, and nothing of it is told', async (_, text, code) => {
    const error = await ask(write(makeFolder(), 'config', text)).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'UsageError', code });
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('S3CR3T');
  });

  it('that is not there, or has no such context, is wrong usage', async () => {
    const folder = makeFolder();
    await expect(readKubeconfig('none', { folder, env: {}, signal })).rejects.toMatchObject({
      code: 'KUBECONFIG_UNREADABLE',
    });
    await expect(readKubeconfig(undefined, { folder, env: { HOME: folder }, signal })).rejects.toMatchObject({
      code: 'NO_KUBECONFIG',
    });
    const kubeconfig = await readKubeconfig(
      write(folder, 'c', toConfig('staging', 'https://x', { token: 't' })),
      { folder, env: {}, signal },
    );
    expect(() => pickContext(kubeconfig, 'stagin')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_CONTEXT', hint: 'Did you mean staging?' }),
    );
  });

  it('leaves out entries that make no sense', async () => {
    const { endpoint } = await serveWho();
    const config = toConfig('c', endpoint, { token: 't' });
    const broken = {
      ...config,
      clusters: [{ name: 'broken' }, ...config.clusters],
      users: [{ name: 'b', user: { token: 5 } }, ...config.users],
    };
    expect((await ask(write(makeFolder(), 'config', broken))).answer).toMatchObject({
      authorization: 'Bearer t',
    });
  });
});
