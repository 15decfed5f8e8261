/** One reading of an audit log in a process of its own, for `audit.ts`: MODE FOLDER. Prints what it took. */
import pMap from 'p-map';
import { collectFromAuditFiles } from '../../shared/collect/audit-log/audit-files.ts';
import { openAuditFolder } from '../../shared/collect/audit-log/audit-folder.ts';
import { createAuditRoom } from '../../shared/collect/audit-log/audit-room.ts';
import type { AuditSourceFile } from '../../shared/collect/audit-log/audit-source.ts';

const [mode = '', folder = ''] = process.argv.slice(2);
const source = openAuditFolder(folder);
/** As the program does: while one file is waited for, others are looked at. */
const filesAtOnce = 4;

/** Reads, and inflates what is compressed, and looks at nothing. */
const readAlone = async (): Promise<number> => {
  let bytes = 0;
  const { pieces } = createAuditRoom(filesAtOnce);
  const files = source.listFiles(({ what }) => {
    throw new Error(what);
  });
  const readOne = async (file: AuditSourceFile): Promise<void> => {
    const memory = pieces.pop();
    await file.read((piece) => {
      bytes += piece.length;
    }, memory);
    if (memory) pieces.push(memory);
  };
  await pMap(files, readOne, { concurrency: filesAtOnce });
  return bytes;
};

const tally = async (): Promise<number> => {
  const { signal } = new AbortController();
  const now = '2026-12-31T00:00:00.000Z';
  const { reading } = await collectFromAuditFiles(source, { now, signal, filesAtOnce });
  const failed = reading.gaps.find(({ reason }) => reason === 'failed');
  if (failed) throw new Error(failed.what);
  return [...reading.days.values()].flat().reduce((sum, { count }) => sum + count, 0);
};

const started = performance.now();
const cpuStarted = process.cpuUsage();
const result = mode === 'read' ? await readAlone() : await tally();
const { user, system } = process.cpuUsage(cpuStarted);
process.stdout.write(
  `${JSON.stringify({
    milliseconds: performance.now() - started,
    cpuMilliseconds: (user + system) / 1000,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    result,
  })}\n`,
);
