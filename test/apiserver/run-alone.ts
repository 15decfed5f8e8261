import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ApiServer } from './api-server.ts';

const program = fileURLToPath(new URL('collect-alone.ts', import.meta.url));
/** As package.json has the program start. */
const flags = ['--max-semi-space-size=2', '--heap-growing-percent=20'];
const told = z.object({
  milliseconds: z.number(),
  peakMegabytes: z.number(),
  secrets: z.number(),
  workloads: z.number(),
});

/** Reads all of the server's cluster in a process of its own; gives what it took. Its heap goes to a file, if asked. */
export const collectAlone = async (
  { endpoint, authorityFile, tokens }: ApiServer,
  ...heapFile: string[]
): Promise<z.infer<typeof told>> => {
  const words = [...flags, program, endpoint, authorityFile, tokens.admin, ...heapFile];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return told.parse(JSON.parse(stdout));
};
