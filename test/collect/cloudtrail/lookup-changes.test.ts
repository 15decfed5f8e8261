import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reading } from '../../../shared/activity/history.ts';
import { collectKeyChanges } from '../../../shared/collect/cloudtrail/lookup-changes.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import {
  at,
  keyArn,
  otherArn,
  serveEventHistory,
  type Trouble,
  toError,
  toKey,
  toRecord,
  toRecords,
  window,
} from './serve-event-history.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(window.to), toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const ordinaryNames = [
  'PutKeyPolicy',
  'CreateGrant',
  'RevokeGrant',
  'RetireGrant',
  'DisableKey',
  'EnableKey',
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
  'DisableKeyRotation',
];

const read = async (
  records: Parameters<typeof serveEventHistory>[0],
  {
    keys = [toKey(keyArn)],
    during = window,
    budget = 100,
    trouble,
  }: {
    keys?: ReturnType<typeof toKey>[];
    during?: typeof window;
    budget?: number;
    trouble?: Trouble;
  } = {},
) => {
  const { reader, asked, interruption } = await serveEventHistory(records, trouble);
  const readings = await collectKeyChanges(reader, keys, during, budget);
  const names = asked.map(({ value }) => value);
  return { readings, reading: readings.get(keys[0]?.arn ?? ''), asked, names, interruption };
};

const toChanges = (reading: Reading | undefined) =>
  [...(reading?.days.values() ?? [])].flatMap(({ changes }) => changes);

