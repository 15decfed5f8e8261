/**
 * The credentials that a program of the kubeconfig prints, run as kubectl runs it. Not left to the client library: it
 * waits for ever, and tells the program nothing of what it is asked for.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Long enough for a program that asks a cloud; one that waits for a person is not answered. */
const limitMilliseconds = 60_000;
const longestComplaint = 200;
/** A token is made anew a little before it ends. */
const marginMilliseconds = 60_000;

export const execShape = z.object({
  apiVersion: z.string().default('client.authentication.k8s.io/v1beta1'),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().nullish(),
});

const execCredential = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    expirationTimestamp: z.string().nullish(),
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
  }),
});
export type ExecStatus = z.infer<typeof execCredential>['status'];

/**
 * Takes a user's `exec`, the cluster as the program may be told of it, and the kubeconfig's folder; gives a function
 * that runs the program, and runs it again when what it gave is about to end. It throws the program's own complaint.
 */
export const createExecReader = (
  exec: z.infer<typeof execShape>,
  cluster: Record<string, unknown>,
  { folder, signal }: { folder: string; signal: AbortSignal },
): (() => Promise<ExecStatus>) => {
  let given: { status: Promise<ExecStatus>; isOver: () => boolean } | undefined;
  return () => {
    if (!given || given.isOver()) {
      let endsAt = Number.POSITIVE_INFINITY;
      const status = runPlugin(exec, cluster, folder, signal).then((answer) => {
        const end = Date.parse(answer.expirationTimestamp ?? '');
        if (!Number.isNaN(end)) endsAt = end - marginMilliseconds;
        return answer;
      });
      given = { status, isOver: () => Date.now() >= endsAt };
    }
    return given.status;
  };
};

const runPlugin = async (
  { apiVersion, command, args, env, provideClusterInfo }: z.infer<typeof execShape>,
  cluster: Record<string, unknown>,
  folder: string,
  signal: AbortSignal,
): Promise<ExecStatus> => {
  const spec = { interactive: false, ...(provideClusterInfo ? { cluster } : {}) };
  const running = promisify(execFile)(toProgram(command, folder), args ?? [], {
    env: {
      ...process.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify({ kind: 'ExecCredential', apiVersion, spec }),
    },
    signal,
    timeout: limitMilliseconds,
    killSignal: 'SIGKILL',
    maxBuffer: 1024 * 1024,
  });
  running.child.stdin?.end();
  let printed: string;
  try {
    printed = (await running).stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${command}: ${toComplaint(error)}`);
  }
  try {
    return execCredential.parse(JSON.parse(printed)).status;
  } catch {
    throw new Error(`${command} printed no ExecCredential`);
  }
};

/** A path is meant from the kubeconfig's folder, a bare name is looked for on the PATH. */
const toProgram = (command: string, folder: string): string =>
  command.startsWith('.') && command.includes('/') ? `${folder}/${command}` : command;

const failed = z.object({ stderr: z.string().optional(), code: z.unknown(), killed: z.boolean().optional() });

/** The last line that it wrote to standard error. What it wrote to standard output is a credential, or half of one. */
const toComplaint = (error: unknown): string => {
  const { stderr = '', code, killed } = failed.safeParse(error).data ?? {};
  if (killed) return `did not end within ${limitMilliseconds / 1000} s`;
  const line = stderr.trim().split('\n').at(-1)?.trim();
  return line ? line.slice(0, longestComplaint) : `ended with ${String(code)}`;
};
