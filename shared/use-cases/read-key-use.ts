/** What Athena has told of the keys of one home: the same readings that log files and LookupEvents give. */
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import type { Reading } from '../activity/history.ts';
import { createTally, type WatchedKey } from '../activity/tally.ts';
import { createKeptHours } from '../collect/cloudtrail/athena-gaps.ts';
import { toBucketFolder } from '../collect/cloudtrail/athena-query.ts';
import { parseTallies } from '../collect/cloudtrail/athena-tallies.ts';
import { toWatchedKey } from '../collect/cloudtrail/lookup-key.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { parseArn } from '../evidence/arn.ts';
import type { EventGap, TimeWindow } from '../evidence/events.ts';
import type { RunStart } from '../evidence/run.ts';
import { toNow } from '../runtime/clock.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { readKeys } from './collect-events.ts';
import { askedKeyUse, endedKeyUse } from './collect-key-use.ts';

/** Objects that are no JSON of ours: compressed, and written by somebody else. */
export interface Files {
  list: (prefix: string) => AsyncIterable<string>;
  read: (name: string) => Promise<Uint8Array>;
}

/** What Athena has told of the keys of a home, where the run asks it; undefined where it does not. */
export const readKeyUse = async (
  store: Store,
  files: Files,
  { id, events }: RunStart,
  home: string,
): Promise<Map<string, Reading> | undefined> => {
  if (events?.use?.source !== 'athena') return undefined;
  const keys = (await readKeys(store, id, home)).map(toWatchedKey);
  return collectFromTallies(store, files, id, home, keys, { from: events.use.from, to: toNow() });
};

/**
 * Takes a home and its keys, and the time that is wanted; gives each key's reading, of the time that Athena was asked
 * for where it was asked. A query that failed, or an answer that can't be read, leaves readings with nothing but a gap,
 * which says why.
 */
export const collectFromTallies = async (
  store: Pick<Store, 'get'>,
  files: Files,
  run: string,
  home: string,
  keys: readonly WatchedKey[],
  wanted: TimeWindow,
): Promise<Map<string, Reading>> => {
  const { keyUse } = toRunNames(run);
  for (let part = 0; ; part += 1) {
    const asked = await readObject(store, keyUse.asked(part), askedKeyUse);
    if (!asked) return toBlind(keys, wanted, notAsked);
    if (!asked.homes.includes(home)) continue;
    const ended = await readObject(store, keyUse.ended(part), endedKeyUse);
    const failure = ended ? ended.failure : notEnded;
    if (failure) return toBlind(keys, asked, failure);
    try {
      return await readAnswer(files, asked, home, keys);
    } catch (error) {
      // Half an answer would say that somebody did nothing.
      const { unknown: reason, detail } = toUnknownFact(error);
      return toBlind(keys, asked, { reason, what: `the answer of Athena could not be read: ${detail}` });
    }
  }
};

const readAnswer = async (
  files: Files,
  { from, to, answer }: z.infer<typeof askedKeyUse>,
  home: string,
  keys: readonly WatchedKey[],
): Promise<Map<string, Reading>> => {
  const tally = createTally(keys, { from, to });
  const kept = new Map<string, ReturnType<typeof createKeptHours>>();
  const getKept = (region: string) => {
    const known = kept.get(region) ?? createKeptHours({ account: home, region });
    kept.set(region, known);
    return known;
  };
  for await (const name of files.list(`${answer}${toBucketFolder(home)}`)) {
    const lines = gunzipSync(await files.read(name))
      .toString('utf8')
      .split('\n');
    for (const told of parseTallies(lines, home)) {
      if (told.kind === 'use') tally.addCounted(told.use.of, told.use.uses);
      else getKept(told.region).add(told.hour, told.hasKms);
    }
  }
  return toReadings(keys, ({ arn }) => {
    const gaps = getKept(parseArn(arn)?.region ?? '').getGaps({ from, to });
    return { from, to, gaps, days: tally.get(arn) };
  });
};

type Failure = Pick<EventGap, 'reason' | 'what'>;
const notAsked: Failure = {
  reason: 'failed',
  what: 'Athena was not asked who used the keys of this account',
};
const notEnded: Failure = { reason: 'failed', what: 'nobody knows how the query of Athena ended' };

const toBlind = (
  keys: readonly WatchedKey[],
  { from, to }: TimeWindow,
  failure: Failure,
): Map<string, Reading> =>
  toReadings(keys, () => ({ from, to, gaps: [{ from, to, ...failure }], days: new Map() }));

const toReadings = (
  keys: readonly WatchedKey[],
  read: (key: WatchedKey) => Omit<Reading, 'source'>,
): Map<string, Reading> =>
  new Map(
    keys.map((key) => {
      const reading = read(key);
      return [key.arn, { source: 'athena', askedAt: reading.to, ...reading }];
    }),
  );
