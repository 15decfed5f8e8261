import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { manifestNames, toRunNames } from '../../shared/store/names.ts';
import type { ErasableStore } from '../../shared/store/store.ts';
import type { Pin } from '../../shared/use-cases/verify.ts';
import {
  days,
  keyArn,
  makeNights,
  otherArn,
  ours,
  signers,
  theirs,
  toRun,
  verifyNights,
  writeNight,
} from '../chain/nights.ts';

const nameAt = manifestNames.at;
const ofRun = (day: number) => toRunNames(toRun(days[day - 1] ?? ''));
const read = async (store: ErasableStore, name: string) => (await store.get(name))?.body ?? '';
const changePayload = async (store: ErasableStore, number: number, change: (manifest: object) => object) => {
  const envelope = JSON.parse(await read(store, nameAt(number)));
  const manifest = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  const payload = Buffer.from(JSON.stringify(change(manifest))).toString('base64');
  await store.put(nameAt(number), JSON.stringify({ ...envelope, payload }));
};
const findList = async (store: ErasableStore, day: number) => {
  const [name = ''] = await Array.fromAsync(store.list(ofRun(day).lists));
  return name;
};

/** A chain of four nights that is changed: the statuses from 1 to 4, the gaps, and what is said of the worst. */
type Row = [
  what: string,
  tamper: (store: ErasableStore) => Promise<unknown>,
  statuses: string[],
  gaps: string[],
  reason: RegExp,
];
const whole = 'whole';
const signature = `its signature is not one of it by ${keyArn}`;
const orDeleted = ': none was written, or what was written was deleted before the next';

const rows: Row[] = [
  ['nothing', async () => {}, [whole, whole, whole, whole], [], /^$/],
  [
    'an object that was changed',
    (store) => store.put(ofRun(2).findings('222222222222'), '[ ]'),
    [whole, 'altered', whole, whole],
    [],
    /1 object is not what was signed/,
  ],
  [
    'an object that was deleted',
    (store) => store.remove(ofRun(2).findings('222222222222')),
    [whole, 'missing', whole, whole],
    [],
    /1 object is gone before the 90 days that it is kept/,
  ],
  [
    'an object that was added',
    (store) => store.put(ofRun(3).findings('333333333333'), '[]'),
    [whole, whole, 'altered', whole],
    [],
    /1 object came afterwards/,
  ],
  [
    'all objects of a night that were deleted',
    async (store) => {
      for await (const name of store.list(ofRun(2).prefix)) await store.remove(name);
    },
    [whole, 'missing', whole, whole],
    [],
    /the list of its objects is gone before/,
  ],
  [
    'a list of objects that was made to fit a changed object',
    async (store) => {
      const name = await findList(store, 2);
      await store.put(name, (await read(store, name)).replace(/^[0-9a-f]{64}/, '0'.repeat(64)));
    },
    [whole, 'altered', whole, whole],
    [],
    /the list of its objects is not the one that it names/,
  ],
  [
    'a manifest that was changed',
    (store) => changePayload(store, 2, (manifest) => ({ ...manifest, version: '9' })),
    [whole, 'altered', whole, whole],
    [],
    RegExp(`not the manifest that number 3 names\n${signature}`),
  ],
  [
    'the newest manifest that was changed, which no other names',
    (store) => changePayload(store, 4, (manifest) => ({ ...manifest, version: '9' })),
    [whole, whole, whole, 'altered'],
    [],
    RegExp(`^${signature}$`),
  ],
  [
    'a manifest that is none',
    (store) => store.put(nameAt(3), '{}'),
    [whole, whole, 'altered', whole],
    [],
    /not the manifest that number 4 names\nit is no manifest as Keyward writes one/,
  ],
  [
    'a manifest that another key signed again',
    async (store) => {
      await store.remove(nameAt(4));
      await writeNight(store, days[3] ?? '', signers.theirs);
    },
    [whole, whole, whole, 'other-key'],
    [],
    RegExp(`it says that ${otherArn} signed it`),
  ],
  [
    'a manifest that another key signed in the name of the right one',
    async (store) => {
      await store.remove(nameAt(4));
      await writeNight(store, days[3] ?? '', signers.pretended);
    },
    [whole, whole, whole, 'altered'],
    [],
    RegExp(signature),
  ],
  [
    'a manifest that is not signed',
    async (store) => {
      await store.remove(nameAt(4));
      await writeNight(store, days[3] ?? '', signers.none);
    },
    [whole, whole, whole, 'unsigned'],
    [],
    /nobody signed it/,
  ],
  [
    'a signature that was taken away',
    async (store) => {
      const envelope = JSON.parse(await read(store, nameAt(4)));
      await store.put(nameAt(4), JSON.stringify({ ...envelope, signatures: [] }));
    },
    [whole, whole, whole, 'altered'],
    [],
    RegExp(`its signature by ${keyArn} was taken away`),
  ],
  [
    "another night's signature",
    async (store) => {
      const { signatures } = JSON.parse(await read(store, nameAt(3)));
      const envelope = JSON.parse(await read(store, nameAt(4)));
      await store.put(nameAt(4), JSON.stringify({ ...envelope, signatures }));
    },
    [whole, whole, whole, 'altered'],
    [],
    RegExp(signature),
  ],
  [
    "another night's manifest",
    async (store) => store.put(nameAt(3), await read(store, nameAt(2))),
    [whole, whole, 'altered', whole],
    [],
    /not the manifest that number 4 names\nit is the manifest of number 2, under another name/,
  ],
  [
    'a manifest that was deleted',
    (store) => store.remove(nameAt(2)),
    [whole, whole, whole],
    ['deleted: number 2 (run 2026-11-25T020000Z) is gone'],
    /^$/,
  ],
  [
    'the first manifests that were deleted',
    async (store) => {
      for (const number of [1, 2]) await store.remove(nameAt(number));
    },
    [whole, whole],
    ['deleted: numbers 1 to 2 (run 2026-11-25T020000Z) are gone'],
    /^$/,
  ],
  [
    'the last manifests that were deleted, which shows in time alone',
    async (store) => {
      for (const number of [3, 4]) await store.remove(nameAt(number));
    },
    [whole, whole],
    ['late: the newest night began 58 hours ago; later ones are late, or their manifests are gone'],
    /^$/,
  ],
  [
    'a last manifest that was deleted before the next was written, which shows in time alone',
    async (store) => {
      for (const number of [3, 4]) await store.remove(nameAt(number));
      await writeNight(store, days[3] ?? '');
    },
    [whole, whole, whole],
    [`no-night: no night for 48 hours${orDeleted}`],
    /^$/,
  ],
  [
    'a number that jumps',
    (store) => store.put('manifests/999999.json', 'mine'),
    [whole, whole, whole, whole, 'altered'],
    ['deleted: numbers 5 to 999998 are gone'],
    /it is no manifest/,
  ],
];

