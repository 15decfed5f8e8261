/** The baseline of `logs.ts` in a thread: the same files by the same way, inflated and no more. */
import { readLogBytes } from '../../shared/collect/cloudtrail/log-bytes.ts';
import { serveFiles } from '../../shared/collect/cloudtrail/log-pool.ts';

serveFiles<number>(async (bytes) => {
  let length = 0;
  await readLogBytes(bytes, (piece) => {
    length += piece.length;
  });
  return length;
});
