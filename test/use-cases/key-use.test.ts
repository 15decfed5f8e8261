/** Who used the keys, by Athena: what is asked, and what is read where it answers, fails, or was never asked. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { toHistory } from '../../shared/activity/history.ts';
import type { EventGap } from '../../shared/evidence/events.ts';
import type { RunStart } from '../../shared/evidence/run.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toHistoryName, toRunNames } from '../../shared/store/names.ts';
import { type Store, writeObject } from '../../shared/store/store.ts';
import { type KeyUseStep, nextKeyUseQuery } from '../../shared/use-cases/collect-key-use.ts';
import { collectFromTallies, type Files } from '../../shared/use-cases/read-key-use.ts';
import { toHourRows } from '../collect/cloudtrail/kept-hours.ts';

const run = '2026-11-25T020000Z';
const now = '2026-11-25T02:00:09.250Z';
const to = '2026-11-25T02:00:09.000Z';
const deployed = { table: 'keyward.trail', bucket: 'runs' };
/** A run that asks for the use of a week. */
const start: RunStart = {
  id: run,
  startedAt: '2026-11-25T02:00:03.000Z',
  version: '1',
  partition: 'aws',
  caller: 'arn:aws:iam::111122223333:role/keyward',
  accounts: [],
  regions: 'all',
  events: {
    changesFrom: '2026-11-18T00:00:00.000Z',
    use: { source: 'athena', from: '2026-11-18T00:00:00.000Z' },
  },
};
const openRun = async (more: Partial<RunStart> = {}) => {
  const store = createMemoryStore();
  await writeObject(store, toRunNames(run).accounts, { ...start, ...more });
  return store;
};
const home = '111122223333';
const region = 'eu-central-1';
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = `arn:aws:kms:${region}:${home}:key/${keyId}`;
const wanted = { from: '2026-11-24T00:00:00.000Z', to };

const want = (store: Store, account: string, key: string, inRegion = region) =>
  store.put(
    toRunNames(run).wanted(account, inRegion, key, `arn:aws:eks:${inRegion}:${account}:cluster/c`),
    '{}',
  );

/** A key's history as a night leaves it. */
const remember = (
  store: Store,
  account: string,
  key: string,
  from: string,
  collectedAt: string,
  gaps: EventGap[] = [],
) => {
  const use = { source: 'athena' as const, from, to: collectedAt, gaps, days: new Map() };
  const name = toHistoryName({ account, region, name: key });
  return writeObject(
    store,
    name,
    toHistory(undefined, { use }, { key: arn, collectedAt, retentionDays: 90 }),
  );
};

const askNext = (store: Store, step: KeyUseStep = {}) => nextKeyUseQuery(store, run, deployed, step, now);
/** All queries of a run, each answered. */
const askAll = async (store: Store, ended: NonNullable<KeyUseStep['ended']> = succeeded) => {
  const queries: string[] = [];
  let next = await askNext(store);
  while (!next.isDone) {
    queries.push(next.query);
    next = await askNext(store, { next, ended });
  }
  return queries;
};
const succeeded = {
  QueryExecution: { Status: { State: 'SUCCEEDED' as const }, Statistics: { DataScannedInBytes: 5 } },
};
const getDays = (query: string | undefined) => /day BETWEEN '(.*)' AND '(.*)'/.exec(query ?? '')?.slice(1);

