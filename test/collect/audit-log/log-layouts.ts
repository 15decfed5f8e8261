/** The layouts that an audit log's files have, and folders of them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

export const toText = (lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** As `aws logs create-export-task` writes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html */
export const toExport = (lines: readonly object[]): string =>
  lines.map((line) => `2026-11-20T10:00:00.000Z ${JSON.stringify(line)}\n`).join('');

/** As `aws logs filter-log-events` prints: https://docs.aws.amazon.com/cli/latest/reference/logs/filter-log-events.html */
export const toPrinted = (lines: readonly object[], indent?: number): string =>
  JSON.stringify(
    {
      events: lines.map((line, index) => ({
        logStreamName: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef',
        timestamp: 1_795_000_000_000 + index,
        message: JSON.stringify(line),
        ingestionTime: 1_795_000_001_000 + index,
        eventId: `3700000000000000000000000000000000000000000000${index}`,
      })),
      searchedLogStreams: [],
    },
    undefined,
    indent,
  );

export const toMembers = (lines: readonly object[]): Buffer =>
  Buffer.concat(lines.map((line) => gzipSync(toText([line]))));

export type Files = Record<string, Buffer | string>;

/** Writes files into a folder of this test alone; gives its path. */
export const writeFolder = async (files: Files): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'keyward-audit-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return path;
};
