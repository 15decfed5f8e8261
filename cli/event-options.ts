/** --since, --trail and --logs: what is asked of CloudTrail. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../shared/runtime/errors.ts';
import type { EventsToCollect } from '../shared/use-cases/collect-run.ts';
import type { Values } from './arguments.ts';

const hoursPerUnit = { h: 1, d: 24 } as const;
/** CloudTrail's own history ends there, and so does what checks look back at. */
const mostHours = 90 * 24;

/**
 * Takes the options; gives what to collect, undefined where nothing is asked of CloudTrail. Log files in a folder are
 * read whole unless --since says otherwise. Throws UsageError.
 */
export const parseEvents = async (
  values: Pick<Values, 'since' | 'trail' | 'logs'>,
  folder: string,
): Promise<EventsToCollect | undefined> => {
  const { since, trail, logs } = values;
  if (trail !== undefined && logs !== undefined)
    throw new UsageError('CONTRADICTION', '--trail and --logs exclude each other');
  if (trail !== undefined && since === undefined)
    throw new UsageError('SINCE_MISSING', '--trail needs --since: how far back its log files are read', {
      hint: 'A bucket may hold years of them. Try --since 24h.',
    });
  if (since === undefined && logs === undefined) return undefined;
  const sinceHours = since === undefined ? mostHours : parseHours(since);
  if (trail !== undefined) return { sinceHours, logs: { kind: 'bucket', ...parseBucket('--trail', trail) } };
  if (logs === undefined) return { sinceHours };
  const path = resolve(folder, logs);
  await requireReadable(logs, path);
  return { sinceHours, logs: { kind: 'folder', path, isWhole: since === undefined } };
};

/** Takes --since; gives hours. Throws UsageError where that is no time that is kept. */
export const parseHours = (since: string): number => {
  const { amount, unit } = /^(?<amount>\d{1,4})(?<unit>[hd])$/.exec(since)?.groups ?? {};
  const hours = Number(amount) * (unit === 'd' ? hoursPerUnit.d : hoursPerUnit.h);
  if (amount !== undefined && hours >= 1 && hours <= mostHours) return hours;
  throw new UsageError('WRONG_SINCE', `--since: ${JSON.stringify(since)} is no time between 1h and 90d`, {
    hint: 'Give hours or days: 24h, 7d. CloudTrail keeps 90 days.',
  });
};

const bucketMistakes = {
  '--trail': { code: 'WRONG_TRAIL', hint: 'The prefix is what stands before AWSLogs/.' },
  '--audit-log': { code: 'WRONG_AUDIT_LOG', hint: undefined },
  verify: { code: 'WRONG_BUCKET', hint: 'The prefix is what stands before manifests/.' },
};

/** Takes an option, or a command, and its value; gives the bucket and prefix. Throws UsageError. */
export const parseBucket = (
  option: keyof typeof bucketMistakes,
  given: string,
): { bucket: string; prefix: string } => {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  const { bucket, prefix = '' } =
    /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>.*))?$/.exec(given)?.groups ?? {};
  if (bucket !== undefined) return { bucket, prefix: prefix.replace(/\/+$/, '') };
  const { code, hint } = bucketMistakes[option];
  throw new UsageError(code, `${option}: ${JSON.stringify(given)} is not s3://BUCKET[/PREFIX]`, { hint });
};

const requireReadable = async (given: string, path: string): Promise<void> => {
  try {
    await stat(path);
  } catch (cause) {
    throw new UsageError('LOGS_UNREADABLE', `--logs: ${JSON.stringify(given)} can't be read`, { cause });
  }
};