describe('What Athena is asked', () => {
  it('is nothing where no cluster names a key', async () => {
    expect(await askNext(await openRun())).toEqual({ isDone: true });
  });

  it('is nothing where the run does not ask', async () => {
    const store = await openRun({ events: { changesFrom: '2026-11-18T00:00:00.000Z' } });
    await want(store, home, keyId);
    expect(await askNext(store)).toEqual({ isDone: true });
  });

  it('goes back as far as the first night may for a key without a history', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    expect((await askAll(store)).map(getDays)).toEqual([['2026/11/18', '2026/11/25']]);
  });

  it('leaves out the days that the history holds whole', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    await remember(store, home, keyId, '2026-11-17T00:00:00.000Z', '2026-11-24T02:05:00.000Z');
    expect((await askAll(store)).map(getDays)).toEqual([['2026/11/24', '2026/11/25']]);
  });

  it('goes back to the first day that has a gap, or was read too early', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    const from = '2026-11-22T03:00:00.000Z';
    const gap: EventGap = { from, to: '2026-11-22T04:00:00.000Z', reason: 'throttled', what: 'an hour' };
    await remember(store, home, keyId, '2026-11-17T00:00:00.000Z', '2026-11-24T02:05:00.000Z', [gap]);
    expect((await askAll(store)).map(getDays)).toEqual([['2026/11/22', '2026/11/25']]);
  });

  it('is asked apart of homes that lack other days, so that one new key costs no second look at all others', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    await remember(store, home, keyId, '2026-11-17T00:00:00.000Z', '2026-11-24T02:05:00.000Z');
    await want(store, '444455556666', keyId);
    const queries = await askAll(store);
    expect(queries.map(getDays)).toEqual([
      ['2026/11/24', '2026/11/25'],
      ['2026/11/18', '2026/11/25'],
    ]);
    expect(queries[0]).toContain(`account IN ('${home}')`);
  });

  it('is of the Regions of the keys, and of all where a key may have relatives or is known by an alias', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    await want(store, home, keyId, 'eu-west-1');
    expect((await askAll(store))[0]).toContain("region IN ('eu-central-1', 'eu-west-1')");
    for (const name of ['mrk-1234abcd12ab34cd56ef1234567890ab', 'alias/eks']) {
      const other = await openRun();
      await want(other, home, name);
      expect((await askAll(other))[0]).not.toContain('region IN');
    }
  });

  it('takes whatever an ARN holds for a name that is not known, and never for SQL', async () => {
    const store = await openRun();
    await want(store, home, "x') OR ('' = '");
    const [query] = await askAll(store);
    expect(query).not.toContain("x')");
    expect(query).toContain(`OR account IN ('${home}')`.slice(3));
  });

  it('of a home with an alias goes by the histories that are kept up, not by those of keys that are gone', async () => {
    const store = await openRun();
    await want(store, home, 'alias/eks');
    await remember(store, home, 'gone', '2026-08-17T00:00:00.000Z', '2026-08-24T02:05:00.000Z');
    expect((await askAll(store)).map(getDays)).toEqual([['2026/11/18', '2026/11/25']]);
    const later = await openRun();
    await want(later, home, 'alias/eks');
    await remember(later, home, 'gone', '2026-08-17T00:00:00.000Z', '2026-08-24T02:05:00.000Z');
    await remember(later, home, keyId, '2026-11-17T00:00:00.000Z', '2026-11-24T02:05:00.000Z');
    expect((await askAll(later)).map(getDays)).toEqual([['2026/11/24', '2026/11/25']]);
  });

  it('is never longer than Step Functions tells of a failure, nor of more homes than Athena takes', async () => {
    const store = await openRun();
    for (let index = 0; index < 1_200; index += 1) await want(store, String(100_000_000_000 + index), keyId);
    const queries = await askAll(store);
    expect(queries.length).toBeGreaterThan(2);
    for (const query of queries) expect(query.length).toBeLessThan(30_000);
    const accounts = queries.flatMap((query) => /account IN \((.*)\)/.exec(query)?.[1]?.split(', ') ?? []);
    expect(new Set(accounts).size).toBe(1_200);
    expect(accounts).toHaveLength(1_200);
  });

  it('stays what it was when a step is done again, but for where the answer goes', async () => {
    const store = await openRun();
    await want(store, home, keyId);
    const first = await askNext(store);
    await want(store, '444455556666', keyId);
    const again = await askNext(store);
    if (first.isDone || again.isDone) throw new Error('there was a query to ask');
    const withoutAnswer = (query: string) => query.replace(/\) TO '.*'/, '');
    expect(withoutAnswer(again.query)).toBe(withoutAnswer(first.query));
    expect(again.query).not.toBe(first.query);
  });
});

const row = {
  account: home,
  region,
  is_use: true,
  key_name: arn,
  operation: 'Decrypt',
  context: '{}',
  outcome: 'success',
  caller_type: 'AWSService',
  caller_service: 'eks.amazonaws.com',
  calls: 3,
  first_at: '2026-11-24T01:00:00Z',
  last_at: '2026-11-24T02:00:00Z',
  events: ['a'],
  sources: ['eks.amazonaws.com'],
  agents: ['eks.amazonaws.com'],
};

