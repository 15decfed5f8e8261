/**
 * How fast an audit log is read, beside reading and inflating the same bytes alone, and beside other programs that count
 * the same: `npm run bench:audit`, with `-- --gigabytes 10` for more. Nothing is asserted but that all count the same.
 */
import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { toLine } from './audit-lines.ts';
import { type Figures, toRow } from './measure.ts';

const run = promisify(execFile);
const linesPerFile = 20_000;
const differentFiles = 5;
const repetitions = 5;

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '1' }, others: { type: 'boolean', default: true } },
  allowNegative: true,
});
const gigabytes = Number(values.gigabytes);

/**
 * The same few files over and over, each time under another name: a copy of a line is read like any other, and counts
 * once. Those that are read from the disk have to be copies.
 */
const makeFiles = async (folder: string) => {
  let bytes = 0;
  const names: string[] = [];
  for (const kind of ['plain', 'gz']) await mkdir(join(folder, kind), { recursive: true });
  for (let file = 0; file < differentFiles; file += 1) {
    const lines = Array.from(
      { length: linesPerFile },
      (_, index) => `${toLine(file * linesPerFile + index)}\n`,
    );
    const text = lines.join('');
    bytes += text.length;
    names.push(`audit-${file}.log`);
    await writeFile(join(folder, 'plain', `audit-${file}.log`), text);
    await writeFile(join(folder, 'gz', `audit-${file}.log`), gzipSync(text));
  }
  const times = Math.max(1, Math.round((gigabytes * 1e9) / bytes));
  for (let time = 1; time < times; time += 1)
    for (const name of names) {
      await copyFile(join(folder, 'plain', name), join(folder, 'plain', `${time}-${name}`));
      await link(join(folder, 'gz', name), join(folder, 'gz', `${time}-${name}`));
    }
  return { megabytes: (bytes * times) / 1e6, once: names, megabytesOnce: bytes / 1e6 };
};

/** The page cache forgets the files of a folder. */
const forget = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const file = await open(path);
    // What is not on the disk yet can't be forgotten.
    await file.sync();
    await file.close();
    await run('dd', [`if=${path}`, 'iflag=nocache', 'count=0']);
  }
};

/** One core is one core: what inflates in a thread of its own shares it. */
const measure = async (mode: 'read' | 'tally', folder: string): Promise<Figures> => {
  // As `npm run keyward` starts it.
  const flags = ['--max-semi-space-size=2', '--heap-growing-percent=20'];
  const words = [
    '-c',
    '0',
    process.execPath,
    ...flags,
    join(import.meta.dirname, 'audit-run.ts'),
    mode,
    folder,
  ];
  // As `cli/keyward.js` does: what Node compiled is kept, from the second run of each on.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(work, 'compiled') };
  return JSON.parse((await run('taskset', words, { maxBuffer: 1e8, env })).stdout);
};

const print = (line: string) => process.stdout.write(`${line}\n`);

/** DuckDB comes with Python; a virtual environment that has it may be named. */
const python = process.env.BENCH_PYTHON ?? 'python3';
const duckdbScript = `
import duckdb, sys
print(duckdb.execute("""
  select count(distinct auditID) from read_json(?, format='newline_delimited', compression='gzip', maximum_object_size=100000000,
    columns={'auditID': 'VARCHAR', 'objectRef': 'STRUCT("resource" VARCHAR)'})
  where objectRef.resource = 'secrets'
""", [sys.argv[1:]]).fetchone()[0])
`;
const others: {
  name: string;
  isThere: [string, string[]];
  toWords: (paths: string[]) => [string, string[]];
}[] = [
  {
    name: 'zcat | jq',
    isThere: ['jq', ['--version']],
    toWords: (paths) => [
      'bash',
      [
        '-c',
        `zcat "$@" | jq -r 'select(.objectRef.resource == "secrets") | .auditID' | sort -u | wc -l`,
        'bash',
        ...paths,
      ],
    ],
  },
  {
    name: 'DuckDB, all cores',
    isThere: [python, ['-c', 'import duckdb']],
    toWords: (paths) => [python, ['-c', duckdbScript, ...paths]],
  },
];

const countByOther = async (
  { isThere, toWords }: (typeof others)[number],
  paths: string[],
): Promise<number | undefined> => {
  try {
    await run(...isThere);
  } catch {
    return undefined;
  }
  const { stdout } = await run(...toWords(paths), { maxBuffer: 1e8 });
  return Number(stdout.trim());
};

const work = await mkdtemp(join(tmpdir(), 'keyward-bench-audit-'));
try {
  const { megabytes, megabytesOnce, once } = await makeFiles(work);
  print(`${megabytes.toFixed(0)} MB of an audit log, one line in fifty about Secrets, on one core`);
  const cases = [
    { name: 'gz: read and inflated alone', mode: 'read', folder: join(work, 'gz'), base: 0 },
    { name: 'gz: tallied', mode: 'tally', folder: join(work, 'gz'), base: 0 },
    { name: 'plain: read alone', mode: 'read', folder: join(work, 'plain'), base: 2 },
    { name: 'plain: tallied', mode: 'tally', folder: join(work, 'plain'), base: 2 },
    {
      name: 'plain, from disk: read alone',
      mode: 'read',
      folder: join(work, 'plain'),
      base: 4,
      isCold: true,
    },
    { name: 'plain, from disk: tallied', mode: 'tally', folder: join(work, 'plain'), base: 4, isCold: true },
  ] satisfies { name: string; mode: 'read' | 'tally'; folder: string; base: number; isCold?: boolean }[];
  const measured = cases.map((): Figures[] => []);
  // Side by side in turn, so that what else the machine does weighs on all alike.
  for (let time = 0; time < repetitions; time += 1)
    for (const [index, { mode, folder, isCold }] of cases.entries()) {
      if (isCold) await forget(folder);
      measured[index]?.push(await measure(mode, folder));
    }
  for (const [index, { name, base }] of cases.entries())
    print(toRow(name, megabytes, measured[index] ?? [], measured[base] ?? []));
  const counted = measured[1]?.[0]?.result;
  if (values.others)
    for (const other of others) {
      const started = performance.now();
      const count = await countByOther(
        other,
        once.map((name) => join(work, 'gz', name)),
      );
      const seconds = (performance.now() - started) / 1000;
      if (count !== undefined && count !== counted)
        throw new Error(`${other.name} counts ${count}, not ${counted}`);
      print(
        count === undefined
          ? `${other.name.padEnd(44)}  not installed`
          : `${other.name.padEnd(44)}${`${(megabytesOnce / seconds).toFixed(0)} MB/s`.padStart(11)}`,
      );
    }
} finally {
  await rm(work, { recursive: true, force: true });
}
