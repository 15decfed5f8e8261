/** Objects as the bytes that they are: what is hashed must not have been text in between. */
import { createHash } from 'node:crypto';

export interface Files {
  /** The names that begin with a prefix, sorted. */
  list: (prefix: string) => AsyncIterable<string>;
  /** An object's bytes, piece by piece; undefined where there is none of the name. */
  open: (name: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
}

// More than any list of a run's objects, and any manifest, have; what is put in their place must not fill the memory.
export const mostListBytes = 256 * 2 ** 20;
export const mostManifestBytes = 32 * 2 ** 20;

/** The hash and the size of an object; undefined where there is none. */
export const digestFile = async (
  files: Pick<Files, 'open'>,
  name: string,
): Promise<{ sha256: string; bytes: number } | undefined> => {
  const pieces = await files.open(name);
  if (!pieces) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest('hex'), bytes };
};

/** A whole object and its hash; undefined where there is none. One that is too large to be ours is cut off. */
export const readFileWhole = async (
  files: Pick<Files, 'open'>,
  name: string,
  mostBytes: number,
): Promise<{ body: Buffer; sha256: string } | undefined> => {
  const pieces = await files.open(name);
  if (!pieces) return undefined;
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    kept.push(piece);
    bytes += piece.length;
    if (bytes > mostBytes) break;
  }
  const body = Buffer.concat(kept);
  return { body, sha256: createHash('sha256').update(body).digest('hex') };
};
