/**
 * `node test/bench/night-report.ts [CLUSTERS [FILE]]`: how long the last step of a run takes, how much memory, and how
 * large its page is, which is written to FILE. The run is the demo's, everything asked, over and over, each time in accounts of other numbers: far more
 * failures a cluster than anybody's fleet has. Nothing of the copies is held; each read waits as long as S3 takes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checks } from '../../shared/checks/index.ts';
import { runStart } from '../../shared/evidence/run.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { loadEvidence } from '../../shared/store/saved-evidence.ts';
import { readObject, type Store } from '../../shared/store/store.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import { finishRun } from '../../shared/use-cases/finish-run.ts';
import { toChain } from '../chain/nights.ts';

const clustersOfDemo = 54;
const wanted = Number(process.argv[2] ?? 3_000);
const readMilliseconds = 15;

const folder = mkdtempSync(join(tmpdir(), 'keyward-night-report-'));
const evidence = join(folder, 'demo.jsonl');
const words = ['cli/main.ts', 'demo', '--quiet', '--save-evidence', evidence];
if (spawnSync(process.execPath, words).status !== 0) throw new Error('the demo did not run');
const { store: demo, run } = await loadEvidence(evidence);
await checkEvidence(demo, run, checks);
const start = await readObject(demo, toRunNames(run).accounts, runStart);
if (!start) throw new Error('the demo has no accounts');

const copies = Array.from({ length: Math.ceil(wanted / clustersOfDemo) }, (_, copy) => copy);
const toCopy = (text: string, copy: number): string =>
  text
    .replace(/(?<!\d)\d{3}(\d{9})(?!\d)/g, `${100 + copy}$1`)
    .replaceAll(/keyward-[\da-f]{3}/g, `keyward-${copy.toString(16).padStart(3, '0')}`);
const originals = new Map(
  (await Array.fromAsync(demo.list(''))).flatMap((name) =>
    copies.map((copy) => [toCopy(name, copy), { name, copy }]),
  ),
);
const written = new Map<string, string>([
  [
    toRunNames(run).accounts,
    JSON.stringify({
      ...start,
      accounts: copies.flatMap((copy) => start.accounts.map((account) => toCopy(account, copy))),
    }),
  ],
]);
let reads = 0;
const store: Store = {
  get: async (name) => {
    reads += 1;
    await wait(readMilliseconds);
    const own = written.get(name);
    if (own !== undefined) return { body: own, etag: '1' };
    const original = originals.get(name);
    const stored = original && (await demo.get(original.name));
    return stored && { body: toCopy(stored.body, original.copy), etag: '1' };
  },
  put: async (name, body) => {
    written.set(name, body);
    return '1';
  },
  list: async function* (prefix) {
    await wait(readMilliseconds);
    yield* [...originals.keys()].filter((name) => name.startsWith(prefix)).sort();
  },
};

const startedAt = performance.now();
let peak = 0;
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().heapUsed);
}, 20);
const { counts } = await finishRun(store, { publish: async () => {} }, run, checks, {
  isNightly: true,
  location: 's3://runs/',
  isLate: () => false,
  onReportError: (error) => {
    throw error;
  },
  chain: toChain(store),
});
clearInterval(timer);
const page = written.get(toRunNames(run).report) ?? '';
const seconds = (performance.now() - startedAt) / 1000;
const { userCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  `${counts.Clusters} clusters, ${counts.Unknowns} unknowns: ${(Buffer.byteLength(page) / 1e6).toFixed(1)} MB in ${seconds.toFixed(0)} s ` +
    `(${(userCPUTime / 1e6).toFixed(0)} s of processor), ${reads} reads, heap at most ${Math.round(peak / 1e6)} MB, process ${Math.round(maxRSS / 1e3)} MB\n`,
);
if (process.argv[3]) writeFileSync(process.argv[3], page);
rmSync(folder, { recursive: true });
