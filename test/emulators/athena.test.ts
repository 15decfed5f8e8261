/**
 * Same events in, same tallies out: the query, translated from Athena's SQL to DuckDB's and run there on log files,
 * against the very records of those files counted one by one.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsBetween, streamsAt } from '../../sandbox/event-history.ts';
import { accountIds } from '../../sandbox/fleets/demo/accounts.ts';
import { demoFleet, demoTrailBucket } from '../../sandbox/fleets/demo.ts';
import { writeLogFiles } from '../../sandbox/write-log-files.ts';
import type { Reading } from '../../shared/activity/history.ts';
import { parseKeyEvents } from '../../shared/activity/key-event.ts';
import { createTally, type WatchedKey } from '../../shared/activity/tally.ts';
import { parseArn } from '../../shared/evidence/arn.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import type { RunStart } from '../../shared/evidence/run.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { writeObject } from '../../shared/store/store.ts';
import { nextKeyUseQuery } from '../../shared/use-cases/collect-key-use.ts';
import { collectFromTallies } from '../../shared/use-cases/read-key-use.ts';
import { makeTrailFiles, type TrailFile, watched, writeTrailFiles } from './trail-files.ts';

const python = z.string().parse(process.env.EMULATORS_PYTHON);
const run = '2026-11-25T020000Z';
const now = '2026-11-25T02:00:09.250Z';
const window = { from: '2026-11-23T00:00:00.000Z', to: '2026-11-25T02:00:09.000Z' };
const days = ['2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25'];
const deployed = { table: 'keyward.trail', bucket: 'runs' };
const start: RunStart = {
  id: run,
  startedAt: now,
  version: '1',
  partition: 'aws',
  caller: 'arn:aws:iam::111122223333:role/keyward',
  accounts: [],
  regions: 'all',
  events: { changesFrom: window.from, use: { source: 'athena', from: window.from } },
};

const openFiles = (root: string) => ({
  list: async function* (prefix: string) {
    const found = await readdir(join(root, prefix), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const file of found) if (file.isFile()) yield relative(root, join(file.parentPath, file.name));
  },
  read: (name: string) => readFile(join(root, name)),
});

/** By what tells calls apart; of more than twenty events it is open which are named. */
const toComparable = (days: Reading['days']) =>
  Object.fromEntries(
    [...days].flatMap(([day, { uses }]) =>
      uses.map(({ count, first, last, events, sources, agents, context, ...call }) => {
        const called = Object.entries({ ...call, day, context: Object.entries(context).sort() });
        const named = count > mostNamed ? events.length : events.toSorted();
        const lists = { named, sources: sources.toSorted(), agents: agents.toSorted() };
        return [JSON.stringify(called.sort()), { count, first, last, ...lists }];
      }),
    ),
  );

const ddl = fileURLToPath(new URL('../../infra/athena/table.sql', import.meta.url));
const script = fileURLToPath(new URL('athena.py', import.meta.url));

type Homes = Readonly<Record<string, readonly WatchedKey[]>>;

/**
 * Asks as the state machine would, with DuckDB in Athena's place, of the log files that are written below a folder.
 * Gives a way to what it answered.
 */