/** What Athena wrote, by the ends of its names. */
const serve = (...contents: (Uint8Array | object[])[]): Files => ({
  list: async function* (prefix) {
    expect(prefix).toMatch(new RegExp(`^runs/${run}/key-use/0/[0-9a-f-]{36}/bucket=${Number(home) % 64}/$`));
    for (const index of contents.keys()) yield `${prefix}${index}`;
  },
  read: async (name) => {
    const content = contents[Number(name.split('/').at(-1))] ?? [];
    return Array.isArray(content)
      ? gzipSync(content.map((each) => `${JSON.stringify(each)}\n`).join(''))
      : content;
  },
});
const nothing = serve();
const askedStore = async (ended?: NonNullable<KeyUseStep['ended']>) => {
  const store = await openRun();
  await want(store, home, keyId);
  const next = await askNext(store);
  if (next.isDone) throw new Error('there was a query to ask');
  if (ended) await askNext(store, { next, ended });
  return store;
};
const read = async (store: Store, files: Files, keys = [{ arn }], ofHome = home) =>
  collectFromTallies(store, files, run, ofHome, keys, wanted);
const asked = { from: '2026-11-18T00:00:00.000Z', to };
const hours = toHourRows({ account: home, region }, asked.from, asked.to);

describe('What is read of Athena', () => {
  it('is a reading of the time that was asked for, from all files of the bucket', async () => {
    const files = serve([row, ...hours], [{ ...row, caller_service: 'backup.amazonaws.com' }]);
    const reading = (await read(await askedStore(succeeded), files)).get(arn);
    expect(reading).toMatchObject({ source: 'athena', ...asked, askedAt: to, gaps: [] });
    expect(reading?.days.get('2026-11-24')?.uses.map(({ principal, count }) => [principal, count])).toEqual([
      ['eks.amazonaws.com', 3],
      ['backup.amazonaws.com', 3],
    ]);
  });

  it('folds rows of one kind that Athena told apart', async () => {
    const [a, b] = ['{"a":"1","b":"2"}', '{"b":"2","a":"1"}'];
    const files = serve(
      [{ ...row, context: a }],
      [{ ...row, context: b, events: ['z'], last_at: '2026-11-24T03:00:00Z' }],
    );
    const reading = (await read(await askedStore(succeeded), files)).get(arn);
    expect(reading?.days.get('2026-11-24')?.uses).toMatchObject([
      { count: 6, last: '2026-11-24T03:00:00.000Z', events: ['a', 'z'] },
    ]);
  });

  it('finds a key that was named by its alias', async () => {
    const files = serve([{ ...row, key_name: 'alias/eks', outcome: 'AccessDenied' }]);
    const keys = [{ arn, aliases: ['alias/eks'] }];
    const reading = (await read(await askedStore(succeeded), files, keys)).get(arn);
    expect(reading?.days.get('2026-11-24')?.uses).toHaveLength(1);
  });

  it('is no use, and no gap, where the trail tells of every hour and of no use', async () => {
    const reading = (await read(await askedStore(succeeded), serve(hours))).get(arn);
    expect(reading).toMatchObject({ gaps: [], days: new Map() });
  });

  it('is a gap where the trail was off, though it tells of use before and after', async () => {
    const off = ['2026-11-24T20', '2026-11-24T21', '2026-11-24T22'];
    const files = serve([row, ...hours.filter(({ event_hour }) => !off.includes(event_hour))]);
    const reading = (await read(await askedStore(succeeded), files)).get(arn);
    expect(reading?.days.get('2026-11-24')?.uses).toHaveLength(1);
    expect(reading?.gaps).toEqual([
      {
        from: '2026-11-24T20:00:00.000Z',
        to: '2026-11-24T23:00:00.000Z',
        reason: 'incomplete-window',
        what: `the trail that Athena reads holds no event of ${home} in ${region}`,
      },
    ]);
  });

  it('is a gap of the days of which the trail kept nothing of KMS', async () => {
    const excluded = hours.map((hour) => ({
      ...hour,
      has_kms: !/-2[34]T/.test(hour.event_hour),
    }));
    const reading = (await read(await askedStore(succeeded), serve(excluded))).get(arn);
    expect(reading?.gaps.map(({ from, what }) => [from.slice(0, 10), what])).toEqual(
      ['2026-11-23', '2026-11-24'].map((day) => [
        day,
        `the trail that Athena reads kept no event of KMS of ${home} in ${region}`,
      ]),
    );
  });

  it('is a gap where the trail holds nothing at all of the Region', async () => {
    const files = serve(hours.map((hour) => ({ ...hour, region: 'eu-west-1' })));
    const reading = (await read(await askedStore(succeeded), files)).get(arn);
    expect(reading?.gaps).toEqual([
      {
        ...asked,
        reason: 'incomplete-window',
        what: `the trail that Athena reads holds no event at all of ${home} in ${region}`,
      },
    ]);
  });

  const toFailed = (reason: string, query = 'UNLOAD …') => ({
    Error: 'States.TaskFailed',
    Cause: JSON.stringify({
      QueryExecution: { Query: query, Status: { State: 'FAILED', StateChangeReason: reason } },
    }),
  });
  it.each<[string, NonNullable<KeyUseStep['ended']>, string, string]>([
    [
      'was cancelled at its limit',
      toFailed('Query cancelled! : Bytes scanned limit was exceeded'),
      'over-budget',
      'Query cancelled! : Bytes scanned limit was exceeded',
    ],
    [
      'may not read the logs',
      toFailed('Access denied when checking location "s3://logs/"\nof data'),
      'access-denied',
      'Access denied when checking location "s3://logs/" of data',
    ],
    ['failed', toFailed('HIVE_BAD_DATA: a row'), 'failed', 'HIVE_BAD_DATA: a row'],
    [
      'may not be begun',
      {
        Error: 'Athena.AccessDeniedException',
        Cause: 'User is not authorized to perform: athena:StartQueryExecution',
      },
      'access-denied',
      'User is not authorized to perform: athena:StartQueryExecution',
    ],
    ['took too long', { Error: 'States.Timeout' }, 'failed', 'States.Timeout'],
    [
      'says why after more than is told',
      { Error: 'States.TaskFailed', Cause: toFailed('x', 'q'.repeat(40_000)).Cause.slice(0, 32_768) },
      'failed',
      'States.TaskFailed',
    ],
  ])('is a gap that says why where the query %s', async (_what, ended, reason, words) => {
    const reading = (await read(await askedStore(ended), nothing)).get(arn);
    expect(reading).toEqual({
      source: 'athena',
      ...asked,
      askedAt: to,
      days: new Map(),
      gaps: [{ ...asked, reason, what: `Athena gave no answer: ${words}` }],
    });
  });

  it('is a gap where nobody noted how the query ended', async () => {
    const reading = (await read(await askedStore(), nothing)).get(arn);
    expect(reading?.gaps).toMatchObject([{ ...asked, reason: 'failed' }]);
  });

  it('is a gap of the time that was wanted where Athena was not asked of the home', async () => {
    for (const store of [await openRun(), await askedStore(succeeded)]) {
      const reading = (await read(store, nothing, [{ arn }], '999988887777')).get(arn);
      expect(reading?.gaps).toMatchObject([{ ...wanted, reason: 'failed' }]);
    }
  });

  it.each<[string, Files]>([
    ['a file that is cut off', serve([row], gzipSync(JSON.stringify(row)).subarray(0, 40))],
    ['a line that is no JSON', serve(gzipSync(`${home} nonsense`))],
    ['a row of another shape', serve([{ ...row, calls: 'many' }])],
  ])('is a gap, and half a tally of nothing, with %s', async (_what, files) => {
    const reading = (await read(await askedStore(succeeded), files)).get(arn);
    expect(reading?.days.size).toBe(0);
    expect(reading?.gaps).toMatchObject([{ ...asked, reason: 'failed' }]);
    expect(reading?.gaps[0]?.what).toContain('the answer of Athena could not be read');
  });
});
