/** The installed package in a process of its own, in an empty folder, with an environment that holds nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject, onTestFinished } from 'vitest';
import { makeFolder } from '../cli/start-keyward.ts';

export const packed = inject('packed');
export const packageFolder = join(packed.installed, 'node_modules/keyward');
const bin = join(packed.installed, 'node_modules/.bin/keyward');

export interface Start {
  node?: keyof typeof packed.nodes;
  folder?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  uid?: number;
}

/** Starts keyward as a shell does; gives what it left. */
export const startPackage = async (
  words: string[],
  { node = '24', folder = makeFolder(), env = {}, input = '', uid }: Start = {},
) => {
  const child = spawn(bin, words, {
    ...{ cwd: folder, uid },
    env: {
      PATH: `${dirname(packed.nodes[node])}:/usr/bin:/bin`,
      HOME: folder,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, status };
};
