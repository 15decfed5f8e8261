import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import pMap from 'p-map';
import { z } from 'zod';
import { toDays } from '../activity/day-parts.ts';
import { isComplete, type Reading, toHistory } from '../activity/history.ts';
import { mergeChanges } from '../activity/merge-readings.ts';
import { collectKeyChanges } from '../collect/cloudtrail/lookup-changes.ts';
import { collectKeyUse } from '../collect/cloudtrail/lookup-use.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { type EventSource, type KeyHistory, keyHistory, type TimeWindow } from '../evidence/events.ts';
import type { Unknown } from '../evidence/fact.ts';
import { type KeyEvidence, keyEvidence, namedKey } from '../evidence/key.ts';
import { toKeyReference } from '../evidence/key-reference.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Access, Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { PreconditionError } from '../runtime/errors.ts';
import { toHistoryName, toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { readHistory } from './read-history.ts';

/**
 * Requests of LookupEvents for one account and Region, at two a second: who waits longer reads log files. Beside these
 * it shows the newest changes alone, lest a trail drops what it should keep.
 */
const requestBudget = { changes: 120, changesBesideLogs: 20, use: 120 };

const regionsAtOnce = 8;

/** What a source that is read for many keys at once showed of each, by ARN. */
export type Readings = ReadonlyMap<string, Reading>;

export interface EventOptions {
  /** Use, and maybe changes, from log files or a query; not given: LookupEvents is asked for use, if the run asks for it. */
  readings?: Readings | Promise<Readings>;
  isLate?: () => boolean;
}

/**
 * Reads what happened to the keys of one account since each was last read, and adds it to their histories. Gives
 * false where time ran out before that; what is in the histories then is not read again.
 */
export const collectEvents = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  home: string,
  settings: Settings,
  signal: AbortSignal,
  { readings, isLate = () => false }: EventOptions = {},
): Promise<boolean> => {
  const { events, id: run } = start;
  if (!events) return true;
  const access = await aws.getAccess(home).catch(toUnknownFact);
  const byRegion = Map.groupBy(await readKeys(store, run, home), ({ region }) => region);
  // Athena tells of use alone.
  const logs = events.use?.source === 'log-files' ? readings : undefined;
  let isDone = true;
  await pMap(
    byRegion,
    async ([region, keys]) => {
      const known = await Promise.all(keys.map(({ arn }) => readHistory(store, toNameOf(arn))));
      const stale = keys.flatMap((key, index) => {
        const history = known[index];
        // What can't be read is not written over: whoever judges says so.
        if (history && 'unknown' in history) return [];
        // What an earlier call for this very run read; another run may have read less.
        return history?.run === run ? [] : [{ key, history }];
      });
      if (stale.length === 0) return;
      if (isLate()) {
        isDone = false;
        return;
      }
      const collectedAt = toNow();
      const place = { access, region, collectedAt };
      const [changes, use] = await Promise.all([
        readChanges(aws, place, stale, events.changesFrom, logs, signal),
        events.use ? readUse(aws, place, stale, events.use, readings, signal) : undefined,
      ]);
      const retentionDays = settings.thresholds.eventRetentionDays;
      for (const { arn } of stale.map(({ key }) => key)) {
        const read = { changes: changes.get(arn), use: use?.get(arn) };
        if (read.changes ?? read.use)
          await updateHistory(store, arn, (history) =>
            toHistory(history, read, { key: arn, collectedAt, run, retentionDays }),
          );
      }
    },
    { concurrency: regionsAtOnce },
  );
  return isDone;
};

interface Stale {
  key: KeyEvidence;
  history: KeyHistory | undefined;
}

interface Place {
  access: Access | Unknown;
  region: string;
  collectedAt: string;
}

const readChanges = async (
  aws: Aws,
  { access, region, collectedAt }: Place,
  stale: readonly Stale[],
  changesFrom: string,
  logs: EventOptions['readings'],
  signal: AbortSignal,
): Promise<Readings> => {
  const window = toWindow(stale, 'changes', changesFrom, collectedAt);
  const keys = stale.map(({ key }) => key);
  const looked = isEntered(access)
    ? await collectKeyChanges(
        { client: aws.open(CloudTrailClient, access, region), signal },
        keys,
        window,
        logs ? requestBudget.changesBesideLogs : requestBudget.changes,
      )
    : toUnread(keys, window, 'lookup-events', access);
  const told = await logs;
  return new Map(
    [...looked].map(([arn, reading]) => {
      const beside = told?.get(arn);
      return [arn, beside ? mergeChanges(reading, beside) : reading];
    }),
  );
};

const readUse = async (
  aws: Aws,
  { access, region, collectedAt }: Place,
  stale: readonly Stale[],
  { from, source }: { from: string; source: EventSource },
  readings: EventOptions['readings'],
  signal: AbortSignal,
): Promise<Readings> => {
  if (readings) return readings;
  const window = toWindow(stale, 'use', from, collectedAt);
  const keys = stale.map(({ key }) => key);
  if (!isEntered(access)) return toUnread(keys, window, source, access);
  const reader = { client: aws.open(CloudTrailClient, access, region), signal };
  return collectKeyUse(reader, keys, window, requestBudget.use);
};

const isEntered = (access: Access | Unknown): access is Access => !('unknown' in access);

/** From the first day that needs reading, of whichever key. */
const toWindow = (stale: readonly Stale[], part: 'use' | 'changes', from: string, to: string): TimeWindow => {
  const firsts = stale.map(
    ({ history }) => toDays(from, to).find(({ day }) => !isComplete(history, day, part))?.from ?? to,
  );
  return { from: firsts.sort()[0] ?? from, to };
};

const toUnread = (
  keys: readonly KeyEvidence[],
  window: TimeWindow,
  source: EventSource,
  { unknown, detail }: Unknown,
): Readings =>
  new Map(
    keys.map(({ arn }) => {
      const gaps = [{ ...window, reason: unknown, what: detail }];
      return [arn, { source, ...window, gaps, days: new Map() }];
    }),
  );

/** Two runs may read one key at once: each adds to what the other wrote. */
const updateHistory = async (
  store: Store,
  keyArn: string,
  add: (history: KeyHistory | undefined) => KeyHistory,
): Promise<void> => {
  const name = toNameOf(keyArn);
  const stored = await store.get(name);
  const history = stored && (await readObject({ get: async () => stored }, name, keyHistory));
  try {
    await writeObject(store, name, add(history), stored ? { ifMatch: stored.etag } : { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
    await updateHistory(store, keyArn, add);
  }
};

const toNameOf = (keyArn: string): string => toHistoryName(toKeyReference(keyArn, keyArn));

/** The keys of a run that live in an account, read or not; what an alias stands for is among them. */
export const readKeys = async (store: Store, run: string, home: string): Promise<KeyEvidence[]> => {
  const keys: KeyEvidence[] = [];
  for await (const name of store.list(toRunNames(run).keysOf(home))) {
    const key = await readObject(store, name, z.union([keyEvidence, namedKey]));
    if (key && 'arn' in key) keys.push(key);
  }
  return keys;
};
