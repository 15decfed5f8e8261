/** Servers that end when whoever started them does, in whatever way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';

/** A process that is killed can stop nothing itself, but its end of a pipe closes: the shell waits for that. */
const guard =
  'exec 3<&0; "$@" </dev/null 3<&- & server=$!; { cat <&3 >/dev/null; kill "$server"; } 2>/dev/null & wait "$server"';

export interface GuardedProcess {
  /** Throws what the server has said last when it has ended of its own accord. */
  checkRuns: () => Promise<void>;
  stop: () => Promise<void>;
}

export const startGuarded = async (
  command: string,
  words: readonly string[],
  logFile: string,
): Promise<GuardedProcess> => {
  const log = await open(logFile, 'w');
  const child = spawn('sh', ['-c', guard, 'guard', command, ...words], {
    stdio: ['pipe', log.fd, log.fd],
    env: { PATH: process.env.PATH },
  });
  const ended = once(child, 'exit');
  // It may have ended before anybody asks.
  child.stdin?.on('error', () => {});
  await log.close();
  return {
    checkRuns: async () => {
      if (child.exitCode === null && child.signalCode === null) return;
      throw new Error(`${command} has ended:\n${(await readFile(logFile, 'utf8')).slice(-4000)}`);
    },
    stop: async () => {
      child.stdin?.end();
      await ended;
    },
  };
};
