/** A real kube-apiserver on etcd, set up as EKS sets up its own: RBAC, node authorizer, token webhook, audit policy. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { aggregateRoles } from './aggregate-roles.ts';
import { makeCertificates } from './certificates.ts';
import { openClient } from './client.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { forEachIdentity, identities, type User } from './identities.ts';
import { type Credentials, toKubeconfig } from './kubeconfig.ts';
import { findFreePort } from './listen.ts';
import { serveTokens } from './token-webhook.ts';

const auditPolicy = fileURLToPath(new URL('audit-policy.yaml', import.meta.url));
const storeAnswer = z.object({ header: z.object({ revision: z.string() }) });
const tokenAnswer = z.object({ status: z.object({ token: z.string() }) });

/** Takes away all that was before now, as etcd's host does every five minutes. */
const compact = async (store: string): Promise<void> => {
  const ask = async (method: string, body: object): Promise<unknown> => {
    const response = await fetch(`${store}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${response.status}`);
    return response.json();
  };
  const { header } = storeAnswer.parse(await ask('range', { key: btoa('nothing') }));
  await ask('compaction', { revision: header.revision, physical: true });
};

/**
 * Starts a server of its own for whoever asks, with more flags if need be; needs the programs that binaries.sh builds.
 * Whoever starts it stops it.
 */
export const startApiServer = async (...moreFlags: string[]) => {
  const binaries = z.string().parse(process.env.KUBERNETES_BINARIES);
  const folder = mkdtempSync(join(tmpdir(), 'keyward-apiserver-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, maxRetries: 5 })];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };

  try {
    const write = (name: string, content: object): string => {
      const file = join(folder, name);
      writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
      return file;
    };
    const start = async (name: string, words: readonly string[]): Promise<GuardedProcess> => {
      const running = await startGuarded(join(binaries, name), words, join(folder, `${name}.log`));
      stops.push(running.stop);
      return running;
    };
    const certificates = makeCertificates(folder);
    const authorityFile = certificates.authority.certificate;
    const authority = readFileSync(authorityFile);
    const tokens = forEachIdentity(() => `k8s-aws-v1.${randomBytes(16).toString('base64url')}`);
    const users = forEachIdentity((name): [string, User] => [tokens[name], identities[name]]);
    const webhook = await serveTokens(new Map(Object.values(users)));
    stops.push(webhook.stop);
    const webhookFile = write(
      'webhook.json',
      toKubeconfig('webhook', webhook.address, authorityFile, { token: '' }),
    );
    const auditLog = join(folder, 'audit.log');

    const store = `http://127.0.0.1:${await findFreePort()}`;
    const peer = `http://127.0.0.1:${await findFreePort()}`;
    const port = await findFreePort();
    const etcd = await start('etcd', [
      `--data-dir=${join(folder, 'etcd')}`,
      // Nothing here outlives the server.
      '--unsafe-no-fsync',
      ...[`--listen-client-urls=${store}`, `--advertise-client-urls=${store}`, `--listen-peer-urls=${peer}`],
      ...[`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
    ]);
    const apiServer = await start('kube-apiserver', [
      ...[`--etcd-servers=${store}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
      // It is told nobody; loopback itself is refused.
      ...['--advertise-address=192.0.2.1', '--endpoint-reconciler-type=none'],
      `--tls-cert-file=${certificates.server.certificate}`,
      `--tls-private-key-file=${certificates.server.key}`,
      `--client-ca-file=${authorityFile}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${certificates.tokenKey}`,
      `--service-account-key-file=${certificates.tokenKey}`,
      '--service-cluster-ip-range=10.100.0.0/16',
      ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction'],
      ...[
        `--authentication-token-webhook-config-file=${webhookFile}`,
        '--authentication-token-webhook-version=v1',
      ],
      // One file, whatever a test writes into it.
      ...[`--audit-policy-file=${auditPolicy}`, `--audit-log-path=${auditLog}`, '--audit-log-maxsize=4096'],
      ...moreFlags,
    ]);

    const endpoint = `https://127.0.0.1:${port}`;
    const anyone = openClient(endpoint, authority);
    for (;;) {
      const { status } = await anyone.ask('GET', '/readyz').catch(() => ({ status: 0 }));
      if (status === 200) break;
      await etcd.checkRuns();
      await apiServer.checkRuns();
      await wait(50);
    }
    anyone.close();

    const admin = openClient(endpoint, authority, tokens.admin);
    stops.push(async () => admin.close());
    await aggregateRoles(admin);
    const writeKubeconfig = (name: string, credentials: Credentials, server = endpoint) =>
      write(`${name}.kubeconfig`, toKubeconfig(name, server, authorityFile, credentials));
    return {
      endpoint,
      authorityFile,
      auditLog,
      tokens,
      certificates,
      /** The paths of kubeconfigs, one for each identity. */
      kubeconfigs: forEachIdentity((name) => writeKubeconfig(name, { token: tokens[name] })),
      compact: () => compact(store),
      /** Asks as a member of system:masters. */
      admin,
      openClient: (token?: string, server = endpoint) => openClient(server, authority, token),
      /** A short-lived token of a service account that exists. */
      askServiceAccountToken: async (namespace: string, name: string): Promise<string> => {
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
        return tokenAnswer.parse(await admin.send('POST', path, { body: { spec: {} } })).status.token;
      },
      /** Writes a kubeconfig for the server, or for what stands in front of it; gives its path. */
      writeKubeconfig,
      kubectl: join(binaries, 'kubectl'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
export type ApiServer = Awaited<ReturnType<typeof startApiServer>>;
