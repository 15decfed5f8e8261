/** An audit log in a folder, searched whole, or in one file. */
import { createReadStream } from 'node:fs';
import { open, opendir, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { type OnPiece, readLogBytes } from '../cloudtrail/log-bytes.ts';
import { toReadProblem } from '../cloudtrail/log-folder.ts';
import { type AuditSource, type AuditSourceFile, isNoLog, type SourceProblem } from './audit-source.ts';

const pieceBytes = 1024 * 1024;

/** Takes a path, and what to call it; gives its files as a source. */
export const openAuditFolder = (path: string, name = path): AuditSource => ({
  name,
  listFolders: async () => {
    if (!(await stat(path)).isDirectory()) return [];
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  },
  open: (folder) => openAuditFolder(join(path, folder), folder),
  listFiles: (onProblem) => findFiles(path, path, onProblem),
});

async function* findFiles(
  root: string,
  path: string,
  onProblem: (problem: SourceProblem) => void,
): AsyncGenerator<AuditSourceFile> {
  const name = relative(root, path) || path;
  try {
    if (!(await stat(path)).isDirectory()) {
      yield { name, read: (onPiece, memory) => readFile(path, onPiece, memory) };
      return;
    }
    const names: string[] = [];
    for await (const entry of await opendir(path, { bufferSize: 256 })) names.push(entry.name);
    for (const below of names.sort())
      if (!isNoLog(below)) yield* findFiles(root, join(path, below), onProblem);
  } catch (error) {
    onProblem({ file: name, ...toReadProblem(error) });
  }
}

/** What is not compressed is read into the same memory over and over. */
const readFile = async (
  path: string,
  onPiece: OnPiece,
  memory: Buffer = Buffer.allocUnsafe(pieceBytes),
): Promise<void> => {
  const file = await open(path);
  try {
    const take = async (): Promise<Buffer> =>
      memory.subarray(0, (await file.read(memory, 0, memory.length, null)).bytesRead);
    let piece = await take();
    if (piece[0] === 0x1f && piece[1] === 0x8b)
      return await readLogBytes(
        Readable.toWeb(createReadStream(path, { highWaterMark: memory.length })),
        onPiece,
      );
    for (; piece.length > 0; piece = await take()) onPiece(piece);
  } finally {
    await file.close();
  }
};
