/** One reading of log files in a process of its own, for `logs.ts`: MODE FOLDER KEYS-FILE THREADS. Prints what it took. */
import { readFileSync } from 'node:fs';
// The program has loaded these before it comes to log files; what it loads for them counts.
import '../../shared/activity/tally.ts';
import '../../shared/activity/key-event.ts';
import '../../shared/collect/collect-fact.ts';
import type { LogFile } from '../../shared/collect/cloudtrail/log-source.ts';
import { logWindow } from './log-records.ts';

const [mode = '', folder = '', keysFile = '', threadsText = '1'] = process.argv.slice(2);
const keys: { arn: string }[] = JSON.parse(readFileSync(keysFile, 'utf8'));
const threads = Number(threadsText);
const { signal } = new AbortController();

const inflateAll = async (): Promise<number> => {
  const { listLogFolder } = await import('../../shared/collect/cloudtrail/log-folder.ts');
  const { readFiles } = await import('../../shared/collect/cloudtrail/log-pool.ts');
  const { getHomes } = await import('../../shared/collect/cloudtrail/log-source.ts');
  const { inflate } = await import('./inflate.ts');
  const span = { from: Date.parse(logWindow.from), to: Date.parse(logWindow.to) };
  let bytes = 0;
  await readFiles<LogFile, number, number>(listLogFolder(folder, getHomes(keys), span).files, {
    threads,
    read: inflate,
    worker: new URL('gunzip-worker.ts', import.meta.url),
    workerData: undefined,
    filesAtOnce: threads * 4,
    signal,
    fetch: (file) => file.fetch(),
    take: (length) => length,
    onTaken: (_, length) => {
      bytes += length;
    },
    onFailure: (_, error) => {
      throw error;
    },
    onDone: () => {},
  });
  return bytes;
};

const correlate = async (): Promise<number> => {
  const { collectFromLogFiles } = await import('../../shared/collect/cloudtrail/log-files.ts');
  const now = logWindow.to;
  const { readings } = await collectFromLogFiles({ kind: 'folder', path: folder }, keys, logWindow, {
    signal,
    now,
    threads,
  });
  const days = [...readings.values()].flatMap((reading) => [...reading.days.values()]);
  return days.reduce(
    (sum, { uses, changes }) => sum + changes.length + uses.reduce((count, use) => count + use.count, 0),
    0,
  );
};

const started = performance.now();
const cpuStarted = process.cpuUsage();
const result = mode === 'gunzip' ? await inflateAll() : await correlate();
const { user, system } = process.cpuUsage(cpuStarted);
const figures = {
  milliseconds: performance.now() - started,
  cpuMilliseconds: (user + system) / 1000,
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
  result,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
