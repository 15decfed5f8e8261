/** The bytes of a log file, inflated where they are compressed, a piece at a time. */
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, gunzipSync } from 'node:zlib';

/** A small file whole, or a large one as it comes. */
export type LogBytes = Uint8Array | ReadableStream<Uint8Array>;

export type OnPiece = (piece: Buffer) => void;

/** What is inflated at once is held at once: two or three of it a thread. CloudTrail's files are smaller. */
const mostAtOnceBytes = 16 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

/** Takes a file's bytes and what is to be done with each piece of its text. Throws where it is damaged, after the last whole piece. */
export const readLogBytes = async (bytes: LogBytes, onPiece: OnPiece): Promise<void> => {
  if (!(bytes instanceof Uint8Array)) return readStream(bytes, onPiece);
  const whole = toBuffer(bytes);
  if (!isGzip(whole)) {
    onPiece(whole);
    return;
  }
  const inflated = inflateAtOnce(whole);
  if (!inflated) return inflate([whole], onPiece);
  onPiece(inflated);
  release(inflated);
};

/** Gives the memory back now: left to the garbage collector, a hundred megabytes of it would wait. */
const release = ({ buffer, byteLength }: Buffer): void => {
  if (byteLength > pieceBytes / 16 && buffer instanceof ArrayBuffer) buffer.transfer(0);
};

const toBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

const isGzip = (start: Buffer): boolean => start[0] === 0x1f && start[1] === 0x8b;

/** A compressed file ends with the length of its text. https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const inflateAtOnce = (whole: Buffer): Buffer | undefined => {
  const toldLength = whole.length >= 4 ? whole.readUInt32LE(whole.length - 4) : 0;
  const chunkSize = Math.min(Math.max(toldLength, pieceBytes / 16), mostAtOnceBytes) + 64;
  try {
    return gunzipSync(whole, { chunkSize, maxOutputLength: mostAtOnceBytes });
  } catch {
    // Too large, or damaged: then what comes before the damage is wanted.
    return undefined;
  }
};

const inflate = (source: Iterable<Buffer> | AsyncIterable<Buffer>, onPiece: OnPiece): Promise<void> =>
  pipeline(
    source,
    createGunzip({ chunkSize: pieceBytes }),
    toSink((piece) => {
      onPiece(piece);
      // Each piece is a part of a Buffer of zlib's, which is left as soon as it is full.
      if (piece.byteOffset + piece.length === piece.buffer.byteLength) release(piece);
    }),
  );

const toSink = (onPiece: OnPiece): Writable =>
  new Writable({
    highWaterMark: pieceBytes,
    write: (piece: Buffer, _encoding, done) => {
      onPiece(piece);
      done();
    },
  });

const readStream = async (stream: ReadableStream<Uint8Array>, onPiece: OnPiece): Promise<void> => {
  const pieces = Readable.fromWeb(stream).map((piece: Uint8Array) => toBuffer(piece));
  const iterator: AsyncIterator<Buffer> = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const all = startingWith(first.value, iterator);
  if (isGzip(first.value)) await inflate(all, onPiece);
  else await pipeline(all, toSink(onPiece));
};

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
