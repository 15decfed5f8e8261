/** The real program in a process of its own, in a folder of its own, with an environment that holds nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import type { Fleet } from '../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';

export const main = resolve(import.meta.dirname, '../../cli/keyward.js');

/** The program's environment but for what a test is about. Node keeps what it compiled for the next process. */
export const bareEnvironment = {
  PATH: process.env.PATH,
  AWS_EC2_METADATA_DISABLED: 'true',
  NODE_COMPILE_CACHE: join(tmpdir(), 'keyward-compile-cache'),
};

export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Serves a fleet for one test; gives the sandbox and the environment to ask it with, as its first caller. */
export const serveFleet = async (fleet: Fleet, faults: Fault[] = []) => {
  const sandbox = await startSandbox(fleet, { faults });
  onTestFinished(() => sandbox.close());
  const [credential] = fleet.credentials;
  const env = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: credential?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credential?.secretAccessKey,
    AWS_REGION: fleet.accounts[0]?.regions[0],
  };
  return { sandbox, env };
};

/** Starts keyward; gives its process and, once it has ended, all that it left. */
export const startKeyward = (
  words: string[],
  { folder = makeFolder(), env = {} as NodeJS.ProcessEnv } = {},
) => {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: folder,
    env: { ...bareEnvironment, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [status, signal]]) => ({ stdout, stderr, status: status ?? signal }),
  );
  return { child, folder, ended };
};