describe('The changes of keys', () => {
  const without = (...names: string[]) => ordinaryNames.filter((name) => !names.includes(name));
  it.each<[string, ReturnType<typeof toKey>, string[]]>([
    ['an ordinary key', toKey(keyArn), ordinaryNames],
    [
      'imported material',
      toKey(keyArn, { Origin: 'EXTERNAL' }),
      [...without('DisableKeyRotation'), 'ImportKeyMaterial', 'DeleteImportedKeyMaterial'],
    ],
    [
      'a multi-Region key',
      toKey(keyArn, { MultiRegion: true }),
      [...ordinaryNames, 'ReplicateKey', 'UpdatePrimaryRegion'],
    ],
    [
      'a key of a custom key store',
      toKey(keyArn, { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1' }),
      [
        ...without('DisableKeyRotation'),
        'DisconnectCustomKeyStore',
        'DeleteCustomKeyStore',
        'UpdateCustomKeyStore',
      ],
    ],
    [
      'a key whose policy looks at aliases',
      { ...toKey(keyArn), aliases: toKnown(['alias/a']) },
      [...ordinaryNames, 'CreateAlias', 'UpdateAlias', 'DeleteAlias'],
    ],
    [
      'a key of which nothing is known',
      { ...toKey(keyArn), metadata: toUnknown('access-denied', 'no') },
      [
        ...ordinaryNames,
        'ImportKeyMaterial',
        'DeleteImportedKeyMaterial',
        'ReplicateKey',
        'UpdatePrimaryRegion',
      ],
    ],
  ])('are asked for by the names that %s can meet, once each', async (_, key, names) => {
    const { names: asked, reading } = await read([], { keys: [key] });
    expect(asked.sort()).toEqual([...names].sort());
    expect(reading).toEqual({ source: 'lookup-events', ...window, gaps: [], days: new Map() });
  });

  it('are asked for once, however many keys there are, and told to the key that they are about', async () => {
    const store = { customKeyStoreId: 'cks-1' };
    const { readings, names } = await read(
      [
        toRecord('PutKeyPolicy', at(100), { requestParameters: { keyId: keyArn, policy: '{}' } }),
        toRecord('DisableKey', at(200), {}, otherArn),
        toRecord('DisconnectCustomKeyStore', at(300), { resources: null, requestParameters: store }),
        // Lambda has aliases, too.
        toRecord('CreateGrant', at(400), { eventSource: 'lambda.amazonaws.com' }),
      ],
      { keys: [toKey(keyArn), toKey(otherArn, { CustomKeyStoreId: 'cks-1' })] },
    );
    expect(new Set(names).size).toBe(names.length);
    expect(toChanges(readings.get(keyArn))).toMatchObject([{ name: 'PutKeyPolicy', policy: '{}' }]);
    expect(toChanges(readings.get(otherArn))).toMatchObject([
      { name: 'DisableKey', time: at(200) },
      { name: 'DisconnectCustomKeyStore', time: at(300) },
    ]);
  });

  it('are read page by page, and each counts once where pages overlap', async () => {
    const grants = toRecords(120, 'CreateGrant', 60);
    const again = grants.slice(40, 60);
    const { reading, names } = await read([...grants, ...again]);
    expect(names.filter((name) => name === 'CreateGrant')).toHaveLength(3);
    const changes = toChanges(reading);
    expect(changes).toHaveLength(120);
    expect(changes.map(({ time }) => time)).toEqual(changes.map(({ time }) => time).sort());
    expect(reading?.gaps).toEqual([]);
  });
});

describe('A budget', () => {
  it('leaves a name that is noisy what the others do not need', async () => {
    const quiet = toRecord('ScheduleKeyDeletion', at(10), { requestParameters: { pendingWindowInDays: 7 } });
    const { reading, asked } = await read([...toRecords(700, 'CreateGrant', 60), quiet], { budget: 12 });
    expect(asked).toHaveLength(12);
    const changes = toChanges(reading);
    expect(changes.filter(({ name }) => name === 'ScheduleKeyDeletion')).toHaveLength(1);
    // Nine names, so three more pages: 200 grants, the newest.
    expect(changes.filter(({ name }) => name === 'CreateGrant')).toHaveLength(200);
    const oldest = changes.find(({ name }) => name === 'CreateGrant')?.time ?? '';
    const readFrom = new Date(Date.parse(oldest) + 1000).toISOString();
    expect(reading?.gaps).toEqual([
      {
        from: window.from,
        to: readFrom,
        reason: 'over-budget',
        what: `CreateGrant before ${readFrom}: the budget of 12 requests was spent`,
      },
    ]);
  });

  it('is shared by noisy names evenly', async () => {
    const records = [...toRecords(700, 'CreateGrant', 60), ...toRecords(700, 'RetireGrant', 60)];
    const { names, reading } = await read(records, { budget: 15 });
    expect(names.filter((name) => name === 'CreateGrant')).toHaveLength(4);
    expect(names.filter((name) => name === 'RetireGrant')).toHaveLength(4);
    expect(reading?.gaps).toHaveLength(1);
    expect(reading?.gaps[0]?.what).toMatch(/^CreateGrant, RetireGrant before /);
  });

  it('too small for all names leaves the rest of them unread', async () => {
    const { reading, asked } = await read([], { budget: 2 });
    expect(asked).toHaveLength(2);
    const what = `${ordinaryNames.slice(2).join(', ')} before ${window.to}: the budget of 2 requests was spent`;
    expect(reading?.gaps).toEqual([{ ...window, reason: 'over-budget', what }]);
  });
});

describe('Trouble', () => {
  it.each([
    ['AccessDeniedException', 'access-denied'],
    ['UnknownOperationException', 'unsupported'],
    ['ThrottlingException', 'throttled'],
  ] as const)('%s is met once, and leaves all unread', async (name, reason) => {
    const { reading, asked } = await read([], { trouble: () => toError(name) });
    expect(asked).toHaveLength(1);
    const what = `events before ${window.to}: ${name}: so it is`;
    expect(reading).toEqual({
      source: 'lookup-events',
      ...window,
      gaps: [{ ...window, reason, what }],
      days: new Map(),
    });
  });

  it.each(['AccessDeniedException', 'ThrottlingException'])(
    '%s in the midst keeps what was read, and asks no more',
    async (name) => {
      const records = [...toRecords(700, 'CreateGrant', 60), toRecord('DisableKey', at(5))];
      const { reading, asked } = await read(records, {
        trouble: (_, count) => (count > 10 ? toError(name) : undefined),
      });
      expect(asked.length).toBe(11);
      const changes = toChanges(reading);
      expect(changes.filter((change) => change.name === 'CreateGrant')).toHaveLength(100);
      expect(changes.filter((change) => change.name === 'DisableKey')).toHaveLength(1);
      expect(reading?.gaps).toMatchObject([
        { from: window.from, what: expect.stringMatching(/^CreateGrant before /) },
      ]);
    },
  );

  it.each(['InvalidNextTokenException', 'InternalError'])(
    '%s ends the look-up that met it, and no other',
    async (name) => {
      const records = [...toRecords(120, 'CreateGrant', 60), ...toRecords(120, 'RetireGrant', 60)];
      const { reading } = await read(records, {
        trouble: ({ value, isFirst }) => (value === 'CreateGrant' && !isFirst ? toError(name) : undefined),
      });
      const changes = toChanges(reading);
      expect(changes.filter((change) => change.name === 'CreateGrant')).toHaveLength(50);
      expect(changes.filter((change) => change.name === 'RetireGrant')).toHaveLength(120);
      expect(reading?.gaps).toMatchObject([
        { reason: 'failed', what: expect.stringMatching(/^CreateGrant before /) },
      ]);
    },
  );

  it('that is an interruption keeps what was read', async () => {
    const { reader, asked, interruption } = await serveEventHistory(
      toRecords(700, 'CreateGrant', 60),
      (_, count) => {
        if (count === 11) interruption.abort();
        return undefined;
      },
    );
    const reading = (await collectKeyChanges(reader, [toKey(keyArn)], window, 100)).get(keyArn);
    expect(asked).toHaveLength(11);
    expect(toChanges(reading)).toHaveLength(100);
    expect(reading?.gaps).toMatchObject([
      { reason: 'failed', what: expect.stringMatching(/interrupted before this was read$/) },
    ]);
  });
});

describe('An event that can’t be read', () => {
  const toGap = (what: string) => ({ from: at(50), to: at(51), reason: 'failed', what });

  it.each([
    [
      'is no JSON',
      { text: '{"requestParameters":{"policy":"secret' },
      /^1 DisableKey could not be read: Error: the record is no JSON$/,
    ],
    [
      'lacks what such records have',
      { text: JSON.stringify({ eventSource: 'kms.amazonaws.com', eventName: 'DisableKey' }) },
      /^1 DisableKey could not be read: the answer is not of the documented shape: eventID: /,
    ],
  ])('because its record %s is a gap of its time, of the key that it is about', async (_, broken, what) => {
    const { readings } = await read(
      [{ ...toRecord('DisableKey', at(50)), ...broken }, toRecord('DisableKey', at(60))],
      { keys: [toKey(keyArn), toKey(otherArn)] },
    );
    expect(readings.get(keyArn)?.gaps).toEqual([{ ...toGap(''), what: expect.stringMatching(what) }]);
    expect(toChanges(readings.get(keyArn))).toHaveLength(1);
    expect(readings.get(otherArn)?.gaps).toEqual([]);
  });

  it('and names no key is a gap of every key', async () => {
    const { readings } = await read([{ ...toRecord('DisableKey', at(50)), resources: [], text: '' }], {
      keys: [toKey(keyArn), toKey(otherArn)],
    });
    const gaps = [toGap('1 DisableKey could not be read: Error: the record is no JSON')];
    expect([...readings.values()].map((reading) => reading.gaps)).toEqual([gaps, gaps]);
  });

  it('is counted with others of its name and day', async () => {
    const broken = [50, 70, 90].map((seconds) => ({ ...toRecord('DisableKey', at(seconds)), text: 'no' }));
    const { reading } = await read(broken);
    expect(reading?.gaps).toEqual([
      { ...toGap('3 DisableKey could not be read: Error: the record is no JSON'), to: at(91) },
    ]);
  });

  it('because another service has a call of that name is none', async () => {
    const { reading } = await read([
      { ...toRecord('CreateGrant', at(50), { eventSource: 'lambda.amazonaws.com' }), text: 'no' },
    ]);
    expect(reading?.gaps).toEqual([]);
  });
});

describe('What CloudTrail keeps no more', () => {
  const toAgo = (days: number) => new Date(Date.parse(window.to) - days * 86_400_000).toISOString();

  it('is a gap of a window that begins before it', async () => {
    const { reading, asked } = await read([toRecord('DisableKey', at(50))], {
      during: { from: toAgo(100), to: window.to },
    });
    expect(reading?.gaps).toEqual([
      { from: toAgo(100), to: toAgo(90), reason: 'unsupported', what: 'LookupEvents goes back 90 days' },
    ]);
    expect(toChanges(reading)).toHaveLength(1);
    expect(new Set(asked.map(({ startTime }) => startTime))).toEqual(new Set([undefined]));
  });

  it('shortens a window that began a little earlier', async () => {
    const { reading } = await read([], { during: { from: toAgo(90.1), to: window.to } });
    expect(reading).toMatchObject({ from: toAgo(90), to: window.to, gaps: [] });
  });

  it('is not asked for', async () => {
    const during = { from: toAgo(100), to: toAgo(95) };
    const { reading, asked } = await read([], { during });
    expect(asked).toEqual([]);
    expect(reading?.gaps).toEqual([
      { ...during, reason: 'unsupported', what: 'LookupEvents goes back 90 days' },
    ]);
  });
});
