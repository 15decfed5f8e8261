import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../shared/chain/envelope.ts';
import { manifest } from '../../shared/chain/manifest.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { PreconditionError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { manifestNames, toRunNames } from '../../shared/store/names.ts';
import type { Store } from '../../shared/store/store.ts';
import { findManifest, writeManifest } from '../../shared/use-cases/write-manifest.ts';
import {
  days,
  makeNights,
  scanNight,
  signers,
  toChain,
  toRun,
  verifyNights,
  writeNight,
} from '../chain/nights.ts';

const readManifest = async (store: Store, number: number) => {
  const stored = await store.get(manifestNames.at(number));
  return manifest.parse(parseEnvelope(Buffer.from(stored?.body ?? ''))?.manifest);
};
const toStatuses = async (store: Store) => (await verifyNights(store)).nights.map(({ status }) => status);

describe('A manifest', () => {
  it('is the first of its chain, or names the one before it', async () => {
    const store = await makeNights();
    expect(await Array.fromAsync(store.list(manifestNames.prefix))).toEqual(
      [1, 2, 3, 4].map(manifestNames.at),
    );
    expect((await readManifest(store, 1)).previous).toBeNull();
    expect((await readManifest(store, 2)).previous).toMatchObject({ number: 1, run: toRun(days[0] ?? '') });
  });

  it('names the settings and the list of all objects of its run, and of no other', async () => {
    const store = await makeNights();
    const { settings, objects, run } = await readManifest(store, 3);
    expect(settings.name).toBe(toRunNames(run).settings);
    const list = (await store.get(objects.list))?.body ?? '';
    expect(list).toContain(`${settings.sha256}  ${settings.name}\n`);
    expect(list.split('\n')).toHaveLength(objects.count + 1);
    expect(list).not.toContain(toRun(days[0] ?? ''));
  });

  it('tells which targets were not scanned, and of which time no events were seen, once', async () => {
    const store = createMemoryStore();
    const { start, result } = await scanNight(store, days[0] ?? '');
    const target = { account: '1', region: 'a', status: 'failed', reason: 'access-denied' } as const;
    const seen = { account: '2', region: 'a', status: 'scanned' } as const;
    const finding = {
      status: 'unknown',
      reason: 'incomplete-window',
      account: '1',
      region: 'a',
      message: 'no log',
    };
    const findings = [finding, finding, { ...finding, reason: 'throttled' }, { ...finding, status: 'fail' }];
    await writeManifest(store, toChain(store), start, {
      ...result,
      run: { ...result.run, notAsked: ['audit log'], targets: [target, seen] },
      findings: ReadableStream.from(findings as Finding[]),
    });
    expect((await readManifest(store, 1)).gaps).toEqual({
      notAsked: ['audit log'],
      targets: [target],
      events: [{ account: '1', region: 'a', what: 'no log', findings: 2 }],
    });
  });

  it('holds names that a shell would trip over', async () => {
    const store = createMemoryStore();
    for (const name of ['a\nb', 'a\\nb', 'a\r', '-', 'ü\u2028x', "'; rm"])
      await store.put(`${toRunNames(toRun(days[3] ?? '')).prefix}${name}`, name);
    await writeNight(store, days[3] ?? '');
    expect((await verifyNights(store)).nights).toMatchObject([{ status: 'whole', objects: { whole: 9 } }]);
  });

  it('is written once by a step that is called again', async () => {
    const store = await makeNights();
    const before = await store.get(manifestNames.at(4));
    await writeNight(store, days[3] ?? '');
    expect(await store.get(manifestNames.at(4))).toEqual(before);
    expect(await Array.fromAsync(store.list(manifestNames.prefix))).toHaveLength(4);
  });

  it('comes after that of another run that was faster, so that the chain has no fork', async () => {
    const store = createMemoryStore();
    await Promise.all(days.map((day) => writeNight(store, day)));
    expect((await toStatuses(store)).sort()).toEqual(days.map(() => 'whole'));
    const links = await Promise.all([2, 3, 4].map((number) => readManifest(store, number)));
    expect(links.map(({ previous }) => previous?.number)).toEqual([1, 2, 3]);
    expect(new Set(links.map(({ run }) => run)).size).toBe(3);
  });

  it('follows one that nobody can read, and leaves that to who verifies', async () => {
    const store = await makeNights();
    await store.put(manifestNames.at(5), 'not mine');
    await writeNight(store, '2026-11-28');
    expect(
      (await verifyNights(store)).nights.map(({ number, status }) => [number, status]).slice(0, 3),
    ).toEqual([
      [6, 'whole'],
      [5, 'altered'],
      [4, 'whole'],
    ]);
  });

  const copyTo = async (store: Store, from: number, to: number) =>
    store.put(manifestNames.at(to), (await store.get(manifestNames.at(from)))?.body ?? '');
  it.each<[string, (store: Store) => Promise<unknown>, [number, string][]]>([
    [
      'another key signed in the name of this run',
      (store) => writeNight(store, '2026-11-28', signers.theirs),
      [
        [6, 'whole'],
        [5, 'other-key'],
      ],
    ],
    [
      'another key signed in the name of this run and key',
      (store) => writeNight(store, '2026-11-28', signers.pretended),
      [
        [6, 'whole'],
        [5, 'altered'],
      ],
    ],
    [
      'nobody signed, in the name of this run',
      (store) => writeNight(store, '2026-11-28', signers.none),
      [
        [6, 'whole'],
        [5, 'unsigned'],
      ],
    ],
    [
      'is of another night',
      (store) => copyTo(store, 2, 5),
      [
        [6, 'whole'],
        [5, 'altered'],
      ],
    ],
    [
      'has the last number that there is',
      (store) => store.put(manifestNames.at(999_999), 'mine'),
      [
        [999_999, 'altered'],
        [5, 'whole'],
      ],
    ],
  ])('is written, and once, though one lies there that %s', async (_, tamper, expected) => {
    const store = await makeNights();
    await tamper(store);
    await writeNight(store, '2026-11-28');
    await copyTo(store, 1, 8);
    await writeNight(store, '2026-11-28');
    const { nights } = await verifyNights(store);
    const told = nights.map(({ number, status }) => [number, status]);
    expect(told.filter(([number]) => number !== 8)).toEqual([
      ...expected,
      ...[4, 3, 2, 1].map((number) => [number, 'whole']),
    ]);
  });

  it('goes on after those of an earlier key', async () => {
    const store = await makeNights(signers.theirs);
    expect(await writeNight(store, '2026-11-28')).toMatchObject({ number: 5 });
    expect(await writeNight(store, '2026-11-29')).toMatchObject({ number: 6 });
  });

  it('is not found where only earlier runs have one', async () => {
    const store = await makeNights();
    const startedAt = new Date(Date.now() + 1000).toISOString();
    const names: string[] = [];
    const chain = toChain(store);
    const open: typeof chain.files.open = (name) => {
      names.push(name);
      return chain.files.open(name);
    };
    const files = { ...chain.files, open };
    expect(await findManifest({ ...chain, files }, { id: 'later', startedAt })).toBeUndefined();
    expect(names).toEqual([manifestNames.at(4)]);
    expect(
      await findManifest(
        { ...chain, files },
        { id: toRun(days[0] ?? ''), startedAt: '2026-01-01T00:00:00Z' },
      ),
    ).toMatchObject({ number: 1 });
  });

  it('gives up where its place is always taken', async () => {
    const store = createMemoryStore();
    const { start, result } = await scanNight(store, days[0] ?? '');
    const put = async () => {
      throw new PreconditionError('PRECONDITION_FAILED', 'written by somebody else');
    };
    const chain = { ...toChain(store), locked: { put } };
    await expect(writeManifest(store, chain, start, result)).rejects.toBeInstanceOf(PreconditionError);
  });

  it('throws where an object goes while it is hashed', async () => {
    const store = createMemoryStore();
    const { start, result } = await scanNight(store, days[0] ?? '');
    const chain = toChain(store, signers.none);
    const files = { ...chain.files, open: async () => undefined };
    await expect(writeManifest(store, { ...chain, files }, start, result)).rejects.toMatchObject({
      code: 'OBJECT_GONE',
    });
  });
});
