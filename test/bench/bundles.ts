/**
 * `npm run bench:bundles`: the size of each function's zip, as osls packages it, and how long a new process takes to
 * import what is in it, over a bare one that imports nothing: the median of interleaved runs, which is
 * held to the limit, and the fastest, which tells how much of it is other load on the machine.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, toMedian } from './measure.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runs = 9;
const largestKilobytes = 1000;
const longestMilliseconds = 200;

const must = (command: string, words: string[], env = process.env) => {
  const { status, stderr, stdout } = spawnSync(command, words, { cwd: root, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}: ${stderr}${stdout}`);
};

const folder = mkdtempSync(join(tmpdir(), 'keyward-bundles-'));
try {
  must('osls', ['package', '--package', folder], { AWS_REGION: 'eu-central-1', ...process.env });
  const bundles = globSync('*.zip', { cwd: folder })
    .sort()
    .map((zip) => {
      const name = basename(zip, '.zip');
      must('python3', ['-m', 'zipfile', '-e', join(folder, zip), join(folder, name)]);
      const [file] = globSync('**/*.js', { cwd: join(folder, name) });
      if (file === undefined) throw new Error(`${zip} holds no program`);
      const words = ['-e', `require(${JSON.stringify(join(folder, name, file))})`];
      const bytes = statSync(join(folder, zip)).size;
      const milliseconds: number[] = [];
      return { name, bytes, words, milliseconds };
    });
  const bare: number[] = [];
  const options = { env: { PATH: process.env.PATH } };
  for (let round = 0; round < runs; round += 1) {
    bare.push((await measure(['-e', '0'], options)).milliseconds);
    for (const { words, milliseconds } of bundles)
      milliseconds.push((await measure(words, options)).milliseconds);
  }
  const toOverBare = (pick: (all: number[]) => number) => (all: number[]) => pick(all) - pick(bare);
  const toUsual = toOverBare(toMedian);
  const toFastest = toOverBare((all) => Math.min(...all));
  const lines = bundles.map(({ name, bytes, milliseconds }) =>
    [
      name.padEnd(16),
      `${(bytes / 1000).toFixed(0)} KB`.padStart(8),
      `${toUsual(milliseconds).toFixed(0)} ms`.padStart(8),
      `${toFastest(milliseconds).toFixed(0)} ms`.padStart(9),
    ].join(''),
  );
  process.stdout.write(
    `${['function             zip  import  fastest', ...lines].join('\n')}\n` +
      `at most ${largestKilobytes} KB and ${longestMilliseconds} ms; a bare process takes ${toMedian(bare).toFixed(0)} ms\n`,
  );
  const isTooMuch = bundles.some(
    ({ bytes, milliseconds }) =>
      bytes > largestKilobytes * 1000 || toUsual(milliseconds) > longestMilliseconds,
  );
  if (isTooMuch) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
