import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reading } from '../../../shared/activity/history.ts';
import { collectKeyUse } from '../../../shared/collect/cloudtrail/lookup-use.ts';
import { toKnown } from '../../../shared/evidence/fact.ts';
import {
  at,
  keyArn,
  otherArn,
  serveEventHistory,
  type Trouble,
  toError,
  toKey,
  toKeyArn,
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

const toKeys = (count: number) =>
  Array.from({ length: count }, (_, index) => toKey(toKeyArn(`key-${String(index).padStart(2, '0')}`)));
const strangerArn = toKeyArn('ffffffff-0000-0000-0000-000000000000');

const read = async (
  records: Parameters<typeof serveEventHistory>[0],
  {
    keys = [toKey(keyArn)],
    budget = 100,
    trouble,
  }: {
    keys?: ReturnType<typeof toKey>[];
    budget?: number;
    trouble?: Trouble;
  } = {},
) => {
  const { reader, asked } = await serveEventHistory(records, trouble);
  const readings = await collectKeyUse(reader, keys, window, budget);
  const count = (key: string) => asked.filter((one) => one.key === key).length;
  return {
    readings,
    reading: readings.get(keys[0]?.arn ?? ''),
    asked,
    passRequests: count('EventSource'),
    keyRequests: count('ResourceName'),
  };
};

const countUses = (reading: Reading | undefined) =>
  [...(reading?.days.values() ?? [])].flatMap(({ uses }) => uses).reduce((sum, { count }) => sum + count, 0);
const toOldest = (reading: Reading | undefined) =>
  [...(reading?.days.values() ?? [])].flatMap(({ uses }) => uses.map(({ first }) => first)).sort()[0] ?? '';
const toLater = (moment: string) => new Date(Date.parse(moment) + 1000).toISOString();

describe('The uses of keys', () => {
  it('that are few are read by one request for all keys', async () => {
    const records = [
      toRecord('Decrypt', at(100), { requestParameters: { encryptionContext: { a: 'b' } } }),
      toRecord('Encrypt', at(200), {}, otherArn),
      toRecord('Decrypt', at(300), {}, strangerArn),
    ];
    const { readings, asked } = await read(records, { keys: [toKey(keyArn), toKey(otherArn)] });
    expect(asked).toMatchObject([{ key: 'EventSource', value: 'kms.amazonaws.com' }]);
    expect([...readings.keys()]).toEqual([keyArn, otherArn]);
    expect(readings.get(keyArn)).toMatchObject({ source: 'lookup-events', ...window, gaps: [] });
    expect(readings.get(keyArn)?.days.get('2026-11-28')?.uses).toMatchObject([
      { operation: 'Decrypt', context: { a: 'b' }, count: 1, kind: 'role' },
    ]);
    expect(countUses(readings.get(otherArn))).toBe(1);
  });

  it('of many quiet keys are read by the pass, with fewer requests than keys', async () => {
    const keys = toKeys(20);
    const records = keys.flatMap(({ arn }) => toRecords(20, 'Decrypt', 2000, arn));
    const { readings, passRequests, keyRequests } = await read(records, { keys });
    expect([passRequests, keyRequests]).toEqual([8, 0]);
    for (const reading of readings.values()) expect([countUses(reading), reading.gaps]).toEqual([20, []]);
  });

  it('of quiet keys among the noise of others are looked up by key', async () => {
    const records = [
      ...toRecords(3000, 'GenerateDataKey', 14, strangerArn),
      ...toRecords(70, 'Decrypt', 600),
      ...toRecords(10, 'Decrypt', 3000, otherArn),
    ];
    const keys = [toKey(keyArn), toKey(otherArn)];
    const { readings, passRequests, keyRequests } = await read(records, { keys, budget: 60 });
    expect([passRequests, keyRequests]).toEqual([1, 3]);
    expect([countUses(readings.get(keyArn)), countUses(readings.get(otherArn))]).toEqual([70, 10]);
    // Refused calls may be listed under no key: the pass alone shows them, and was left.
    for (const { gaps } of readings.values())
      expect(gaps).toMatchObject([{ from: window.from, what: expect.stringContaining('under no key') }]);
  });

  it('of quiet keys among noise that is read in time are read by the pass, which shows refused calls too', async () => {
    const records = [
      ...toRecords(3000, 'GenerateDataKey', 14, strangerArn),
      ...toRecords(70, 'Decrypt', 600),
    ];
    const { reading, passRequests, keyRequests } = await read(records);
    expect([passRequests, keyRequests]).toEqual([62, 1]);
    expect([countUses(reading), reading?.gaps]).toEqual([70, []]);
  });

  it('count once where both ways show them, and as refused where the pass alone does', async () => {
    const refused = toRecord('Decrypt', at(12 * 3600 - 30), {
      resources: null,
      errorCode: 'AccessDenied',
      errorMessage: `User: arn is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no policy allows it`,
    });
    const records = [...toRecords(60, 'Decrypt', 60), ...toRecords(200, 'Encrypt', 60, strangerArn), refused];
    const { reading, passRequests, keyRequests } = await read(records, { budget: 5 });
    expect([passRequests, keyRequests]).toEqual([1, 2]);
    expect(countUses(reading)).toBe(61);
    expect(reading?.days.get('2026-11-28')?.uses.map(({ outcome, count }) => [outcome, count])).toEqual(
      expect.arrayContaining([
        ['success', 60],
        ['AccessDenied', 1],
      ]),
    );
  });

  it('of no keys are not asked for', async () => {
    const { readings, asked } = await read([], { keys: [] });
    expect([readings.size, asked]).toEqual([0, []]);
  });
});

describe('Look-ups by ResourceName that do not find the uses of a key', () => {
  const blind: Trouble = ({ key }) => (key === 'ResourceName' ? { Events: [] } : undefined);

  it('are given up after one where the pass showed a use', async () => {
    const keys = [toKey(otherArn), toKey(keyArn)];
    const { readings, passRequests, keyRequests } = await read(toRecords(300, 'Decrypt', 60), {
      keys,
      trouble: blind,
    });
    expect([passRequests, keyRequests]).toEqual([6, 1]);
    expect(countUses(readings.get(keyArn))).toBe(300);
    for (const { gaps } of readings.values()) expect(gaps).toEqual([]);
  });

  it.each([
    ['knows of a use in the window', 'Decrypt', at(3600), 1, 6],
    // By then CloudTrail may not have delivered it.
    ['knows of a use just now', 'Decrypt', at(12 * 3600 - 60), 1, 0],
    ['knows of a use before the window', 'Decrypt', at(-60), 1, 0],
    ['knows of another kind of use', 'Sign', at(3600), 1, 0],
    ['knows of none', undefined, undefined, 1, 0],
  ])('are given up where KMS %s', async (_, Operation, Timestamp, keyRequests, more) => {
    const key = { ...toKey(keyArn), lastUsage: toKnown({ KeyLastUsage: { Operation, Timestamp } }) };
    const noise = [...toRecords(330, 'Encrypt', 60, strangerArn), toRecord('Decrypt', at(3600))];
    const result = await read(noise, { keys: [key], trouble: blind, budget: more === 0 ? 5 : 100 });
    expect([result.keyRequests, result.passRequests]).toEqual([keyRequests, 1 + more]);
  });
});

describe('Look-ups by ResourceName that find the uses of a key', () => {
  it('are not given up for a page that does not reach back to the use', async () => {
    const noise = toRecords(1000, 'Encrypt', 40, strangerArn);
    const key = {
      ...toKey(keyArn),
      lastUsage: toKnown({ KeyLastUsage: { Operation: 'Decrypt', Timestamp: at(3600) } }),
    };
    const records = [...toRecords(60, 'DescribeKey', 60), toRecord('Decrypt', at(3600)), ...noise];
    const { reading, passRequests, keyRequests } = await read(records, { keys: [key], budget: 10 });
    expect([passRequests, keyRequests, countUses(reading)]).toEqual([1, 2, 1]);
  });

  it('are not given up for a refused call that only the pass shows', async () => {
    const refused = toRecord('Decrypt', at(12 * 3600 - 30), {
      resources: null,
      errorCode: 'AccessDenied',
      errorMessage: `not authorized to perform: kms:Decrypt on resource: ${keyArn}`,
    });
    const records = [...toRecords(1000, 'Encrypt', 40, strangerArn), refused];
    const { reading, passRequests, keyRequests } = await read(records, { budget: 10 });
    expect([passRequests, keyRequests, countUses(reading)]).toEqual([1, 1, 1]);
  });

  it('leave a key whole that they read, though the pass was taken and did not end', async () => {
    const records = [...toRecords(720, 'Decrypt', 59), ...toRecords(10, 'Decrypt', 4000, otherArn)];
    const { readings, passRequests } = await read(records, {
      keys: [toKey(keyArn), toKey(otherArn)],
      budget: 11,
      trouble: ({ value }) => (value === keyArn ? toError('InternalError') : undefined),
    });
    expect(passRequests).toBe(9);
    const [busy, quiet] = [...readings.values()];
    expect(busy?.gaps).toMatchObject([{ reason: 'over-budget', to: toLater(toOldest(busy)) }]);
    expect([countUses(quiet), quiet?.gaps]).toEqual([10, []]);
  });
});

describe('A budget', () => {
  it('that ends before the window leaves a gap before the oldest event', async () => {
    const { reading, asked } = await read(toRecords(2000, 'Decrypt', 20), { budget: 6 });
    expect(asked).toHaveLength(6);
    expect(countUses(reading)).toBeGreaterThanOrEqual(250);
    const readFrom = toLater(toOldest(reading));
    const what = `uses before ${readFrom}: the budget of 6 requests was spent`;
    expect(reading?.gaps).toEqual([{ from: window.from, to: readFrom, reason: 'over-budget', what }]);
  });

  it('is shared by keys, so that a busy one leaves the quiet ones whole', async () => {
    const keys = [toKey(keyArn), ...toKeys(3)];
    const records = [
      ...toRecords(4000, 'Decrypt', 10),
      ...keys.slice(1).flatMap(({ arn }) => toRecords(60, 'Decrypt', 600, arn)),
    ];
    const { readings, asked } = await read(records, { keys, budget: 12 });
    expect(asked).toHaveLength(12);
    const [busy, ...quiet] = [...readings.values()];
    const unlisted = { what: expect.stringContaining('under no key') };
    expect(busy?.gaps).toMatchObject([{ reason: 'over-budget', to: toLater(toOldest(busy)) }, unlisted]);
    for (const reading of quiet) {
      expect(countUses(reading)).toBe(60);
      expect(reading.gaps).toMatchObject([unlisted]);
    }
  });

  it('of nothing leaves all unread', async () => {
    const { reading, asked } = await read(toRecords(20, 'Decrypt', 20), { budget: 0 });
    expect(asked).toEqual([]);
    expect(reading?.gaps).toMatchObject([{ ...window, reason: 'over-budget' }]);
  });
});

describe('Trouble', () => {
  it.each([
    ['AccessDeniedException', 'access-denied'],
    ['UnknownOperationException', 'unsupported'],
    ['ThrottlingException', 'throttled'],
    ['InternalError', 'failed'],
  ] as const)('%s at once leaves all unread', async (name, reason) => {
    const keys = [toKey(keyArn), toKey(otherArn)];
    const { readings, asked } = await read([], { keys, trouble: () => toError(name) });
    expect(asked).toHaveLength(1);
    const gap = { ...window, reason, what: `uses before ${window.to}: ${name}: so it is` };
    expect([...readings.values()].map(({ gaps }) => gaps)).toEqual([[gap], [gap]]);
  });

  it.each([
    ['ThrottlingException', 'throttled'],
    ['InvalidNextTokenException', 'failed'],
  ] as const)('%s in the midst keeps what was read', async (name, reason) => {
    const { reading } = await read(toRecords(2000, 'Decrypt', 20), {
      trouble: (_, count) => (count > 4 ? toError(name) : undefined),
    });
    expect(countUses(reading)).toBeGreaterThanOrEqual(150);
    expect(reading?.gaps).toMatchObject([{ from: window.from, to: toLater(toOldest(reading)), reason }]);
  });

  it('that is an interruption keeps what was read', async () => {
    const { reader, interruption } = await serveEventHistory(toRecords(2000, 'Decrypt', 20), (_, count) => {
      if (count === 4) interruption.abort();
      return undefined;
    });
    const reading = (await collectKeyUse(reader, [toKey(keyArn)], window, 100)).get(keyArn);
    expect(countUses(reading)).toBeGreaterThan(0);
    expect(reading?.gaps).toMatchObject([
      {
        from: window.from,
        reason: 'failed',
        what: expect.stringMatching(/interrupted before this was read$/),
      },
    ]);
  });

  it('with one event is a gap of its time', async () => {
    const { reading } = await read([
      { ...toRecord('Decrypt', at(50)), text: '{' },
      toRecord('Decrypt', at(60)),
    ]);
    expect(countUses(reading)).toBe(1);
    expect(reading?.gaps).toMatchObject([{ from: at(50), to: at(51), reason: 'failed' }]);
  });
});
