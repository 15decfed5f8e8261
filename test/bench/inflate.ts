/** The baseline of `logs.ts`: a file read the same way, inflated and no more. Gives how long its text is. */
import { type LogBytes, readLogBytes } from '../../shared/collect/cloudtrail/log-bytes.ts';

export const inflate = async (bytes: LogBytes): Promise<number> => {
  let length = 0;
  await readLogBytes(bytes, (piece) => {
    length += piece.length;
  });
  return length;
};
