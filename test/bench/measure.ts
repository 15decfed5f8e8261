/** Runs something in a process of its own and measures it from outside. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const usageReporter = new URL('report-usage.ts', import.meta.url).href;

export interface Measured {
  milliseconds: number;
  /** Of the whole process; undefined where it was not asked for. */
  peakMegabytes: number | undefined;
  stdout: string;
}

/**
 * Takes the words behind `node` and the environment; gives how long the process lived, its peak memory if asked for,
 * and what it printed. Throws with its standard error where it exits otherwise than expected.
 */
export const measure = async (
  words: string[],
  { env, measuresMemory = false, exitCodes = [0], timeoutMilliseconds }: Options,
): Promise<Measured> => {
  const started = performance.now();
  const child = spawn(process.execPath, [...(measuresMemory ? ['--import', usageReporter] : []), ...words], {
    cwd: root,
    env,
    timeout: timeoutMilliseconds,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<{ code: number | null; milliseconds: number }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, milliseconds: performance.now() - started }));
  });
  const [, stdout, stderr, usage] = child.stdio;
  if (!stdout || !stderr || !usage || !('read' in usage)) throw new Error('the process has no pipes');
  const [printed, complaint, reported, { code, milliseconds }] = await Promise.all([
    text(stdout),
    text(stderr),
    text(usage),
    ended,
  ]);
  if (!exitCodes.includes(code)) throw new Error(`node ${words.join(' ')} ended with ${code}: ${complaint}`);
  const peakMegabytes = reported === '' ? undefined : Number(JSON.parse(reported).peakMegabytes);
  return { milliseconds, peakMegabytes, stdout: printed };
};

interface Options {
  env: NodeJS.ProcessEnv;
  measuresMemory?: boolean;
  exitCodes?: (number | null)[];
  /** Ends the process where it takes longer; its exit code then is null. */
  timeoutMilliseconds?: number;
}

/** The middle one of an odd number of figures, the upper middle one of an even number. */
export const toMedian = (figures: readonly number[]): number =>
  [...figures].sort((left, right) => left - right)[Math.floor(figures.length / 2)] ?? Number.NaN;

/** One reading of files, and what it counted. */
export interface Figures {
  milliseconds: number;
  cpuMilliseconds: number;
  peakMegabytes: number;
  result: number;
}

/** The ratios are of pairs that ran one after the other, and their median is told: a machine's speed drifts. */
export const toRow = (
  name: string,
  megabytes: number,
  runs: readonly Figures[],
  bases: readonly Figures[],
): string => {
  const median = (toFigure: (one: Figures) => number) => toMedian(runs.map(toFigure));
  const toRatio = (toFigure: (one: Figures) => number) =>
    toMedian(runs.map((one, time) => toFigure(one) / toFigure(bases[time] ?? one))).toFixed(2);
  return [
    name.padEnd(44),
    `${((megabytes / median((one) => one.milliseconds)) * 1000).toFixed(0)} MB/s`.padStart(9),
    `${toRatio((one) => one.milliseconds)} × by the clock`.padStart(20),
    `${toRatio((one) => one.cpuMilliseconds)} × by processor time`.padStart(26),
    `${median((one) => one.peakMegabytes).toFixed(0)} MB`.padStart(8),
  ].join('  ');
};
