/** Log files in a folder, searched whole: as `aws s3 sync` left them, or as somebody put them. */
import { createReadStream } from 'node:fs';
import { open, opendir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { toUnknownFact } from '../collect-fact.ts';
import type { LogBytes } from './log-bytes.ts';
import { isLogFile, parseFileName } from './log-file-name.ts';
import type { Span } from './log-gaps.ts';
import {
  type Home,
  isWanted,
  type LogFile,
  type LogListing,
  mostWholeBytes,
  type ProblemOfHome,
  pieceBytes,
} from './log-source.ts';

/** Takes a folder, or one file; gives the log files that may hold events of these homes and this time. */
export const listLogFolder = (path: string, homes: ReadonlySet<Home>, span: Span): LogListing => {
  const problems: ProblemOfHome[] = [];
  let skipped = 0;
  const list = async function* (): AsyncGenerator<LogFile> {
    const files: Found[] = [];
    for await (const { folder, name } of findFiles(path, path, problems, span)) {
      const found = join(folder, name);
      const named = parseFileName(found);
      if (!isLogFile(found)) continue;
      if (isWanted(named, homes, span)) files.push({ folder, name, deliveredAt: named?.deliveredAt ?? 0 });
      else skipped += 1;
    }
    for (const { folder, name } of files.sort(byTime)) {
      const found = join(folder, name);
      yield {
        name: relative(path, found) || path,
        named: parseFileName(found),
        fetch: () => readLogFile(found),
      };
    }
  };
  return { files: list(), problems, lookedAt: [path], getSkipped: () => skipped };
};

/** As little as tells their order: a folder may hold a million, in few folders. */
interface Found extends Place {
  deliveredAt: number;
}
interface Place {
  folder: string;
  name: string;
}
const byTime = (one: Found, other: Found): number =>
  one.deliveredAt - other.deliveredAt || compare(one.folder, other.folder) || compare(one.name, other.name);
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

async function* findFiles(
  root: string,
  path: string,
  problems: ProblemOfHome[],
  span: Span,
): AsyncGenerator<Place> {
  try {
    if (!(await stat(path)).isDirectory()) {
      yield { folder: dirname(path), name: basename(path) };
      return;
    }
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      if (entry.isDirectory()) yield* findFiles(root, join(path, entry.name), problems, span);
      else yield { folder: path, name: entry.name };
    }
  } catch (error) {
    const file = relative(root, path) || path;
    problems.push({ ...span, home: undefined, file, ...toReadProblem(error) });
  }
}

/** The operating system's words hold the whole path, which is told already. */
export const toReadProblem = (error: unknown) => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'EACCES' || code === 'EPERM')
    return { reason: 'access-denied' as const, what: 'may not be read' };
  if (code !== undefined && /^E[A-Z]+$/.test(code))
    return { reason: 'failed' as const, what: `could not be read: ${code}` };
  const { unknown: reason, detail } = toUnknownFact(error);
  return { reason, what: `could not be read: ${detail}` };
};

const readLogFile = async (path: string): Promise<LogBytes> => {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size <= mostWholeBytes) return await file.readFile();
  } finally {
    await file.close();
  }
  const stream: ReadableStream<Uint8Array> = Readable.toWeb(
    createReadStream(path, { highWaterMark: pieceBytes }),
  );
  return stream;
};
