/**
 * Same events in, same tallies out: the query, translated from Athena's SQL to DuckDB's and run there on log files,
 * against the very records of those files counted one by one.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Reading } from '../../shared/activity/history.ts';
import { parseKeyEvents } from '../../shared/activity/key-event.ts';
import { createTally, type WatchedKey } from '../../shared/activity/tally.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import type { Store } from '../../shared/store/store.ts';
import { nextKeyUseQuery } from '../../shared/use-cases/collect-key-use.ts';
import { collectFromTallies } from '../../shared/use-cases/read-key-use.ts';
import { makeTrailFiles, platform, type TrailFile, watched, writeTrailFiles } from './trail-files.ts';

const python = z.string().parse(process.env.EMULATORS_PYTHON);
const run = '2026-11-25T020000Z';
const now = '2026-11-25T02:00:09.250Z';
const window = { from: '2026-11-23T00:00:00.000Z', to: '2026-11-25T02:00:09.000Z' };
const days = ['2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25'];
const deployed = { table: 'keyward.trail', bucket: 'runs', days: 2 };

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

const countOneByOne = (files: readonly TrailFile[], home: string, keys: readonly WatchedKey[]) => {
  const tally = createTally(keys, window);
  for (const { records } of files.filter(({ account }) => account === home))
    for (const record of records) for (const event of parseKeyEvents(record)) tally.add(event);
  return tally;
};

const want = async (store: Store, home: string, keys: readonly WatchedKey[]) => {
  for (const { arn } of keys) {
    const [, , , region = '', , resource = ''] = arn.split(':');
    const cluster = `arn:aws:eks:${region}:${platform}:cluster/c`;
    await store.put(toRunNames(run).wanted(home, region, resource.replace('key/', ''), cluster), '{}');
  }
};

/** Asks as the state machine would, with DuckDB in Athena's place. */
const ask = async (store: Store, logs: string, answer: string) => {
  let records = 0;
  let next = await nextKeyUseQuery(store, run, deployed, {}, now);
  while (!next.isDone) {
    const query = join(answer, 'query.sql');
    await writeFile(query, next.query);
    const ddl = new URL('../../infra/athena/table.sql', import.meta.url).pathname;
    const script = new URL('athena.py', import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(python, [script, query, ddl, logs, answer], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    records += z.object({ records: z.number() }).parse(JSON.parse(stdout)).records;
    const ended = { QueryExecution: { Status: { State: 'SUCCEEDED' as const } } };
    next = await nextKeyUseQuery(store, run, deployed, { next, ended }, now);
  }
  return records;
};

describe.each([1, 2, 3])('The history %i', (seed) => {
  const store = createMemoryStore();
  const files = makeTrailFiles(seed, days, 1500);
  let answer: string;
  let records: number;

  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), 'keyward-athena-'));
    answer = join(root, 'answer');
    await mkdir(answer);
    await writeTrailFiles(join(root, 'logs'), files);
    for (const [home, keys] of Object.entries(watched)) await want(store, home, keys);
    records = await ask(store, join(root, 'logs'), answer);
    return () => rm(root, { recursive: true });
  }, 120_000);

  it('is read whole', () => {
    expect(records).toBe(files.flatMap((file) => file.records).length);
  });

  it('tells no sessions of a role apart', async () => {
    const { list, read } = openFiles(answer);
    const lines: string[] = [];
    for await (const name of list(toRunNames(run).prefix))
      lines.push(
        ...gunzipSync(await read(name))
          .toString()
          .split('\n'),
      );
    expect(lines.filter((line) => line.includes('assumed-role/backup')).length).toBeGreaterThan(10);
    expect(lines.filter((line) => /night|old/.test(line))).toEqual([]);
  });

  it.each(Object.entries(watched))('gives the same tallies of the keys of %s', async (home, keys) => {
    const readings = await collectFromTallies(store, openFiles(answer), run, home, keys, window);
    const expected = countOneByOne(files, home, keys);
    expect([...readings.keys()]).toEqual(keys.map(({ arn }) => arn));
    for (const { arn } of keys) {
      const { days: counted, ...reading } = readings.get(arn) ?? { days: new Map() };
      expect(reading).toEqual({ source: 'athena', ...window, askedAt: window.to, gaps: [] });
      expect(toComparable(counted)).toEqual(toComparable(expected.get(arn)));
      expect(counted.size).toBe(3);
    }
  });
});
