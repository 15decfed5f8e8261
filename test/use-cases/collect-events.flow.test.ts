import { describe, expect, it } from 'vitest';
import { demoFleet } from '../../sandbox/fleets/demo.ts';
import { regionEvidence } from '../../shared/evidence/cluster.ts';
import { type KeyHistory, keyHistory } from '../../shared/evidence/events.ts';
import { toKeyReference } from '../../shared/evidence/key-reference.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { toNow } from '../../shared/runtime/clock.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { historyPrefix, toHistoryName, toRunNames } from '../../shared/store/names.ts';
import { readObject, type Store } from '../../shared/store/store.ts';
import { collectClusters } from '../../shared/use-cases/collect-clusters.ts';
import { collectEvents } from '../../shared/use-cases/collect-events.ts';
import { openHome } from '../../shared/use-cases/collect-keys.ts';
import { listAccounts } from '../../shared/use-cases/list-accounts.ts';
import { createSubjectReader } from '../../shared/use-cases/subjects.ts';
import { serveFleet, type Weather } from './scan-fleet.ts';

const settings = settingsShape.parse({});
const signal = new AbortController().signal;
const home = '888899990000';
const region = 'eu-central-1';
const hour = 3_600_000;

/** Reads one cluster of the demo and its key; gives the run, and a way to read the key's events. */
const openNight = async (weather: Weather = {}, cluster = 'data-lake') => {
  const fleet = demoFleet(new Date());
  // With an account's other events, it would depend on the time of day in which way the key's are looked up.
  const { history } = fleet;
  const key = findKey(cluster);
  if (history) history.streams = history.streams.filter(({ keyArn }) => keyArn === key);
  const sandbox = await serveFleet(fleet, weather);
  const store = createMemoryStore();
  const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
  let runs = 0;
  const readNight = async (sinceHours: number, into: Store = store, isLate?: () => boolean) => {
    runs += 1;
    const startedAt = toNow();
    const changesFrom = new Date(Date.parse(startedAt) - sinceHours * hour).toISOString();
    const events = { changesFrom, use: { source: 'lookup-events' as const, from: changesFrom } };
    const asked = {
      run: `run-${runs}`,
      startedAt,
      accounts: [home],
      regions: [region],
      clusters: cluster,
      events,
      settings,
    };
    const start = await listAccounts(into, aws, asked, signal);
    await collectClusters(into, aws, start, home, [], signal, () => {});
    await openHome(into, aws, start, home, signal).finish();
    const read = () => collectEvents(into, aws, start, home, settings, signal, { isLate });
    return { start, read, isDone: await read() };
  };
  return { fleet, sandbox, store, readNight };
};

const findKey = (cluster = 'data-lake'): string => {
  const found = demoFleet(new Date()).clusters.find(({ name }) => name === cluster);
  return found?.encryptionConfig?.[0]?.provider?.keyArn ?? '';
};

const readHistories = async (store: Store): Promise<KeyHistory[]> => {
  const histories: KeyHistory[] = [];
  for await (const name of store.list(historyPrefix)) {
    const history = await readObject(store, name, keyHistory);
    if (history) histories.push(history);
  }
  return histories;
};

describe('The events of a home', () => {
  it('become the histories of its keys, by UTC day, and are not read again by a second call of the run', async () => {
    const { sandbox, store, readNight } = await openNight();
    const { read, isDone } = await readNight(6);
    expect(isDone).toBe(true);
    const [history, ...others] = await readHistories(store);
    expect(others).toEqual([]);
    const uses = Object.values(history?.days ?? {}).flatMap(({ use }) => use?.items ?? []);
    expect(uses.map(({ principal }) => principal)).toContain('eks.amazonaws.com');
    const count = () => sandbox.requests.counts.get('cloudtrail:LookupEvents') ?? 0;
    const asked = count();
    expect(asked).toBeGreaterThan(0);
    expect(await read()).toBe(true);
    expect(count()).toBe(asked);
  });

  it('of a run that another one came in between of are all read', async () => {
    const { store, readNight } = await openNight();
    const { read } = await readNight(3);
    const [name = ''] = await Array.fromAsync(store.list(historyPrefix));
    const stored = await readObject(store, name, keyHistory);
    // The other run asked who changed the key, and no more.
    const days = Object.fromEntries(
      Object.entries(stored?.days ?? {}).map(([day, { changes }]) => [day, { changes }]),
    );
    await store.put(name, JSON.stringify({ ...stored, days, run: 'another', collectedAt: toNow() }));
    await read();
    const [history] = await readHistories(store);
    expect(Object.values(history?.days ?? {}).every(({ use }) => use !== undefined)).toBe(true);
  });

  it('wait for another call where time runs out, and nothing is written then', async () => {
    const { store, readNight } = await openNight();
    expect((await readNight(6, store, () => true)).isDone).toBe(false);
    expect(await readHistories(store)).toEqual([]);
  });

  it.each([
    ['is corrupt', '{"key":'],
    ['is of another version', '{"key":"a","collectedAt":"b","days":{"2026-11-20":{"use":{"newer":true}}}}'],
  ])('are left alone where their history %s, and the key’s facts say so', async (_what, body) => {
    const { store, readNight } = await openNight();
    const name = toHistoryName(toKeyReference(findKey(), ''));
    await store.put(name, body);
    const { start, isDone } = await readNight(3);
    expect(isDone).toBe(true);
    expect((await store.get(name))?.body).toBe(body);
    const readSubjects = await createSubjectReader(store, start.id);
    const found = await readObject(store, toRunNames(start.id).clusters(home, region), regionEvidence);
    const [cluster] = found?.clusters ?? [];
    if (!found || !cluster) throw new Error('no cluster');
    const [{ facts }] = await readSubjects(found, cluster);
    const unread = { unknown: 'failed', detail: expect.stringContaining('can’t be read') };
    expect([facts['key.use'], facts['key.changes']]).toMatchObject([unread, unread]);
    expect(facts['key.metadata']).toHaveProperty('value');
  });

  it('that nobody may look up are gaps with the reason', async () => {
    const { store, readNight } = await openNight({
      faults: [{ kind: 'access-denied', service: 'cloudtrail', operation: 'LookupEvents' }],
    });
    await readNight(6);
    const [history] = await readHistories(store);
    for (const { use, changes } of Object.values(history?.days ?? {}))
      expect([use?.gaps[0]?.reason, changes?.gaps[0]?.reason]).toEqual(['access-denied', 'access-denied']);
  });
});
