/** The ways to clusters that a kubeconfig knows: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
import { existsSync } from 'node:fs';
import { type OutgoingHttpHeaders, Agent as PlainAgent } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { UsageError } from '../../runtime/errors.ts';
import { toNearestName } from '../../runtime/nearest-name.ts';
import { readInput } from '../../runtime/read-input.ts';
import { createExecReader, execShape } from './exec-credential.ts';
import type { Connection } from './kubernetes-api.ts';
import { UnreachableError } from './kubernetes-error.ts';

const mostBytes = 10_000_000;

/** Where a pod finds who it is. */
const podToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

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
 * service account of the pod that this runs in. Entries that make no sense are left out. Throws UsageError.
 */
export const readKubeconfig = async (
  given: string | undefined,
  { folder, env, signal }: { folder: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Kubeconfig> => {
  // Loaded when used: no other command and no function of the service has to carry it.
  const library = await import('@kubernetes/client-node');
  const merged = new library.KubeConfig();
  const files = given === undefined ? listFiles(env) : [given];
  for (const file of files) {
    const path = resolve(folder, file);
    const text = await readText(path, file, signal);
    const one = new library.KubeConfig();
    try {
      // What the parser complains of quotes the file, and that holds credentials.
      one.loadFromString(text, { onInvalidEntry: 'filter' });
    } catch {
      throw new UsageError('KUBECONFIG_INVALID', `${file} is no kubeconfig`);
    }
    one.makePathsAbsolute(dirname(path));
    // As kubectl does it: of two entries of one name the first counts.
    mergeInto(merged, one, dirname(path));
  }
  if (files.length === 0) {
    if (!existsSync(podToken))
      throw new UsageError(
        'NO_KUBECONFIG',
        'there is no kubeconfig: none was given, none is in KUBECONFIG or ~/.kube',
        {
          hint: 'Name one with --kubeconfig FILE, or make one: aws eks update-kubeconfig --name CLUSTER.',
        },
      );
    merged.loadFromCluster();
  }
  return toKubeconfig(merged, files.join(delimiter) || "the pod's service account", library.KubeConfig);
};

const listFiles = (env: NodeJS.ProcessEnv): string[] => {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return named.filter((file) => named.length === 1 || existsSync(file));
  const usual = join(env.HOME ?? homedir(), '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
};

const readText = async (path: string, shown: string, signal: AbortSignal): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of readInput(path, signal)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBytes) break;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError('KUBECONFIG_UNREADABLE', `${shown} can't be read`, { cause });
  }
  if (size > mostBytes)
    throw new UsageError(
      'KUBECONFIG_INVALID',
      `${shown} is larger than ${mostBytes / 1_000_000} MB: no kubeconfig`,
    );
  return Buffer.concat(chunks).toString();
};

/** The folder of the file that a user stands in: what its program is meant from. */
const folders = new WeakMap<User, string>();

const mergeInto = (merged: KubeConfig, one: KubeConfig, folder: string): void => {
  const add = <T extends { name: string }>(mine: T[] = [], theirs: T[] = []): T[] => [
    ...mine,
    ...theirs.filter(({ name }) => !mine.some((known) => known.name === name)),
  ];
  for (const user of one.users) folders.set(user, folder);
  merged.loadFromOptions({
    clusters: add(merged.clusters, one.clusters),
    users: add(merged.users, one.users),
    contexts: add(merged.contexts, one.contexts),
    currentContext: merged.currentContext || one.currentContext,
  });
};

const toKubeconfig = (all: KubeConfig, shown: string, Library: typeof KubeConfig): Kubeconfig => ({
  shown,
  contexts: all.contexts.flatMap(({ name, cluster }) => {
    const server = all.getCluster(cluster)?.server;
    return server === undefined ? [] : { name, server };
  }),
  currentContext: all.currentContext || undefined,
  connect: async (name, signal) => {
    const context = all.getContextObject(name);
    const cluster = context && all.getCluster(context.cluster);
    if (!context || !cluster) throw new UnreachableError(`the context ${name} has no cluster`);
    const user: User = (context.user && all.getUser(context.user)) || { name: '' };
    const { exec: unread, ...others } = user;
    const own = new Library();
    const exec = unread ? execShape.safeParse(unread).data : undefined;
    if (unread && !exec) throw new UnreachableError(`the user of the context ${name} has no readable exec`);
    const runExec =
      exec &&
      createExecReader(
        exec,
        {
          server: cluster.server,
          'certificate-authority-data': cluster.caData,
          'tls-server-name': cluster.tlsServerName,
        },
        { folder: folders.get(user) ?? '.', signal },
      );
    const apply = async (): Promise<RequestOptions> => {
      const given = await runExec?.();
      const toData = (pem: string | null | undefined) => pem && Buffer.from(pem).toString('base64');
      const known = {
        ...others,
        ...(given?.token ? { token: given.token } : {}),
        ...(given?.clientCertificateData ? { certData: toData(given.clientCertificateData) } : {}),
        ...(given?.clientKeyData ? { keyData: toData(given.clientKeyData) } : {}),
      } as User;
      own.loadFromOptions({
        clusters: [cluster],
        users: [known],
        contexts: [{ ...context, user: known.name }],
        currentContext: context.name,
      });
      const options: RequestOptions = {};
      await own.applyToHTTPSOptions(options);
      return options;
    };
    return toConnection(cluster, name, apply);
  },
});

const toConnection = async (
  { server, proxyUrl }: { server: string; proxyUrl?: string },
  context: string,
  apply: () => Promise<RequestOptions>,
): Promise<Connection> => {
  const { protocol, hostname } = new URL(server);
  if (protocol === 'http:') {
    // What kubectl proxy serves on this very machine; who asks shows it no credentials.
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
      throw new UnreachableError(`${server} would be asked without TLS: that is done on this machine only`);
    return { server, agent: new PlainAgent({ keepAlive: true }), getHeaders: async () => ({}) };
  }
  const applyOrSay = async (): Promise<RequestOptions> => {
    try {
      return await apply();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new UnreachableError(`no credentials for the context ${context}: ${message}`, {
        reason: 'access-denied',
      });
    }
  };
  const first = await applyOrSay();
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = first;
  const secured: AgentOptions = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername };
  const agent =
    proxyUrl && first.agent instanceof PlainAgent
      ? first.agent
      : new Agent({ ...secured, keepAlive: true, proxyEnv: process.env });
  return { server, agent, getHeaders: async () => toHeaders(await applyOrSay()) };
};

const toHeaders = ({ headers = {}, auth }: RequestOptions): OutgoingHttpHeaders => ({
  ...(headers as OutgoingHttpHeaders),
  ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}),
});

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
  contexts.filter(({ server }) => toOrigin(server) === toOrigin(endpoint)).map(({ name }) => name);

const toOrigin = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);
