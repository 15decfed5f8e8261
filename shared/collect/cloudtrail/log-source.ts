/** Where log files are: what a folder and a bucket have in common. */
import type { WatchedKey } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import type { LogBytes } from './log-bytes.ts';
import { mayHold, type NamedFile } from './log-file-name.ts';
import type { Problem, Span } from './log-gaps.ts';

/** An account and Region that keys live in: `ACCOUNT/REGION`. */
export type Home = string;

export const toHome = ({ account, region }: { account: string; region: string }): Home =>
  `${account}/${region}`;

export const getHomes = (keys: readonly WatchedKey[]): Set<Home> =>
  new Set(
    keys.flatMap(({ arn }) => {
      const parsed = parseArn(arn);
      return parsed ? [toHome(parsed)] : [];
    }),
  );

export interface LogFile {
  /** As a person finds it: below the folder, or its key in the bucket. */
  name: string;
  /** What its name tells; undefined where that is nothing. */
  named: NamedFile | undefined;
  fetch: () => Promise<LogBytes>;
}

/** Something that could not be listed or read; of every home where none is told. */
export interface ProblemOfHome extends Problem {
  home: Home | undefined;
}

export interface LogListing {
  /** Of one day after the other, as far as names tell. */
  files: AsyncIterable<LogFile>;
  /** What could not be listed: whole once all files were taken. */
  problems: ProblemOfHome[];
  /** Where it was looked, for who finds nothing. */
  lookedAt: string[];
  /** How many files were left out, for another account, Region or time. */
  getSkipped: () => number;
}

/** Larger files are read a piece at a time. */
export const mostWholeBytes = 8 * 1024 * 1024;
export const pieceBytes = 1024 * 1024;

/** Files of other accounts, Regions and times are left out by their names; one that tells nothing is read. */
export const isWanted = (
  named: NamedFile | undefined,
  homes: ReadonlySet<Home>,
  { from, to }: Span,
): boolean => named === undefined || (homes.has(toHome(named)) && mayHold(named, from, to));

export const byDelivery = (one: LogFile, other: LogFile): number =>
  (one.named?.deliveredAt ?? 0) - (other.named?.deliveredAt ?? 0) || (one.name < other.name ? -1 : 1);
