/** The ways to clusters that a kubeconfig knows: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
import { readFileSync } from 'node:fs';
import { type OutgoingHttpHeaders, Agent as PlainAgent } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import { delimiter } from 'node:path';
import { UsageError } from '../../runtime/errors.ts';
import { toNearestName } from '../../runtime/nearest-name.ts';
import { createExecReader, type ExecStatus } from './exec-credential.ts';
import {
  type Entries,
  type Entry,
  type KubeconfigCluster,
  type KubeconfigUser,
  listUsualFiles,
  readEntries,
  readPodEntries,
  toPath,
} from './kubeconfig-file.ts';
import type { Connection } from './kubernetes-api.ts';
import { UnreachableError } from './kubernetes-error.ts';

export interface Kubeconfig {
  /** What it is called, as a person would know it again. */
  shown: string;
  contexts: { name: string; server: string }[];
  currentContext: string | undefined;
  /** Gives the way to a context's cluster, as its user. Throws UnreachableError where its credentials can't be had. */
  connect: (context: string, signal: AbortSignal) => Promise<Connection>;
}

/**
 * Reads a kubeconfig: the file that is given, else those of KUBECONFIG, else the one in the home folder, else the
 * service account of the pod that this runs in. Throws UsageError.
 */
export const readKubeconfig = async (
  given: string | undefined,
  { folder, env, signal }: { folder: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Kubeconfig> => {
  const files = given === undefined ? listUsualFiles(env) : [given];
  if (files.length > 0)
    return toKubeconfig(await readEntries(files, { folder, signal }), files.join(delimiter));
  const ofPod = readPodEntries(env);
  if (ofPod) return toKubeconfig(ofPod, "the pod's service account");
  throw new UsageError(
    'NO_KUBECONFIG',
    'there is no kubeconfig: none was given, none is in KUBECONFIG or ~/.kube',
    { hint: 'Name one with --kubeconfig FILE, or make one: aws eks update-kubeconfig --name CLUSTER.' },
  );
};

const toKubeconfig = ({ clusters, users, contexts, currentContext }: Entries, shown: string): Kubeconfig => ({
  shown,
  contexts: [...contexts].flatMap(([name, { value }]) => {
    const cluster = clusters.get(value.cluster);
    return cluster ? { name, server: cluster.value.server } : [];
  }),
  currentContext,
  connect: async (name, signal) => {
    const context = contexts.get(name)?.value;
    const cluster = clusters.get(context?.cluster ?? '');
    if (!context || !cluster) throw new UnreachableError(`the context ${name} has no cluster`);
    const user = context.user ? users.get(context.user) : undefined;
    if (context.user && !user)
      throw new UnreachableError(`the user of the context ${name} is not there, or makes no sense`);
    const { protocol, hostname } = new URL(cluster.value.server);
    if (protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
      throw new UnreachableError(
        `${cluster.value.server} would be asked without TLS: that is done on this machine only`,
      );
    // What kubectl proxy serves on this very machine shows credentials of its own.
    if (protocol === 'http:')
      return {
        server: cluster.value.server,
        agent: new PlainAgent({ keepAlive: true }),
        getHeaders: async () => ({}),
      };
    try {
      const identify = toIdentifier(cluster, user, signal);
      const first = await identify();
      const agent =
        first.agent ?? new Agent({ ...toTrust(cluster), ...first.tls, ...toProxy(cluster.value) });
      const getHeaders = async () => {
        try {
          return (await identify()).headers;
        } catch (error) {
          throw toUnidentified(name, error);
        }
      };
      return { server: cluster.value.server, agent, getHeaders };
    } catch (error) {
      signal.throwIfAborted();
      throw toUnidentified(name, error);
    }
  },
});

const toUnidentified = (context: string, error: unknown): UnreachableError => {
  const message = error instanceof Error ? error.message : String(error);
  return new UnreachableError(`no credentials for the context ${context}: ${message}`, {
    reason: 'access-denied',
  });
};

/** The bytes of a file, or of base64. */
const toBytes = (folder: string, file: string | undefined, data: string | undefined): Buffer | undefined => {
  // As kubectl has it: data counts before a file.
  if (data) return Buffer.from(data, 'base64');
  return file ? readFileSync(toPath(folder, file)) : undefined;
};

const toTrust = ({ value, folder }: Entry<KubeconfigCluster>): AgentOptions => ({
  keepAlive: true,
  ca: toBytes(folder, value['certificate-authority'], value['certificate-authority-data']),
  servername: value['tls-server-name'],
  ...(value['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
});

/** The proxy that the kubeconfig names, else the environment's. */
const toProxy = ({ 'proxy-url': proxy }: KubeconfigCluster): AgentOptions => ({
  proxyEnv: proxy ? { HTTPS_PROXY: proxy } : process.env,
});

/** Who asks: by a certificate, or in the headers. */
interface Identity {
  tls: { cert?: string | Buffer; key?: string | Buffer };
  headers: OutgoingHttpHeaders;
  /** Where the way itself is the library's. */
  agent?: PlainAgent;
}

/** Gives a function that tells who asks, each time as it is by then. */
const toIdentifier = (
  cluster: Entry<KubeconfigCluster>,
  entry: Entry<KubeconfigUser> | undefined,
  signal: AbortSignal,
): (() => Promise<Identity>) => {
  if (!entry) return async () => ({ tls: {}, headers: {} });
  const { value: user, folder } = entry;
  if (user['auth-provider']) return toLibraryIdentifier(cluster, entry);
  const runExec = user.exec && createExecReader(user.exec, cluster.value, { folder, signal });
  const identify = async (): Promise<Identity> => {
    const given: Partial<ExecStatus> = (await runExec?.()) ?? {};
    const ofFile = user.tokenFile && readFileSync(toPath(folder, user.tokenFile), 'utf8').trim();
    const token = given.token || ofFile || user.token;
    const { username, password = '' } = user;
    return {
      tls: {
        cert:
          given.clientCertificateData ??
          toBytes(folder, user['client-certificate'], user['client-certificate-data']),
        key: given.clientKeyData ?? toBytes(folder, user['client-key'], user['client-key-data']),
      },
      headers: {
        ...(username
          ? { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
          : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...toImpersonation(user),
      },
    };
  };
  if (!cluster.value['proxy-url']?.startsWith('socks')) return identify;
  // The library knows the way alone: it would wait for a program for ever.
  return async () => {
    const { tls, headers } = await identify();
    const value = {
      ...user,
      exec: undefined,
      'client-certificate-data': toBase64(tls.cert),
      'client-key-data': toBase64(tls.key),
    };
    return { ...(await toLibraryIdentifier(cluster, { value, folder })()), headers };
  };
};

const toBase64 = (bytes: string | Buffer | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('base64');

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
const toImpersonation = ({
  as,
  'as-uid': uid,
  'as-groups': groups,
}: KubeconfigUser): OutgoingHttpHeaders => ({
  ...(as ? { 'impersonate-user': as } : {}),
  ...(uid ? { 'impersonate-uid': uid } : {}),
  ...(groups?.length ? { 'impersonate-group': groups } : {}),
});

/** OpenID Connect that renews its tokens, what clouds had before exec, and SOCKS: the library knows them. */
const toLibraryIdentifier = (
  { value: cluster, folder: clusterFolder }: Entry<KubeconfigCluster>,
  { value: user, folder }: Entry<KubeconfigUser>,
): (() => Promise<Identity>) => {
  const load = async () => {
    // Loaded when used: it takes longer, and more room, than all else that reads a cluster.
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      {
        name: 'cluster',
        server: cluster.server,
        caData: toBase64(
          toBytes(clusterFolder, cluster['certificate-authority'], cluster['certificate-authority-data']),
        ),
        skipTLSVerify: cluster['insecure-skip-tls-verify'] ?? false,
        tlsServerName: cluster['tls-server-name'],
        proxyUrl: cluster['proxy-url'],
      },
      {
        name: 'user',
        token: user.token,
        username: user.username,
        password: user.password,
        certData: toBase64(toBytes(folder, user['client-certificate'], user['client-certificate-data'])),
        keyData: toBase64(toBytes(folder, user['client-key'], user['client-key-data'])),
        exec: user.exec,
        authProvider: user['auth-provider'],
      },
    );
    return config;
  };
  let loading: ReturnType<typeof load> | undefined;
  return async () => {
    loading ??= load();
    const options: RequestOptions = {};
    await (await loading).applyToHTTPSOptions(options);
    const { headers, auth, agent } = options;
    return {
      tls: {},
      headers: {
        ...(headers as OutgoingHttpHeaders | undefined),
        ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}),
        ...toImpersonation(user),
      },
      ...(agent instanceof PlainAgent ? { agent } : {}),
    };
  };
};

/** The context to ask by: the one that is named, else the current one. Throws UsageError where there is none. */
export const pickContext = (
  { contexts, currentContext, shown }: Kubeconfig,
  named: string | undefined,
): string => {
  const names = contexts.map(({ name }) => name);
  const wanted = named ?? currentContext;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const nearest = wanted === undefined ? undefined : toNearestName(wanted, names);
  const hint = nearest
    ? `Did you mean ${nearest}?`
    : names.length > 0
      ? `There are: ${names.slice(0, 10).join(', ')}`
      : undefined;
  if (wanted === undefined)
    throw new UsageError('NO_CONTEXT', `${shown} has no current context; name one with --context`, { hint });
  throw new UsageError('UNKNOWN_CONTEXT', `${shown} has no context ${JSON.stringify(wanted)}`, { hint });
};

/** The contexts that lead to an API server. */
export const findContexts = ({ contexts }: Kubeconfig, endpoint: string): string[] =>
  contexts.filter(({ server }) => toAddress(server) === toAddress(endpoint)).map(({ name }) => name);

/** As two ways of writing it are alike; one host may serve many clusters, each below a path. */
const toAddress = (url: string): string => {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/$/, '');
};
