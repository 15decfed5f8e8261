/** A bucket with nights in it, each as the service leaves it: real manifests, real signatures, small runs. */
import {
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign as signBytes,
} from 'node:crypto';
import { type PublicKey, toPublicKey } from '../../shared/chain/public-key.ts';
import type { RunDocument } from '../../shared/findings/finding.ts';
import type { Files } from '../../shared/store/files.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Verification, verify } from '../../shared/use-cases/verify.ts';
import { type Chain, writeManifest } from '../../shared/use-cases/write-manifest.ts';

export const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const otherArn = keyArn.replace('1234abcd', '9999abcd');
const retentionDays = 90;

/** The objects of a store as bytes. */
export const toFiles = (store: Pick<Store, 'get' | 'list'>): Files => ({
  list: store.list,
  open: async (name) => {
    const stored = await store.get(name);
    return stored && ReadableStream.from([Buffer.from(stored.body)]);
  },
});

const our = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const toKey = (key: KeyObject) => toPublicKey(key.export({ format: 'pem', type: 'spki' }).toString());
export const ours: PublicKey = toKey(our.publicKey);
export const theirs: PublicKey = toKey(other.publicKey);

const toSigner = (key: string, { privateKey, publicKey }: KeyPairKeyObjectResult) => ({
  key,
  sign: async (bytes: Uint8Array) => signBytes('sha256', bytes, privateKey),
  getPublicKey: async () => publicKey.export({ format: 'der', type: 'spki' }),
});
export const signers = {
  ours: toSigner(keyArn, our),
  theirs: toSigner(otherArn, other),
  /** By their key, under the name of ours. */
  pretended: toSigner(keyArn, other),
  none: null,
};
type Signer = (typeof signers)[keyof typeof signers];

export const toRun = (day: string): string => `${day}T020000Z`;

const summary: RunDocument['summary'] = {
  byStatus: { pass: 3, fail: 1, unknown: 0, 'not-applicable': 0 },
  bySeverity: { critical: 0, high: 1, medium: 0, low: 0, info: 0 },
  unknownReasons: {},
};

/** Writes the objects of a night's run; gives what makes its manifest. */
export const scanNight = async (store: Store, day: string) => {
  const id = toRun(day);
  const names = toRunNames(id);
  await store.put(names.settings, '{"checks":{}}');
  await store.put(names.clusters('222222222222', 'eu-central-1'), `{"collectedAt":"${day}"}`);
  await store.put(names.findings('222222222222'), '[]');
  const startedAt = `${day}T02:00:00.000Z`;
  const result = {
    run: { id, startedAt, finishedAt: `${day}T02:30:00.000Z`, version: '0.1.0', notAsked: [], targets: [] },
    summary,
    findings: ReadableStream.from([]),
  };
  return { start: { id, startedAt }, result };
};

/** Where a store's manifests are written, and by whom. */
export const toChain = (store: Store, signer: Signer = signers.ours): Chain => ({
  files: toFiles(store),
  locked: store,
  signer: signer ?? undefined,
  retentionDays,
  lateAfterHours: 26,
});

export const writeNight = async (store: Store, day: string, signer: Signer = signers.ours) => {
  const { start, result } = await scanNight(store, day);
  return writeManifest(store, toChain(store, signer), start, result);
};

/** The days that a bucket has nights of, the first the oldest. */
export const days = ['2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27'];

export const makeNights = async (signer: Signer = signers.ours) => {
  const store = createMemoryStore();
  for (const day of days) await writeNight(store, day, signer);
  return store;
};

/** What is said of a store, on the day after its last night unless said otherwise. */
export const verifyNights = (
  store: Store,
  { files = toFiles(store), ...asked }: Partial<Verification> & { files?: Files } = {},
) =>
  verify(files, {
    place: 's3://runs',
    pin: { by: 'file', keys: [ours] },
    fetchKey: async (arn) => (arn === otherArn ? theirs : ours),
    from: undefined,
    now: '2026-11-27T12:00:00.000Z',
    signal: new AbortController().signal,
    onProgress: () => {},
    ...asked,
  });
