/** A fleet's log files in a folder, as `aws s3 sync` would bring them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Fleet } from './fleets/fleet.ts';
import { listFiles, toBytes } from './log-files.ts';

/** How long after an event its file may come. */
const settleMilliseconds = 2 * 3_600_000;

/**
 * Takes a fleet, a folder and a time in milliseconds, without its end; writes the log files that the fleet's trails
 * delivered of it and in the two hours after it, one folder a bucket. Gives how many.
 */
export const writeLogFiles = async (
  fleet: Fleet,
  folder: string,
  window: { from: number; to: number },
): Promise<number> => {
  let count = 0;
  for (const trail of fleet.trails ?? [])
    for (const file of listFiles(fleet, trail)) {
      if (file.to <= window.from || file.from >= window.to + settleMilliseconds) continue;
      const path = join(folder, trail.S3BucketName, file.name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, toBytes(fleet, trail, file));
      count += 1;
    }
  return count;
};
