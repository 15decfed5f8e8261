/** Reads log files: inflates each, finds the events about watched keys, tells them. */
import { readLogBytes } from './log-bytes.ts';
import type { ReadFile } from './log-pool.ts';
import { createRecordReader, type Sightings, type Wanted } from './log-records.ts';
import { createLogRoom } from './log-room.ts';
import { createRecordScanner } from './log-scanner.ts';

/** What is told of a file, in one part or several; the last one says how it ended. */
export interface FilePart extends Sightings {
  problem?: string;
}

/** So many events are told at once, so that a file of any length takes the same room. */
const mostAtOnce = 4096;

/** Takes which records are wanted; gives what reads one file after the other, and none further once it is interrupted. */
export const createFileReader = (wanted: Wanted, signal?: AbortSignal): ReadFile<FilePart> => {
  const room = createLogRoom();
  const reader = createRecordReader(wanted, room);
  const scanner = createRecordScanner(room, reader.onRecord);
  return async (bytes, tell) => {
    const problems: string[] = [];
    try {
      await readLogBytes(bytes, (piece) => {
        signal?.throwIfAborted();
        scanner.push(piece);
        if (reader.getCount() > mostAtOnce) tell(reader.take());
      });
    } catch (error) {
      problems.push(toDamage(error));
    }
    const { isGarbage, isTorn, tooLong } = scanner.end();
    if (isGarbage) problems.push('is not what CloudTrail writes: no JSON of records');
    else if (isTorn) problems.push('ends in the middle of a record');
    if (tooLong > 0) problems.push(`has ${tooLong} records too long to be read`);
    return { ...reader.take(), ...(problems.length > 0 ? { problem: problems.join('; ') } : {}) };
  };
};

/** https://nodejs.org/api/zlib.html#zlib-constants */
const toDamage = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'is cut off';
  if (code === 'Z_DATA_ERROR') return 'is damaged';
  return error instanceof Error ? `could not be read whole: ${error.name}` : 'could not be read whole';
};
