/** The audit logs of a fleet's clusters as files: a folder for each, named like it, as an export of each log group gives. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Fleet } from './fleets/fleet.ts';

/**
 * Takes a fleet, a folder and a time in milliseconds, without its end; writes what was logged in it. The folder of a
 * cluster that logs nothing is empty. Gives how many do.
 */
export const writeAuditLogs = async (
  fleet: Pick<Fleet, 'clusters'>,
  folder: string,
  window: { from: number; to: number },
): Promise<number> => {
  let count = 0;
  for (const { name, logGroup } of fleet.clusters) {
    await mkdir(join(folder, name), { recursive: true });
    if (!logGroup) continue;
    const lines = logGroup
      .between(window.from, window.to)
      .sort((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1))
      .map((line) => `${line.stageTimestamp} ${JSON.stringify(line)}\n`);
    await mkdir(join(folder, name, 'kube-apiserver-audit-0123456789abcdef'), { recursive: true });
    await writeFile(
      join(folder, name, 'kube-apiserver-audit-0123456789abcdef', '000000.gz'),
      gzipSync(lines.join(''), { level: constants.Z_BEST_SPEED }),
    );
    count += 1;
  }
  return count;
};
