import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * The content of a file or a pipe. A pipe that nobody writes to is waited for without blocking: Node can't end, not
 * even by process.exit, while one of its threads hangs in open(2) or read(2). Throws what the system says, and the
 * signal's reason.
 */
export const readInput = (path: string, signal?: AbortSignal): Readable => {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return fstatSync(fd).isFIFO()
    ? new Socket({ fd, readable: true, writable: false, signal })
    : createReadStream(path, { fd, signal, highWaterMark: 1 << 20 });
};
