/**
 * How long a large cluster takes to read, beside a bare client that lists the same pages: `npm run bench:kubernetes`. A
 * real kube-apiserver with 10,000 Secrets and 5,000 pods runs on this machine.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer } from '../apiserver/api-server.ts';
import { writeBulk } from '../apiserver/population/bulk.ts';
import { measure, toMedian } from './measure.ts';

const runs = 7;
const largestRatio = 1.5;
const largestMegabytes = 250;

const print = (line: string) => process.stdout.write(`${line}\n`);
const child = join(import.meta.dirname, 'kubernetes-run.ts');
const server = await startApiServer();
try {
  await writeBulk(server, { secrets: 10_000, pods: 5000 });
  const { endpoint, authorityFile, tokens, kubeconfigs } = server;
  const programs = {
    'bare client': [child, 'bare', '', tokens.admin, authorityFile, endpoint],
    'reading alone': [child, 'collect', kubeconfigs.admin],
    'keyward secrets': [
      ...['--max-semi-space-size=2', '--heap-growing-percent=20'],
      ...['cli/main.ts', 'secrets', '--kubeconfig', kubeconfigs.admin],
      ...['--format', `json=${join(tmpdir(), 'keyward-bench.json')}`],
    ],
  };
  const names = Object.keys(programs) as (keyof typeof programs)[];
  const figures = new Map(
    names.map((name) => [name, { milliseconds: [] as number[], megabytes: [] as number[] }]),
  );
  for (let run = 0; run < runs; run += 1)
    for (const name of names) {
      const options = {
        env: { PATH: process.env.PATH, HOME: tmpdir() },
        measuresMemory: true,
        exitCodes: [0, 1],
      };
      const { milliseconds, peakMegabytes = Number.NaN } = await measure([...programs[name]], options);
      figures.get(name)?.milliseconds.push(milliseconds);
      figures.get(name)?.megabytes.push(peakMegabytes);
    }
  const bare = figures.get('bare client')?.milliseconds ?? [];
  for (const [name, { milliseconds, megabytes }] of figures) {
    // The ratios are of pairs that ran one after the other: a machine's speed drifts.
    const ratio = toMedian(milliseconds.map((one, run) => one / (bare[run] ?? Number.NaN)));
    const peak = toMedian(megabytes);
    const isKept = ratio <= largestRatio && peak <= largestMegabytes;
    print(
      `${name.padEnd(16)} ${(toMedian(milliseconds) / 1000).toFixed(2)} s  ${ratio.toFixed(2)} ×  ${peak.toFixed(0)} MB${isKept ? '' : '  over the limit'}`,
    );
    if (!isKept) process.exitCode = 1;
  }
  print(`limits: ${largestRatio} × the bare client, ${largestMegabytes} MB; medians of ${runs} runs`);
} finally {
  await server.stop();
}
