/** What stands in kubeconfigs: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../../runtime/errors.ts';
import { readInput } from '../../runtime/read-input.ts';
import { execShape } from './exec-credential.ts';
import { maybe } from './wire.ts';

const mostBytes = 10_000_000;

const text = maybe(z.string());

const cluster = z.object({
  server: z.url(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': maybe(z.boolean()),
  'tls-server-name': text,
  'proxy-url': text,
});
export type KubeconfigCluster = z.infer<typeof cluster>;

const user = z.object({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  as: text,
  'as-uid': text,
  'as-groups': maybe(z.array(z.string())),
  exec: maybe(execShape),
  'auth-provider': maybe(z.object({ name: z.string(), config: maybe(z.record(z.string(), z.unknown())) })),
});
export type KubeconfigUser = z.infer<typeof user>;

const context = z.object({ cluster: z.string(), user: text });

/** A list of named entries; one that makes no sense is left out. */
const entries = <S extends z.ZodType>(field: string, shape: S) =>
  z
    .array(z.unknown())
    .nullish()
    .transform((list) =>
      (list ?? []).flatMap((entry) => {
        const named = z.object({ name: z.string() }).catchall(z.unknown()).safeParse(entry).data;
        const value = shape.safeParse(named?.[field] ?? {});
        return named && value.success ? [{ name: named.name, value: value.data }] : [];
      }),
    );

const file = z.object({
  clusters: entries('cluster', cluster),
  users: entries('user', user),
  contexts: entries('context', context),
  'current-context': text,
});

/** Something of a kubeconfig, and the folder of the file that it stands in: paths are meant from there. */
export interface Entry<T> {
  value: T;
  folder: string;
}

export interface Entries {
  clusters: Map<string, Entry<KubeconfigCluster>>;
  users: Map<string, Entry<KubeconfigUser>>;
  contexts: Map<string, Entry<z.infer<typeof context>>>;
  currentContext: string | undefined;
}

/** Reads files as kubectl reads those of KUBECONFIG: of two entries of one name the first counts. Throws UsageError. */
export const readEntries = async (
  files: readonly string[],
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<Entries> => {
  const all: Entries = {
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
    currentContext: undefined,
  };
  for (const shown of files) {
    const path = resolve(folder, shown);
    const read = parseFile(await readText(path, shown, signal), shown);
    const addTo = <T>(map: Map<string, Entry<T>>, list: { name: string; value: T }[]) => {
      for (const { name, value } of list) if (!map.has(name)) map.set(name, { value, folder: dirname(path) });
    };
    addTo(all.clusters, read.clusters);
    addTo(all.users, read.users);
    addTo(all.contexts, read.contexts);
    all.currentContext ||= read['current-context'] || undefined;
  }
  return all;
};

const parseFile = (content: string, shown: string): z.infer<typeof file> => {
  try {
    return file.parse(parse(content, { logLevel: 'error', maxAliasCount: 100 }));
  } catch {
    // What a parser complains of quotes the file, and that holds credentials.
    throw new UsageError('KUBECONFIG_INVALID', `${shown} is no kubeconfig`);
  }
};

/** The files that kubectl would read where none is named. */
export const listUsualFiles = (env: NodeJS.ProcessEnv): string[] => {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((name) => name !== '');
  if (named.length > 0) return named.filter((name) => named.length === 1 || existsSync(name));
  const usual = join(env.HOME ?? homedir(), '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
};

const podFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The way of a pod that this runs in, as its service account; undefined where it does not. */
export const readPodEntries = ({
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port,
}: NodeJS.ProcessEnv): Entries | undefined => {
  if (!host || !port || !existsSync(`${podFolder}/token`)) return undefined;
  const name = 'in-cluster';
  const toMap = <T>(value: T) => new Map([[name, { value, folder: podFolder }]]);
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    clusters: toMap(cluster.parse({ server, 'certificate-authority': 'ca.crt' })),
    users: toMap(user.parse({ tokenFile: 'token' })),
    contexts: toMap({ cluster: name, user: name }),
    currentContext: name,
  };
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

/** A path of a kubeconfig, meant from its folder. */
export const toPath = (folder: string, path: string): string =>
  isAbsolute(path) ? path : join(folder, path);
