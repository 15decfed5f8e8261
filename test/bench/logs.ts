/**
 * How fast log files are read, beside gunzip alone and other programs that tally the same: `npm run bench:logs`, with
 * `-- --gigabytes 10` for more. Nothing is asserted but that all count the same.
 */
import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { account, createLogAccount, region } from './log-records.ts';
import { tallyPrograms } from './logs-others.ts';
import { type Figures, toRow } from './measure.ts';

const run = promisify(execFile);
const files = 60;
const recordsPerFile = 2500;
const minutesPerFile = 5;
const repetitions = 5;

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '1' }, others: { type: 'boolean', default: true } },
  allowNegative: true,
});
const gigabytes = Number(values.gigabytes);

/** The same files over and over, each time under another name. */
const makeFiles = async (folder: string, watchedShare: number, contextsPerKey = 1) => {
  const logs = createLogAccount(1, watchedShare, contextsPerKey);
  let bytes = 0;
  const paths: string[] = [];
  await mkdir(join(folder, '0'), { recursive: true });
  for (let number = 0; number < files; number += 1) {
    const start = Date.parse('2026-11-20T00:00:00Z') + number * minutesPerFile * 60_000;
    const records = Array.from({ length: recordsPerFile }, (_, index) =>
      logs.toRecord(new Date(start + (index * minutesPerFile * 60_000) / recordsPerFile)),
    );
    const text = JSON.stringify({ Records: records });
    bytes += text.length;
    const delivered = new Date(start + minutesPerFile * 60_000).toISOString().replace(/[-:]/g, '');
    const name = `${account}_CloudTrail_${region}_${delivered.slice(0, 13)}Z_${String(number).padStart(16, '0')}.json.gz`;
    paths.push(name);
    await writeFile(join(folder, '0', name), gzipSync(text));
  }
  const times = Math.round((gigabytes * 1e9) / bytes);
  for (let time = 1; time < times; time += 1) {
    await mkdir(join(folder, String(time)));
    for (const name of paths) await link(join(folder, '0', name), join(folder, String(time), name));
  }
  const keysFile = `${folder}.keys.json`;
  await writeFile(keysFile, JSON.stringify(logs.watchedKeyArns.map((arn) => ({ arn }))));
  return {
    folder,
    keysFile,
    megabytes: (bytes * times) / 1e6,
    megabytesOnce: bytes / 1e6,
    paths: paths.map((name) => join(folder, '0', name)),
  };
};

/** One core is one core: what reads ahead shares it with what inflates. */
const measure = async (
  mode: 'gunzip' | 'correlate',
  { folder, keysFile }: { folder: string; keysFile: string },
  cores: number,
): Promise<Figures> => {
  const words = [
    // As `npm run keyward` starts it.
    '--max-semi-space-size=2',
    '--heap-growing-percent=20',
    join(import.meta.dirname, 'logs-run.ts'),
    mode,
    folder,
    keysFile,
    String(cores),
  ];
  const pinned = cores === 1 ? ['taskset', '-c', '0', process.execPath] : [process.execPath];
  const [program = '', ...before] = pinned;
  // As `cli/keyward.js` does: what Node compiled is kept, from the second run of each on.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(work, 'compiled') };
  const { stdout } = await run(program, [...before, ...words], { maxBuffer: 1e8, env });
  return JSON.parse(stdout);
};

const print = (line: string) => process.stdout.write(`${line}\n`);

const work = await mkdtemp(join(tmpdir(), 'keyward-bench-logs-'));
try {
  const half = await makeFiles(join(work, 'half'), 0.5);
  const all = await makeFiles(join(work, 'all'), 1);
  const varied = await makeFiles(join(work, 'varied'), 0.5, 2);
  print(
    `${half.megabytes.toFixed(0)} MB of JSON in files of ${recordsPerFile} events, a fifth of them KMS's`,
  );
  const cases = [
    { name: 'gunzip alone, one core', mode: 'gunzip', of: half, cores: 1 },
    { name: 'half of KMS’s events watched, one core', mode: 'correlate', of: half, cores: 1 },
    { name: 'half watched, twice the contexts, one core', mode: 'correlate', of: varied, cores: 1 },
    { name: 'all of KMS’s events watched, one core', mode: 'correlate', of: all, cores: 1 },
    { name: 'gunzip alone, all cores', mode: 'gunzip', of: half, cores: availableParallelism() },
    { name: 'half watched, all cores', mode: 'correlate', of: half, cores: availableParallelism() },
  ] as const;
  const measured = cases.map((): Figures[] => []);
  // Side by side in turn, so that what else the machine does weighs on all alike.
  for (let time = 0; time < repetitions; time += 1)
    for (const [index, { mode, of, cores }] of cases.entries())
      measured[index]?.push(await measure(mode, of, cores));
  const [bases = [], halves = []] = measured;
  for (const [index, { name, of }] of cases.entries())
    print(toRow(name, of.megabytes, measured[index] ?? [], bases));
  if (values.others)
    for (const { name, read } of tallyPrograms) {
      const started = performance.now();
      const count = await read(half.paths, half.keysFile);
      const seconds = (performance.now() - started) / 1000;
      print(
        count === undefined
          ? `${name.padEnd(44)}  not installed`
          : `${name.padEnd(44)}${`${(half.megabytesOnce / seconds).toFixed(0)} MB/s`.padStart(11)}  ${count} events of ${halves[0]?.result}`,
      );
    }
} finally {
  await rm(work, { recursive: true, force: true });
}
