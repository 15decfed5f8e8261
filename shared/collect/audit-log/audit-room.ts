/** The memory in which audit logs are read: pieces of files, and lines that are known. */
import { toProgram } from '../cloudtrail/log-instructions.ts';
import { isLike } from '../cloudtrail/log-like.ts';
import { aroundBytes, search } from './byte-search.ts';

const pieceBytes = 1024 * 1024;
/** So much is searched at once at most, or copied here before. */
const blockBytes = 65_536;
const blockAt = aroundBytes;
/** Of what is found, its address: four bytes each. */
const foundAt = blockAt + blockBytes + aroundBytes;
const lineAt = foundAt + 4 * (blockBytes + aroundBytes);
/** A line that is longer is known only where it was read to. */
const lineBytes = 65_536;
const knownAt = lineAt + lineBytes + aroundBytes;
/** Of some five thousand lines. */
const knownBytes = 5 * 1024 * 1024;
const piecesAt = knownAt + knownBytes + aroundBytes;

export interface AuditRoom {
  /** Where pieces of files may be read to: what is there is searched where it stands. */
  pieces: Buffer[];
  /**
   * Tells where in a part of bytes `"secrets` stands, and where lines end that do not end with `}` or after which none
   * begins with `{` or `2`, in their order; now and then another place.
   */
  find: (bytes: Buffer, from: number, to: number, onFound: (at: number) => void) => void;
  /** Gives where a line stands in `memory`, which it is copied to where it does not yet; undefined where it is too long. */
  place: (bytes: Buffer, begin: number, end: number) => number | undefined;
  memory: DataView;
  /** Where lines that are known are put, and masks: 0 where a line may have any plain text. */
  known: Buffer;
  /** Whether the line at an address is as long as one that is known, and like it but for what a mask leaves open. */
  isLike: (at: number, known: number, mask: number, length: number) => boolean;
}

/** Takes how many files are read at once. */
export const createAuditRoom = (pieces: number): AuditRoom => {
  const memoryBytes = piecesAt + pieces * (pieceBytes + aroundBytes);
  const program = toProgram({ globals: {}, functions: { search, isLike }, memoryBytes });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program));
  const { buffer } = exports.memory;
  const searchFrom: unknown = Reflect.get(exports, 'search');
  if (typeof searchFrom !== 'function') throw new TypeError('the search was not put together');
  const all = Buffer.from(buffer);
  const found = new Uint32Array(buffer, foundAt, blockBytes + aroundBytes);
  const letter = 'c'.charCodeAt(0);
  return {
    pieces: Array.from({ length: pieces }, (_, index) =>
      Buffer.from(buffer, piecesAt + index * (pieceBytes + aroundBytes), pieceBytes),
    ),
    find: (bytes, from, to, onFound) => {
      const isHere = bytes.buffer === buffer;
      for (let start = from; start < to; start += blockBytes) {
        const end = Math.min(start + blockBytes, to);
        const at = isHere ? bytes.byteOffset + start : blockAt;
        if (!isHere) {
          const before = Math.min(start, aroundBytes / 2);
          bytes.copy(all, at - before, start - before, end + aroundBytes / 2);
        }
        const written: number = searchFrom(at, at + end - start, foundAt);
        // Of names their c is found: they begin before it.
        for (let index = 0; index < (written - foundAt) / 4; index += 1) {
          const address = found[index] ?? 0;
          if (address < at + end - start) onFound(start + address - at - (all[address] === letter ? 3 : 0));
        }
      }
    },
    place: (bytes, begin, end) => {
      if (bytes.buffer === buffer) return bytes.byteOffset + begin;
      if (end - begin > lineBytes) return undefined;
      bytes.copy(all, lineAt, begin, end);
      return lineAt;
    },
    memory: new DataView(buffer),
    known: Buffer.from(buffer, knownAt, knownBytes),
    isLike: (at, known, mask, length) =>
      exports.isLike(at, knownAt + known, knownAt + mask, length - 16) === 1,
  };
};
