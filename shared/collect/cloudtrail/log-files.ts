/** What log files tell of keys: their uses and changes by day, and the times of which files are missing or damaged. */
import { availableParallelism } from 'node:os';
import { settleMilliseconds } from '../../activity/day-parts.ts';
import type { Reading } from '../../activity/history.ts';
import { createTally, type WatchedKey } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import type { EventGap } from '../../evidence/events.ts';
import type { TrailBucket } from './log-bucket.ts';
import { usualDelayMilliseconds } from './log-file-name.ts';
import { listLogFolder, toReadProblem } from './log-folder.ts';
import { type Span, toDaysWithout, toHoursOf, toMissingHours, toProblemGaps } from './log-gaps.ts';
import { countSightings, createKindReader, type Kind, toWanted } from './log-kinds.ts';
import { readFiles } from './log-pool.ts';
import { createFileReader, type FilePart } from './log-reader.ts';
import {
  getHomes,
  type Home,
  type LogFile,
  type LogListing,
  type ProblemOfHome,
  toHome,
} from './log-source.ts';

export type LogSource = { kind: 'folder'; path: string } | ({ kind: 'bucket' } & TrailBucket);

export interface LogOptions {
  signal: AbortSignal;
  /** The moment that the reading counts as taken: events later than two hours before it may still come. */
  now: string;
  isGentle?: boolean;
  /** How many files were read, of how many that are known of. */
  onProgress?: (done: number, total: number) => void;
  /** Not given: as many as the machine has cores. */
  threads?: number;
}

export interface LogReadings {
  /** By ARN, one for each key. */
  readings: Map<string, Reading>;
  counts: {
    read: number;
    /** Of another account, Region or time, by their names. */
    skipped: number;
    /** Not, or not whole. */
    unreadable: number;
    /** Records about watched keys without the fields that CloudTrail gives them. */
    broken: number;
  };
  /** Set where there was no file to read: where they were looked for. */
  warning?: string;
}

const worker = new URL('./log-worker.ts', import.meta.url);
/** In flight from a disk for each thread, and from a bucket, where each takes its time. */
const filesAtOnce = { folder: 4, bucket: 16 };

/**
 * Takes a folder or a bucket of CloudTrail's log files, the keys that are watched, and a time; gives what the files tell
 * of each key. Every file of the keys' accounts and Regions is read; what can't be read is a gap, and never thrown.
 */
export const collectFromLogFiles = async (
  source: LogSource,
  keys: readonly WatchedKey[],
  window: { from: string; to: string },
  { signal, now, isGentle = false, onProgress, threads = availableParallelism() }: LogOptions,
): Promise<LogReadings> => {
  const span: Span = { from: Date.parse(window.from), to: Date.parse(window.to) };
  const homes = getHomes(keys);
  const listing = await listFiles(source, homes, span, signal);
  const wanted = toWanted(keys);
  const tally = createTally(keys, window);
  const coverage = createCoverage();
  const problems = new Set<ProblemOfHome>();
  const counts = { read: 0, skipped: 0, unreadable: 0, broken: 0 };
  const readers = Array.from({ length: threads }, createKindReader);
  const damaged = new Set<LogFile>();
  let found = 0;

  const files = async function* (): AsyncGenerator<LogFile> {
    for await (const file of listing.files) {
      found += 1;
      yield file;
    }
  };
  const blame = (file: LogFile, problem: Pick<ProblemOfHome, 'reason' | 'what'>, at = toSpan(file, span)) => {
    const home = file.named && toHome(file.named);
    problems.add({ ...at, ...problem, home, file: file.name });
  };

  try {
    await readFiles<LogFile, FilePart, FilePart & { known: Kind[] }>(files(), {
      threads,
      read: createFileReader(wanted, signal),
      worker,
      workerData: wanted,
      filesAtOnce:
        source.kind === 'folder' ? threads * filesAtOnce.folder : filesAtOnce.bucket / (isGentle ? 2 : 1),
      signal,
      fetch: (file) => file.fetch(),
      // At once: a later file of this thread may begin to number anew.
      take: (part, thread) => ({ ...part, known: readers[thread]?.toKinds(part) ?? [] }),
      onTaken: (file, { known, seen, hasKms, problem }) => {
        if (hasKms && file.named) coverage.addKms(toHome(file.named), file.named.deliveredAt);
        countSightings(known, seen, {
          tally,
          onEvent: (event, time) => {
            if (!file.named) coverage.addEvent(toHome(event), time);
          },
          onBroken: (time) => {
            counts.broken += 1;
            blame(file, toFailure('holds a record of a key without the fields of one'), toSecond(time));
          },
        });
        if (problem === undefined) return;
        damaged.add(file);
        blame(file, toFailure(problem));
      },
      onFailure: (file, error) => {
        damaged.add(file);
        blame(file, toReadProblem(error));
      },
      onDone: (file) => {
        counts.read += 1;
        if (damaged.delete(file)) counts.unreadable += 1;
        if (file.named) coverage.addFile(toHome(file.named), file.named.deliveredAt);
        onProgress?.(counts.read, found);
      },
    });
  } catch (error) {
    const { reason, what } = toReadProblem(error);
    problems.add({ ...span, home: undefined, file: 'the rest of the log files', reason, what });
  }
  counts.skipped = listing.getSkipped();
  const all = [...problems, ...listing.problems];
  const until = Math.min(span.to, Date.parse(now) - settleMilliseconds);
  const gapsOf = new Map<Home, EventGap[]>(
    [...homes].map((home) => {
      const own = all.filter((problem) => problem.home === undefined || problem.home === home);
      return [home, [...coverage.getGaps(home, { from: span.from, to: until }), ...toProblemGaps(own)]];
    }),
  );
  const readings = new Map<string, Reading>(
    keys.map(({ arn }) => {
      const parsed = parseArn(arn);
      const gaps = (parsed && gapsOf.get(toHome(parsed))) ?? [];
      return [arn, { source: 'log-files', ...window, gaps, days: tally.get(arn) }];
    }),
  );
  const warning =
    found > 0
      ? {}
      : { warning: `there is no log file of the time asked for in ${listing.lookedAt.join(', ')}` };
  return { readings, counts, ...warning };
};

