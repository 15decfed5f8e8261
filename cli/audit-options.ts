/** --audit-log and --audit-budget-gb: where the audit log is that tells who read Secrets. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../shared/runtime/errors.ts';
import type { AuditLogLocation, ReadsToCollect } from '../shared/use-cases/collect-reads.ts';
import type { Values } from './arguments.ts';
import { parseBucket, parseHours } from './event-options.ts';

/** What a cluster's queries may scan where nobody says: five cents or so. */
const otherwiseGigabytes = 10;

/**
 * Takes the options; gives what to ask of audit logs, undefined where that is nothing. A path is judged whole unless
 * --since says otherwise. Throws UsageError.
 */
export const parseReads = async (
  values: Pick<Values, 'audit-log' | 'audit-budget-gb' | 'since'>,
  folder: string,
): Promise<ReadsToCollect | undefined> => {
  const { 'audit-log': given, 'audit-budget-gb': budget, since } = values;
  if (budget !== undefined && given !== 'cloudwatch')
    throw new UsageError('CONTRADICTION', '--audit-budget-gb needs --audit-log cloudwatch');
  if (given === undefined) return undefined;
  const log = await parseLocation(given, folder, budget);
  if (log.kind === 'cloudwatch' && since === undefined)
    throw new UsageError('SINCE_MISSING', '--audit-log cloudwatch needs --since: how far back it is asked', {
      hint: 'A log group may hold years, and each gigabyte that is searched costs. Try --since 24h.',
    });
  return since === undefined ? { log } : { log, sinceHours: parseHours(since) };
};

/** Takes the same; gives the path alone, for who has no AWS to ask. Throws UsageError. */
export const parseReadsOfPath = async (
  values: Pick<Values, 'audit-log' | 'since'>,
  folder: string,
): Promise<{ path: string; sinceHours?: number } | undefined> => {
  const { 'audit-log': given, since } = values;
  if (given === undefined && since !== undefined)
    throw new UsageError('CONTRADICTION', '--since needs --audit-log PATH');
  if (given === undefined) return undefined;
  if (given === 'cloudwatch' || given.startsWith('s3://'))
    throw new UsageError(
      'WRONG_AUDIT_LOG',
      '--audit-log: keyward secrets asks no AWS, and reads a file or folder',
      {
        hint: 'Copy it first: aws s3 sync, or aws logs filter-log-events.',
      },
    );
  const path = await parsePath(given, folder, 'Give a file or a folder.');
  return since === undefined ? { path } : { path, sinceHours: parseHours(since) };
};

const parseLocation = async (
  given: string,
  folder: string,
  budget: string | undefined,
): Promise<AuditLogLocation> => {
  if (given === 'cloudwatch') return { kind: 'cloudwatch', budgetGigabytes: parseGigabytes(budget) };
  if (given.startsWith('s3://')) return { kind: 'bucket', ...parseBucket('--audit-log', given) };
  const path = await parsePath(given, folder, 'Give a file, a folder, s3://BUCKET[/PREFIX], or cloudwatch.');
  return { kind: 'folder', path };
};

const parsePath = async (given: string, folder: string, hint: string): Promise<string> => {
  const path = resolve(folder, given);
  try {
    await stat(path);
  } catch (cause) {
    throw new UsageError('AUDIT_LOG_UNREADABLE', `--audit-log: ${JSON.stringify(given)} can't be read`, {
      cause,
      hint,
    });
  }
  return path;
};

const parseGigabytes = (budget: string | undefined): number => {
  if (budget === undefined) return otherwiseGigabytes;
  if (/^\d{1,6}(\.\d{1,3})?$/.test(budget)) return Number(budget);
  throw new UsageError(
    'WRONG_BUDGET',
    `--audit-budget-gb: ${JSON.stringify(budget)} is no number of gigabytes`,
    {
      hint: `Without it a cluster's queries may scan ${otherwiseGigabytes}.`,
    },
  );
};
