/** A night of the service whose use of keys is Athena's to tell: from its question to the histories. */
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { demoFleet } from '../../sandbox/fleets/demo.ts';
import { keyHistory } from '../../shared/evidence/events.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { toNow } from '../../shared/runtime/clock.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toHistoryPrefix } from '../../shared/store/names.ts';
import { readObject } from '../../shared/store/store.ts';
import { collectClusters } from '../../shared/use-cases/collect-clusters.ts';
import { collectHome } from '../../shared/use-cases/collect-home.ts';
import { nextKeyUseQuery } from '../../shared/use-cases/collect-key-use.ts';
import { listAccounts } from '../../shared/use-cases/list-accounts.ts';
import type { Files } from '../../shared/use-cases/read-key-use.ts';
import { toHourRows } from '../collect/cloudtrail/kept-hours.ts';
import { serveFleet } from './scan-fleet.ts';

const settings = settingsShape.parse({});
const signal = new AbortController().signal;
const home = '888899990000';
const region = 'eu-central-1';
const run = 'a-night';
const deployed = { table: 'keyward.trail', bucket: 'runs' };

const runNight = async (answer: (keyName: string) => object[]) => {
  const sandbox = await serveFleet(demoFleet(new Date()), {});
  const store = createMemoryStore();
  const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
  const startedAt = toNow();
  const from = `${startedAt.slice(0, 10)}T00:00:00.000Z`;
  const events = { changesFrom: from, use: { source: 'athena' as const, from } };
  const targets = { accounts: [home], regions: [region], clusters: 'data-lake' };
  const start = await listAccounts(store, aws, { run, startedAt, ...targets, events, settings }, signal);
  await collectClusters(store, aws, start, home, [], signal, () => {});
  const next = await nextKeyUseQuery(store, run, deployed, {}, toNow());
  if (next.isDone) throw new Error('a cluster names a key');
  const [, keyId = ''] = /IN \('([0-9a-f-]{36})'\)/.exec(next.query) ?? [];
  const ended = { QueryExecution: { Status: { State: 'SUCCEEDED' as const } } };
  expect(await nextKeyUseQuery(store, run, deployed, { next, ended }, toNow())).toEqual({ isDone: true });
  const rows = answer(`arn:aws:kms:${region}:${home}:key/${keyId}`);
  const files: Files = {
    list: async function* (prefix) {
      yield `${prefix}a.gz`;
    },
    read: async () => gzipSync(rows.map((row) => JSON.stringify(row)).join('\n')),
  };
  expect(await collectHome(store, aws, start, home, [], settings, signal, undefined, files)).toBe(true);
  const histories = [];
  for await (const name of store.list(toHistoryPrefix(home)))
    histories.push(await readObject(store, name, keyHistory));
  return { sandbox, histories, day: from.slice(0, 10) };
};

it('What Athena told of a key is its use of those days, and its changes are still looked up', async () => {
  const { sandbox, histories, day } = await runNight((key_name) => [
    {
      account: home,
      region,
      is_use: true,
      key_name,
      operation: 'Decrypt',
      context: '{"aws:eks:context":"told by Athena"}',
      outcome: 'success',
      caller_type: 'AWSService',
      caller_service: 'eks.amazonaws.com',
      calls: 7,
      first_at: `${toNow().slice(0, 10)}T00:00:00Z`,
      last_at: `${toNow().slice(0, 10)}T00:00:00Z`,
      events: ['a'],
      sources: ['eks.amazonaws.com'],
      agents: ['eks.amazonaws.com'],
    },
    ...toHourRows({ account: home, region }, `${toNow().slice(0, 10)}T00:00:00Z`, toNow()),
  ]);
  expect(histories).toHaveLength(1);
  expect(histories[0]?.days[day]).toMatchObject({
    use: {
      source: 'athena',
      gaps: [],
      items: [{ count: 7, context: { 'aws:eks:context': 'told by Athena' } }],
    },
    changes: { source: 'lookup-events', gaps: [] },
  });
  const { counts } = sandbox.requests;
  expect(counts.get('cloudtrail:LookupEvents')).toBeGreaterThan(0);
});

it('A trail that tells nothing of the key’s Region leaves a gap in its history', async () => {
  const { histories, day } = await runNight(() => []);
  expect(histories[0]?.days[day]?.use).toMatchObject({
    items: [],
    gaps: [{ reason: 'incomplete-window', what: expect.stringContaining(`no event at all of ${home}`) }],
  });
});
