/** What the files of one cluster's audit log tell of its Secrets' readers, and what of its time they do not. */
import pMap from 'p-map';
import type { OwnOfRequest, SecretReadEvent } from '../../activity/audit-event.ts';
import type { AuditReading } from '../../activity/cluster-history.ts';
import { createReadCounter, type ReadCounter, type SecretName } from '../../activity/read-tally.ts';
import { toReadProblem } from '../cloudtrail/log-folder.ts';
import { type AuditFile, createAuditFileReader } from './audit-file.ts';
import { type FileProblem, toAuditGaps, toAuditWindow, toMuteDays } from './audit-gaps.ts';
import { createAuditRoom } from './audit-room.ts';
import type { AuditSource, AuditSourceFile } from './audit-source.ts';
import { createLineReader } from './line-reader.ts';

export interface AuditFilesOptions {
  /** How far back is judged; not given: all that the files hold. */
  since?: string;
  /** The only Secret that is asked about; not given: all. */
  only?: SecretName;
  /** The moment of reading. */
  now: string;
  signal: AbortSignal;
  /** How many files are read at once: of a bucket several, each takes its time. */
  filesAtOnce: number;
  /** Called with each file that is done. */
  onFile?: () => void;
}

export interface AuditFilesReading {
  reading: AuditReading;
  counts: {
    read: number;
    /** Without one line of an audit log. */
    other: number;
    /** Not, or not whole. */
    damaged: number;
    unreadableLines: number;
    tooLongLines: number;
    /** Requests whose time can't be. */
    untimely: number;
  };
}

const dayMilliseconds = 86_400_000;
/** No audit log is older than Kubernetes, nor of tomorrow: a clock was wrong. */
const oldestDays = 10 * 365;
const clockMilliseconds = 5 * 60_000;

/** Reads every file of a source. What can't be read is a gap, and never thrown, but the signal's reason is. */
export const collectFromAuditFiles = async (
  source: AuditSource,
  { since, only, now, signal, filesAtOnce, onFile }: AuditFilesOptions,
): Promise<AuditFilesReading> => {
  const bounds = {
    from: since ?? new Date(Date.parse(now) - oldestDays * dayMilliseconds).toISOString(),
    to: new Date(Date.parse(now) + clockMilliseconds).toISOString(),
  };
  const counter = createReadCounter(bounds, only);
  const room = createAuditRoom(filesAtOnce);
  const readLine = createLineReader(room);
  const problems: FileProblem[] = [];
  const times: { first: number; last: number }[] = [];
  const counts = { read: 0, other: 0, damaged: 0, unreadableLines: 0, tooLongLines: 0, untimely: 0 };
  const blame = (file: string, what: string, about: FileProblem['about']) =>
    problems.push({ file, reason: 'failed', what, about });

  const onRead = (name: string, { time, unreadable, tooLong, isTorn }: AuditFile, damage: unknown): void => {
    if (damage !== undefined) {
      counts.damaged += 1;
      problems.push({ file: name, ...toDamage(damage), about: time ? { from: time.last } : 'all' });
    }
    if (time && isTorn && damage === undefined)
      blame(name, 'ends in a line that is cut off', { tornAfter: time.last });
    if (time) times.push({ ...time, first: Math.max(time.first, Date.parse(bounds.from)) });
    // Another log may lie beside it: an export of the whole group has one of each component.
    else if (damage === undefined && tooLong.count === 0) counts.other += 1;
    if (!time && tooLong.count === 0) return;
    counts.unreadableLines += unreadable.count;
    counts.tooLongLines += tooLong.count;
    for (const about of toAbouts(unreadable.times))
      blame(name, `has ${toLines(unreadable.count)} about Secrets or broken that can’t be read`, about);
    for (const about of toAbouts(tooLong.times))
      blame(name, `has ${toLines(tooLong.count)} too long to be read`, about);
  };

  const readOne = async (file: AuditSourceFile): Promise<void> => {
    let untimely = 0;
    const onEvent = (event: SecretReadEvent, own: OwnOfRequest): void => {
      if (own.time >= bounds.to || (since === undefined && own.time < bounds.from)) untimely += 1;
      else counter.add(event, own);
    };
    const reader = createAuditFileReader(onEvent, readLine, room);
    const memory = room.pieces.pop();
    let damage: unknown;
    try {
      await file.read((piece) => {
        signal.throwIfAborted();
        reader.push(piece);
      }, memory);
    } catch (error) {
      signal.throwIfAborted();
      damage = error;
    } finally {
      if (memory) room.pieces.push(memory);
    }
    counts.read += 1;
    onRead(file.name, reader.end(), damage);
    if (untimely > 0) blame(file.name, `has ${untimely} requests of a time that can’t be`, 'all');
    counts.untimely += untimely;
    onFile?.();
  };

  await pMap(
    source.listFiles((problem) => problems.push({ ...problem, about: 'all' })),
    readOne,
    { concurrency: filesAtOnce },
  );
  return { reading: toReading(source.name, counter, times, problems, { since, now }), counts };
};

const toReading = (
  name: string,
  counter: ReadCounter,
  times: { first: number; last: number }[],
  problems: FileProblem[],
  asked: { since: string | undefined; now: string },
): AuditReading => {
  const days = counter.get();
  const firsts = [...days.values()].flatMap((tallies) => tallies.map(({ first }) => first)).sort();
  const window = toAuditWindow(times, { ...asked, earliest: firsts[0] });
  if (window) {
    const gaps = toAuditGaps(window, times, problems);
    return {
      source: 'audit-log-files',
      ...window,
      gaps: [...gaps, ...toMuteDays(window, new Set(days.keys()), gaps)],
      days,
    };
  }
  // Of which time nothing was read, nothing tells, unless somebody did.
  const to = asked.now;
  const from = asked.since ?? new Date(Date.parse(to) - 1).toISOString();
  const [worst] = problems;
  const what = worst ? `${worst.file} ${worst.what}` : `${name} holds no line of an audit log`;
  const gap = { from, to, reason: worst?.reason ?? 'incomplete-window', what };
  return { source: 'audit-log-files', from, to, gaps: [gap], days };
};

const toLines = (count: number): string => (count === 1 ? 'a line' : `${count} lines`);

const toAbouts = (times: readonly (number | undefined)[]): FileProblem['about'][] =>
  times.includes(undefined) ? ['all'] : times.flatMap((at) => (at === undefined ? [] : { at }));

/** https://nodejs.org/api/zlib.html#zlib-constants */
const toDamage = (error: unknown): Pick<FileProblem, 'reason' | 'what'> => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return { reason: 'failed', what: 'is cut off' };
  if (code === 'Z_DATA_ERROR') return { reason: 'failed', what: 'is damaged' };
  return toReadProblem(error);
};
