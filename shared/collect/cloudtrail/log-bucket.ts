/** Log files in a trail's bucket: only the prefixes of the days, accounts and Regions asked for are listed. */
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { toUnknownFact } from '../collect-fact.ts';
import type { LogBytes } from './log-bytes.ts';
import { isLogFile, mostDelayMilliseconds, parseFileName } from './log-file-name.ts';
import type { Span } from './log-gaps.ts';
import {
  byDelivery,
  type Home,
  isWanted,
  type LogFile,
  type LogListing,
  mostWholeBytes,
  type ProblemOfHome,
} from './log-source.ts';

const dayMilliseconds = 86_400_000;
const listingsAtOnce = 8;

export interface TrailBucket {
  client: S3Client;
  bucket: string;
  /** What stands before `AWSLogs/`, or the beginning of that. */
  prefix: string;
}

/** Takes a trail's bucket; gives the log files that may hold events of these homes and this time. */
export const listLogBucket = (
  { client, bucket, prefix }: TrailBucket,
  homes: ReadonlySet<Home>,
  span: Span,
  signal: AbortSignal,
): LogListing => {
  const problems: ProblemOfHome[] = [];
  const lookedAt: string[] = [];
  let skipped = 0;
  const refuse = (home: Home | undefined, part: Span, place: string, error: unknown) => {
    const { unknown: reason, detail } = toUnknownFact(error);
    const file = `s3://${bucket}/${place}`;
    problems.push({ ...part, home, file, reason, what: `could not be listed: ${detail}` });
  };

  const listOne = async (home: Home, place: string, part: Span): Promise<LogFile[]> => {
    const files: LogFile[] = [];
    try {
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: place },
        { abortSignal: signal },
      ))
        for (const { Key: name = '' } of Contents) {
          const named = parseFileName(name);
          if (!isLogFile(name)) continue;
          if (isWanted(named, homes, span))
            files.push({ name, named, fetch: () => readObject(client, bucket, name, signal) });
          else skipped += 1;
        }
    } catch (error) {
      refuse(home, part, place, error);
    }
    return files;
  };

  const list = async function* (): AsyncGenerator<LogFile> {
    let roots: string[];
    try {
      roots = await findRoots({ client, bucket, prefix }, signal);
    } catch (error) {
      lookedAt.push(toLogsPrefix(prefix));
      refuse(undefined, span, toLogsPrefix(prefix), error);
      return;
    }
    lookedAt.push(...roots);
    for (const { day, part } of toDelivered(span)) {
      const places = roots.flatMap((root) =>
        [...homes].map((home) => ({ home, place: `${root}${home.replace('/', '/CloudTrail/')}/${day}/` })),
      );
      const files = await pMap(places, ({ home, place }) => listOne(home, place, part), {
        concurrency: listingsAtOnce,
      });
      yield* files.flat().sort(byDelivery);
    }
  };
  return { files: list(), problems, lookedAt, getSkipped: () => skipped };
};

/**
 * The folders by day that files of a time may lie in, `2026/11/29`, each with the events that are missed without it:
 * an event near midnight is delivered the day after.
 */
const toDelivered = ({ from, to }: Span): { day: string; part: Span }[] => {
  const days: { day: string; part: Span }[] = [];
  const first = Math.floor(from / dayMilliseconds) * dayMilliseconds;
  for (let start = first; start < to + mostDelayMilliseconds; start += dayMilliseconds) {
    const part = { from: start - mostDelayMilliseconds, to: start + dayMilliseconds };
    days.push({ day: new Date(start).toISOString().slice(0, 10).replaceAll('-', '/'), part });
  }
  return days;
};

const toLogsPrefix = (prefix: string): string => {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  return /(^|\/)AWSLogs\/(o-[a-z0-9]+\/)?$/.test(folder) ? folder : `${folder}AWSLogs/`;
};

/**
 * What accounts stand below: `AWSLogs/` in a trail of one account, and `AWSLogs/o-…/` for each organisation whose trail
 * writes here. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
const findRoots = async (
  { client, bucket, prefix }: TrailBucket,
  abortSignal: AbortSignal,
): Promise<string[]> => {
  const logs = toLogsPrefix(prefix);
  const roots = new Set<string>();
  for await (const { CommonPrefixes = [] } of paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: logs, Delimiter: '/' },
    { abortSignal },
  ))
    for (const { Prefix: below = '' } of CommonPrefixes) {
      const name = below.slice(logs.length, -1);
      if (/^o-[a-z0-9]+$/.test(name)) roots.add(below);
      else if (/^\d{12}$/.test(name)) roots.add(logs);
    }
  return roots.size > 0 ? [...roots].sort() : [logs];
};

const readObject = async (
  client: S3Client,
  bucket: string,
  name: string,
  abortSignal: AbortSignal,
): Promise<LogBytes> => {
  const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }), {
    abortSignal,
  });
  if (!Body) throw new Error('GetObject gave no body');
  return ContentLength > mostWholeBytes ? Body.transformToWebStream() : Body.transformToByteArray();
};