const tell = async (store: ErasableStore, asked: Parameters<typeof verifyNights>[1] = {}) => {
  const { nights, gaps, ...others } = await verifyNights(store, asked);
  return {
    statuses: nights.map(({ status }) => status).reverse(),
    gaps: gaps.map(({ kind, detail }) => `${kind}: ${detail}`),
    reasons: nights.flatMap(({ reasons }) => reasons).join('\n'),
    nights,
    ...others,
  };
};

describe('keyward verify', () => {
  it.each(rows)('tells of %s', async (_, tamper, statuses, gaps, reason) => {
    const store = await makeNights();
    await tamper(store);
    const told = await tell(store);
    expect({ statuses: told.statuses, gaps: told.gaps }).toEqual({ statuses, gaps });
    expect(told.reasons).toMatch(reason);
  });

  it('names the objects that were changed, deleted and added', async () => {
    const store = await makeNights();
    await store.put(ofRun(2).findings('222222222222'), '[ ]');
    await store.remove(ofRun(2).settings);
    await store.put(ofRun(2).findings('333333333333'), '[]');
    const { nights } = await verifyNights(store);
    expect(nights.find(({ number }) => number === 2)?.objects).toEqual({
      listed: 3,
      whole: 1,
      expired: 0,
      altered: [ofRun(2).findings('222222222222')],
      missing: [ofRun(2).settings],
      added: [ofRun(2).findings('333333333333')],
      unreadable: [],
    });
  });

  const pins: [string, Pin, string[], string[]][] = [
    ['the file of the key', { by: 'file', keys: [ours] }, [whole, 'other-key'], [ours.sha256]],
    ['the file of another key', { by: 'file', keys: [theirs] }, ['other-key', whole], [theirs.sha256]],
    [
      'a file of both, as where the key was changed',
      { by: 'file', keys: [theirs, ours] },
      [whole, whole],
      [theirs.sha256, ours.sha256],
    ],
    ['the ARN of the key', { by: 'arn', arn: keyArn }, [whole, 'other-key'], [ours.sha256]],
    ['the ARN of another key', { by: 'arn', arn: otherArn }, ['other-key', whole], [theirs.sha256]],
    ['the newest manifest', { by: 'manifest' }, ['other-key', whole], [theirs.sha256]],
  ];
  it.each(pins)('goes by %s, and says by whom each night is signed', async (_, pin, statuses, keys) => {
    const store = createMemoryStore();
    await writeNight(store, days[2] ?? '');
    await writeNight(store, days[3] ?? '', signers.theirs);
    const told = await tell(store, { pin });
    expect(told).toMatchObject({ statuses, keys, pinnedBy: pin.by });
    const signedBy = [ours, theirs].map(({ sha256 }, index) => (statuses[index] === whole ? sha256 : null));
    expect(told.nights.map((night) => night.signedBy).reverse()).toEqual(signedBy);
  });

  it('asks for each key once, and for none where nobody signed', async () => {
    const asked: string[] = [];
    const fetchKey = async (arn: string) => {
      asked.push(arn);
      return ours;
    };
    await verifyNights(await makeNights(), { pin: { by: 'manifest' }, fetchKey });
    await verifyNights(await makeNights(signers.none), { pin: { by: 'manifest' }, fetchKey });
    expect(asked).toEqual([keyArn]);
  });

  it('tells what is gone by age from what somebody deleted', async () => {
    const store = await makeNights();
    for await (const name of store.list(ofRun(1).prefix)) await store.remove(name);
    await store.remove(ofRun(2).settings);
    const on = (now: string) => tell(store, { now });
    expect((await on('2027-02-22T01:59:59.000Z')).statuses).toEqual(['missing', 'missing', whole, whole]);
    expect((await on('2027-02-22T02:00:00.000Z')).statuses).toEqual(['expired', 'missing', whole, whole]);
    const later = await on('2027-03-22T02:00:00.000Z');
    expect(later.statuses).toEqual(['expired', 'expired', whole, whole]);
    expect(later.nights[2]?.objects).toMatchObject({ whole: 2, expired: 1, missing: [] });
  });

  it('tells of objects that are there long after their list has gone', async () => {
    const store = await makeNights();
    await store.remove(await findList(store, 1));
    const on = async (now: string) => (await tell(store, { now })).statuses[0];
    expect(await on('2027-02-23T00:00:00.000Z')).toBe('expired');
    expect(await on('2027-03-02T02:00:00.000Z')).toBe('altered');
    for await (const name of store.list(ofRun(1).prefix)) await store.remove(name);
    expect(await on('2027-03-02T02:00:00.000Z')).toBe('expired');
  });

  it('still tells of a change in what is old and there', async () => {
    const store = await makeNights();
    await store.put(ofRun(1).settings, '{}');
    expect((await tell(store, { now: '2027-06-01T00:00:00.000Z' })).statuses[0]).toBe('altered');
  });

  it('follows the links where nobody ever signed, and takes nobody for signed', async () => {
    const store = await makeNights(signers.none);
    await changePayload(store, 2, (manifest) => ({ ...manifest, version: '9' }));
    const told = await tell(store, { pin: { by: 'manifest' } });
    expect(told.statuses).toEqual(['unsigned', 'altered', 'unsigned', 'unsigned']);
  });

  it('believes nobody who did not sign about who did', async () => {
    const store = await makeNights();
    await store.remove(nameAt(4));
    await writeNight(store, days[3] ?? '', signers.none);
    await changePayload(store, 4, (manifest) => ({
      ...manifest,
      previous: { number: 3, run: null, sha256: '0'.repeat(64) },
    }));
    expect((await tell(store)).statuses).toEqual([whole, whole, whole, 'unsigned']);
  });

  it('begins with the first night of the day that is asked for', async () => {
    const store = await makeNights();
    await store.remove(nameAt(1));
    const told = await tell(store, { from: '2026-11-26' });
    expect({ statuses: told.statuses, gaps: told.gaps, from: told.from }).toEqual({
      statuses: [whole, whole],
      gaps: [],
      from: '2026-11-26',
    });
  });

  const since = '2026-11-26';
  it.each<[string, (store: ErasableStore) => Promise<unknown>, string[], string[]]>([
    [
      'a manifest that claims an older day, and what lies behind it',
      async (store) => {
        await store.remove(nameAt(4));
        await changePayload(store, 3, (manifest) => ({ ...manifest, startedAt: '2000-01-01T00:00:00.000Z' }));
        await writeNight(store, days[3] ?? '');
        await store.put(nameAt(2), 'mine');
      },
      ['altered', 'altered', whole],
      [],
    ],
    [
      'a night that was deleted just after that day began',
      (store) => store.remove(nameAt(3)),
      [whole],
      ['deleted: number 3 (run 2026-11-26T020000Z) is gone'],
    ],
    ['a night that was deleted before, but not', (store) => store.remove(nameAt(1)), [whole, whole], []],
    [
      'nights that an earlier one, repaired since, stands between, but not of that one',
      async (store) => {
        await writeNight(store, '2026-11-23');
        await store.put(ofRun(3).settings, '{}');
      },
      ['altered', whole],
      [],
    ],
  ])('tells since a day of %s', async (_, tamper, statuses, gaps) => {
    const store = await makeNights();
    await tamper(store);
    const told = await tell(store, { from: since });
    expect({ statuses: told.statuses, gaps: told.gaps }).toEqual({ statuses, gaps });
  });

  it('looks at nothing below a number that was written before the day', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const store = createMemoryStore();
    for (const day of days) {
      vi.setSystemTime(`${day}T03:00:00.000Z`);
      await writeNight(store, day);
    }
    await store.put(nameAt(1), 'mine');
    expect((await tell(store, { from: since })).statuses).toEqual([whole, whole]);
    expect((await tell(store, { from: '2026-11-25' })).statuses).toEqual(['altered', whole, whole, whole]);
  });

  it('tells of a night that never was beside one that was repaired', async () => {
    const store = createMemoryStore();
    for (const day of ['2026-11-20', '2026-11-22', '2026-11-21', '2026-11-25', '2026-11-27'])
      await writeNight(store, day);
    const { gaps } = await tell(store);
    expect(gaps).toEqual([48, 72].map((hours) => `no-night: no night for ${hours} hours${orDeleted}`));
  });

  it.each([
    ['the first night after some that were left out', '2026-11-24', 0],
    ['a day that has none', '2026-11-23', 1],
  ])('tells since %s of the nights since then alone', async (_, from, count) => {
    const store = createMemoryStore();
    for (const day of ['2026-11-20', '2026-11-21', ...days]) await writeNight(store, day);
    expect((await tell(store, { from })).gaps).toHaveLength(count);
  });

  it('throws where there is no manifest, and where none is as young as is asked for', async () => {
    await expect(verifyNights(createMemoryStore())).rejects.toMatchObject({ code: 'NO_MANIFEST' });
    await expect(verifyNights(await makeNights(), { from: '2026-12-01' })).rejects.toMatchObject({
      code: 'NO_NIGHT',
    });
  });

  it('goes on where an object or a manifest can’t be read, and says which', async () => {
    const store = await makeNights();
    const slow = ofRun(2).clusters('222222222222', 'eu-central-1');
    const broken = [nameAt(3), ofRun(2).settings, slow];
    const told = await tell({
      ...store,
      get: async (name) => {
        if (name === slow) await setImmediate();
        if (broken.includes(name)) throw new Error('Access Denied');
        return store.get(name);
      },
    });
    expect(told.statuses).toEqual([whole, 'unreadable', 'unreadable', whole]);
    expect(told.gaps).toEqual([]);
    expect(told.nights[2]?.objects?.unreadable).toEqual([slow, ofRun(2).settings]);
  });

  it('tells what it has where it is interrupted', async () => {
    const interruption = new AbortController();
    const told = await tell(await makeNights(), {
      signal: interruption.signal,
      onProgress: ({ done, total }) => {
        expect(total).toBe(12);
        if (done === 4) interruption.abort();
      },
    });
    expect(told.statuses).toEqual([whole]);
    expect(told.isComplete).toBe(false);
  });
});
