/** Files that a run writes: opened before anything is asked of AWS, then written whole or not at all. */
import { rmSync } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeywardError, UsageError } from '../shared/runtime/errors.ts';

export interface OutputFile {
  path: string;
  /** Writes all of it and puts it in its place. */
  write: (pieces: Iterable<string> | AsyncIterable<string>) => Promise<void>;
  /** Leaves what was there before as it was. */
  discard: () => Promise<void>;
}

/** Text is gathered to pieces of this size, so that 20,000 findings are not 20,000 writes. */
const pieceLength = 65_536;

/**
 * Takes a path and the mode of a new file; gives the file, opened for writing beside its place. Throws UsageError
 * naming the path where it can't be written, or the signal's reason.
 */
export const openOutput = async (
  path: string,
  { folder, signal }: { folder: string; signal: AbortSignal },
  mode = 0o666,
): Promise<OutputFile> => {
  try {
    const target = await resolveTarget(resolve(folder, path));
    return target.isReplaceable
      ? await openBeside(path, target.file, target.mode ?? mode, target.mode ?? mode & ~process.umask())
      : toOutputFile(
          path,
          target.isPipe ? await openPipe(target.file, signal) : await open(target.file, 'w'),
          async () => {},
          async () => {},
        );
  } catch (cause) {
    signal.throwIfAborted();
    const hint = 'Name a file in a folder that is there and that you may write to.';
    throw new UsageError('OUTPUT_UNWRITABLE', `${path} can't be written`, { cause, hint });
  }
};

const isErrorOf = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Gives nothing where there is no such file. */
const ifThere = async <T>(found: Promise<T>): Promise<T | undefined> => {
  try {
    return await found;
  } catch (error) {
    if (isErrorOf(error, 'ENOENT') || isErrorOf(error, 'ENOTDIR')) return undefined;
    throw error;
  }
};

/**
 * The one path behind links, by which two names of a file are seen to be the same; also of a file yet to be made. Where
 * the way there can't be gone, it is as it was given: opening it will say why.
 */
export const toRealPath = (file: string): Promise<string> =>
  realpath(file)
    .catch(async () => join(await realpath(dirname(file)), basename(file)))
    .catch(() => file);

/** The file behind a link; whether it can be replaced: a pipe or a device (/dev/stdout) is written in place. */
const resolveTarget = async (
  file: string,
): Promise<{ file: string; isReplaceable: boolean; isPipe?: boolean; mode?: number }> => {
  const found = await ifThere(stat(file));
  if (!found) return { file, isReplaceable: true };
  if (found.isDirectory()) throw new Error('it is a directory');
  await access(file, constants.W_OK);
  if (!found.isFile()) return { file, isReplaceable: false, isPipe: found.isFIFO() };
  return { file: await realpath(file), isReplaceable: true, mode: found.mode & 0o777 };
};

const readerPollMilliseconds = 100;

/** A pipe is opened once somebody reads it: waiting within open(2) would keep Node from ending. */
const openPipe = async (file: string, signal: AbortSignal): Promise<FileHandle> => {
  for (;;) {
    const probe = await open(file, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => {
      if (isErrorOf(error, 'ENXIO')) return undefined;
      throw error;
    });
    // Closed only then, or the reader would see the end.
    if (probe) return open(file, 'w').finally(() => probe.close());
    await sleep(readerPollMilliseconds, undefined, { signal });
  }
};

const openBeside = async (path: string, file: string, creationMode: number, mode: number) => {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.${files++}.tmp`);
  const handle = await open(temporary, 'wx', creationMode).catch((error) => {
    // The system would name the temporary file, of which nobody knows.
    const isMissing = isErrorOf(error, 'ENOENT') || isErrorOf(error, 'ENOTDIR');
    const what = isMissing ? 'there is no folder' : `${error.code}: no file can be made in`;
    throw new Error(`${what} ${dirname(file)}`, { cause: error });
  });
  if (temporaries.size === 0) process.once('exit', removeTemporaries);
  temporaries.add(temporary);
  const forget = () => {
    temporaries.delete(temporary);
    if (temporaries.size === 0) process.off('exit', removeTemporaries);
  };
  return toOutputFile(
    path,
    handle,
    async () => {
      await handle.chmod(mode);
      await handle.sync();
      await rename(temporary, file);
      forget();
    },
    async () => {
      await rm(temporary, { force: true });
      forget();
    },
  );
};
let files = 0;

/** Also when the second Ctrl-C ends the process at once. One listener for all: Node warns of many. */
const temporaries = new Set<string>();
const removeTemporaries = () => {
  for (const temporary of temporaries) rmSync(temporary, { force: true });
};

const toOutputFile = (
  path: string,
  handle: FileHandle,
  place: () => Promise<void>,
  remove: () => Promise<void>,
): OutputFile => {
  const discard = async () => {
    await handle.close();
    await remove();
  };
  const write = async (pieces: Iterable<string> | AsyncIterable<string>) => {
    try {
      for await (const piece of gather(pieces)) await handle.writeFile(piece);
      await place();
      await handle.close();
    } catch (cause) {
      await discard();
      throw new KeywardError('OUTPUT_FAILED', `${path} could not be written`, { cause });
    }
  };
  return { path, write, discard };
};

/** Takes text in pieces of any size; gives it in pieces that are worth a write. */
export async function* gather(pieces: Iterable<string> | AsyncIterable<string>): AsyncIterable<string> {
  let gathered = '';
  for await (const piece of pieces) {
    gathered += piece;
    if (gathered.length < pieceLength) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}