const askDuckDB = async (homes: Homes, writeLogs: (folder: string) => Promise<unknown>) => {
  const root = await mkdtemp(join(tmpdir(), 'keyward-athena-'));
  const logs = join(root, 'logs');
  const answer = join(root, 'answer');
  const query = join(root, 'query.sql');
  for (const folder of [logs, answer]) await mkdir(folder);
  await writeLogs(logs);
  const store = createMemoryStore();
  const names = toRunNames(run);
  await writeObject(store, names.accounts, start);
  for (const { arn } of Object.values(homes).flat()) {
    const { account, region, resource } = parseArn(arn) ?? { account: '', region: '', resource: '' };
    const cluster = `arn:aws:eks:${region}:${account}:cluster/c`;
    await store.put(names.wanted(account, region, resource.replace('key/', ''), cluster), '{}');
  }
  let records = 0;
  let next = await nextKeyUseQuery(store, run, deployed, {}, now);
  while (!next.isDone) {
    await writeFile(query, next.query);
    const given = [script, query, ddl, logs, answer];
    const { status, stdout, stderr } = spawnSync(python, given, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    records += z.object({ records: z.number() }).parse(JSON.parse(stdout)).records;
    const ended = { QueryExecution: { Status: { State: 'SUCCEEDED' as const } } };
    next = await nextKeyUseQuery(store, run, deployed, { next, ended }, now);
  }
  const files = openFiles(answer);
  return {
    root,
    records,
    files,
    read: (home: string) => collectFromTallies(store, files, run, home, homes[home] ?? [], window),
  };
};
type Asked = Awaited<ReturnType<typeof askDuckDB>>;

const readLines = async ({ files }: Asked): Promise<string[]> => {
  const lines: string[] = [];
  for await (const name of files.list(toRunNames(run).prefix))
    lines.push(
      ...gunzipSync(await files.read(name))
        .toString()
        .split('\n'),
    );
  return lines;
};

const hourRow = z.object({
  account: z.string(),
  region: z.string(),
  is_use: z.boolean(),
  event_hour: z.string().nullish(),
  records: z.number(),
  has_kms: z.boolean().nullish(),
});
const told = z.object({ eventTime: z.string(), eventSource: z.string() });
const isOfKms = (record: object) => told.parse(record).eventSource === 'kms.amazonaws.com';
const toHourOf = (record: object) => told.parse(record).eventTime.slice(0, 13);

/** The records of the time that is asked for, by place and hour. */
const countHours = (files: readonly TrailFile[]) => {
  const hours: Record<string, { records: number; hasKms: boolean }> = {};
  for (const { account, region, records } of files)
    for (const record of records) {
      const at = toHourOf(record);
      if (at < window.from.slice(0, 13) || told.parse(record).eventTime >= '2026-11-25T02:00:09Z') continue;
      const { records: before, hasKms } = hours[`${account} ${region} ${at}`] ?? {
        records: 0,
        hasKms: false,
      };
      hours[`${account} ${region} ${at}`] = { records: before + 1, hasKms: hasKms || isOfKms(record) };
    }
  return hours;
};

const hourMilliseconds = 3_600_000;
const toHour = (at: number) => new Date(at).toISOString().slice(0, 13);

/** The hours up to two before the end of which there is no record. */
const toQuietHours = (records: readonly object[]) => {
  const kept = new Set(records.map(toHourOf));
  const [from, to] = [Date.parse(window.from), Date.parse(window.to) - 2 * hourMilliseconds];
  const hours: string[] = [];
  for (let at = from; at < to; at += hourMilliseconds) if (!kept.has(toHour(at))) hours.push(toHour(at));
  return hours;
};

/** The hours of gaps, each as often as gaps tell of it. */
const toMissedHours = (gaps: Reading['gaps']) =>
  gaps.flatMap(({ from, to }) => {
    const hours: string[] = [];
    for (let at = Date.parse(from); at < Date.parse(to); at += hourMilliseconds) hours.push(toHour(at));
    return hours;
  });

const countOneByOne = (records: Iterable<object>, keys: readonly WatchedKey[]) => {
  const tally = createTally(keys, window);
  for (const record of records) for (const event of parseKeyEvents(record)) tally.add(event);
  return tally;
};

describe.each([1, 2, 3])('The history %i', (seed) => {
  const files = makeTrailFiles(seed, days, 1500);
  let asked: Asked;

  beforeAll(async () => {
    asked = await askDuckDB(watched, (folder) => writeTrailFiles(folder, files));
    return () => rm(asked.root, { recursive: true });
  }, 120_000);

  it('is read whole', () => {
    expect(asked.records).toBe(files.flatMap((file) => file.records).length);
  });

  it('counts every record of the time in its hour, once as often as it was delivered', async () => {
    const rows = (await readLines(asked)).flatMap((line) => (line ? hourRow.parse(JSON.parse(line)) : []));
    const counted = rows
      .filter(({ is_use }) => !is_use)
      .map(({ account, region, event_hour, records, has_kms }) => [
        `${account} ${region} ${event_hour}`,
        { records, hasKms: has_kms },
      ]);
    expect(new Set(counted.map(([hour]) => hour)).size).toBe(counted.length);
    expect(Object.fromEntries(counted)).toEqual(countHours(files));
  });

  it('tells no sessions of a role apart', async () => {
    const lines = await readLines(asked);
    expect(lines.filter((line) => line.includes('assumed-role/backup')).length).toBeGreaterThan(10);
    expect(lines.filter((line) => /night|old/.test(line))).toEqual([]);
  });

  it.each(Object.entries(watched))('gives the same tallies of the keys of %s', async (home, keys) => {
    const readings = await asked.read(home);
    const ofHome = files.filter(({ account }) => account === home).flatMap(({ records }) => records);
    const expected = countOneByOne(ofHome, keys);
    expect([...readings.keys()]).toEqual(keys.map(({ arn }) => arn));
    for (const { arn } of keys) {
      const { days: counted, ...reading } = readings.get(arn) ?? { days: new Map() };
      expect(reading).toEqual({ source: 'athena', ...window, askedAt: window.to, gaps: [] });
      expect(toComparable(counted)).toEqual(toComparable(expected.get(arn)));
      expect(counted.size).toBe(3);
    }
  });
});

describe('A trail that was stopped, and one that leaves KMS out', () => {
  const [stopped, excluding] = Object.keys(watched);
  const off = ['2026-11-23T20', '2026-11-23T21', '2026-11-23T22'];
  const files = makeTrailFiles(4, days, 1500).map((file) => ({
    ...file,
    records:
      file.account === stopped
        ? file.records.filter((record) => !off.includes(toHourOf(record)))
        : // What is left of such a day is of other services.
          file.records.map((record) =>
            toHourOf(record).startsWith('2026-11-24')
              ? { ...record, eventSource: 'sts.amazonaws.com' }
              : record,
          ),
  }));
  let asked: Asked;

  beforeAll(async () => {
    asked = await askDuckDB(watched, (folder) => writeTrailFiles(folder, files));
    return () => rm(asked.root, { recursive: true });
  }, 120_000);

  it.each([
    [stopped, '2026-11-23T20:00:00.000Z', '2026-11-23T23:00:00.000Z', 'holds no event of'],
    [excluding, '2026-11-24T00:00:00.000Z', '2026-11-25T00:00:00.000Z', 'kept no event of KMS of'],
  ])('leave a gap in the readings of %s', async (home = '', from, to, words) => {
    for (const [arn, { gaps }] of await asked.read(home)) {
      const what = `the trail that Athena reads ${words} ${home} in ${parseArn(arn)?.region}`;
      expect(gaps).toEqual([{ from, to, reason: 'incomplete-window', what }]);
    }
  });
});

describe('The sandbox’s organisation', () => {
  const fleet = demoFleet(new Date('2026-11-25T12:20:00Z'));
  // No trail of the organisation reaches these two.
  const { sandbox: lab, partner } = accountIds;
  const keys = fleet.keys.map(({ metadata, aliases }) => ({ arn: metadata.Arn, aliases }));
  const homes: Homes = Object.fromEntries(
    Map.groupBy(keys, ({ arn }) => parseArn(arn)?.account ?? '')
      .entries()
      .filter(([account]) => account !== lab && account !== partner),
  );
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)] as const;
  let asked: Asked;

  beforeAll(async () => {
    asked = await askDuckDB(homes, async (folder) => {
      const streams = (fleet.history?.streams ?? []).filter(({ account }) => homes[account]);
      const part = { ...fleet, history: { until: new Date('2026-11-25T12:20:00Z'), streams } };
      await writeLogFiles(part, folder, { from, to });
      await rename(join(folder, demoTrailBucket), join(folder, 'amzn-s3-demo-bucket'));
    });
    return () => rm(asked.root, { recursive: true });
  }, 240_000);

  it.each(Object.entries(homes))(
    'has in its log files what LookupEvents shows of %s',
    async (home, watched) => {
      const regions = new Set(watched.map(({ arn }) => parseArn(arn)?.region ?? ''));
      const events = [...regions].flatMap((region) =>
        eventsBetween(streamsAt(fleet, home, region), from, to),
      );
      const expected = countOneByOne(events, watched);
      const readings = await asked.read(home);
      for (const { arn } of watched) {
        const ofRegion = events.filter(({ awsRegion }) => awsRegion === parseArn(arn)?.region);
        expect(toMissedHours(readings.get(arn)?.gaps ?? [])).toEqual(toQuietHours(ofRegion));
        expect(toComparable(readings.get(arn)?.days ?? new Map())).toEqual(toComparable(expected.get(arn)));
      }
      expect(watched.some(({ arn }) => expected.get(arn).size > 0)).toBe(true);
    },
  );
});