/** S3's client is large, and a folder needs none. */
const listFiles = async (
  source: LogSource,
  homes: ReadonlySet<Home>,
  span: Span,
  signal: AbortSignal,
): Promise<LogListing> => {
  if (source.kind === 'folder') return listLogFolder(source.path, homes, span);
  const { listLogBucket } = await import('./log-bucket.ts');
  return listLogBucket(source, homes, span, signal);
};

const toFailure = (what: string) => ({ reason: 'failed' as const, what });

/** A damaged file's events are of the time before its delivery; a name that does not tell it may be of any. */
const toSpan = ({ named }: LogFile, window: Span): Span =>
  named
    ? { from: named.deliveredAt - usualDelayMilliseconds, to: named.deliveredAt + 60_000 }
    : { ...window };

const toSecond = (time: string | undefined): Span | undefined => {
  if (time === undefined) return undefined;
  const from = Date.parse(time);
  return { from, to: from + 1000 };
};

/** Which time of each home the files show. */
const createCoverage = () => {
  const hours = new Map<Home, Set<number>>();
  const events = new Map<Home, { first: string; last: string }>();
  const ofKms = new Map<Home, number[]>();
  return {
    addFile: (home: Home, deliveredAt: number) => {
      const known = hours.get(home) ?? new Set<number>();
      hours.set(home, known);
      for (const hour of toHoursOf(deliveredAt)) known.add(hour);
    },
    addKms: (home: Home, deliveredAt: number) => {
      const known = ofKms.get(home) ?? [];
      ofKms.set(home, known);
      known.push(deliveredAt);
    },
    addEvent: (home: Home, time: string) => {
      const known = events.get(home) ?? { first: time, last: time };
      events.set(home, known);
      if (time < known.first) known.first = time;
      if (time > known.last) known.last = time;
    },
    /**
     * Names tell which hours have no file. Files whose names tell nothing show what lies between the first and the last
     * event of a watched key: what may be missing there, nobody can say.
     */
    getGaps: (home: Home, span: Span): EventGap[] => {
      const known = hours.get(home);
      const seen = events.get(home);
      if (known || !seen)
        return [
          ...toMissingHours(span, known ?? new Set(), `there is no log file of ${home}`),
          ...(known
            ? toDaysWithout(span, ofKms.get(home) ?? [], `no log file of ${home} holds a call to KMS`)
            : []),
        ];
      const what = `the log files do not tell their time, and none has an event of a watched key of ${home}`;
      const spans = [
        { from: span.from, to: Date.parse(seen.first) },
        { from: Date.parse(seen.last), to: span.to },
      ];
      return spans
        .filter(({ from, to }) => from < to)
        .map(({ from, to }) => ({
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
          reason: 'incomplete-window',
          what,
        }));
    },
  };
};
