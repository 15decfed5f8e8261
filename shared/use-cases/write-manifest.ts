/** What the service adds to the end of a night: a manifest of all that it wrote, signed, in a chain with those before. */
import { createHash } from 'node:crypto';
import { pMapIterable } from 'p-map';
import { parseEnvelope, type Signed, toEnvelope } from '../chain/envelope.ts';
import { type Link, type Manifest, toGaps } from '../chain/manifest.ts';
import { toListLine } from '../chain/object-list.ts';
import { findSigner, toPublicKey } from '../chain/public-key.ts';
import type { RunStart } from '../evidence/run.ts';
import { toNow } from '../runtime/clock.ts';
import { EvidenceError, PreconditionError } from '../runtime/errors.ts';
import { digestFile, type Files, mostManifestBytes, readFileWhole } from '../store/files.ts';
import { manifestNames, toRunNames } from '../store/names.ts';
import type { Signer } from '../store/signer.ts';
import type { Store } from '../store/store.ts';
import type { RunResult } from './summarise-run.ts';

export interface Chain {
  /** The bucket as it lies there. */
  files: Files;
  /** Where manifests are written, under a lock where the bucket has one. */
  locked: Pick<Store, 'put'>;
  /** What signs, and by which key; none: nobody does. */
  signer: Signer | undefined;
  retentionDays: number;
  lateAfterHours: number;
}

/** An organisation's run has some 60,000 objects, most of a few KB. */
const objectsAtOnce = 32;
/** Read ahead of a large one, so that it holds up no others. */
const objectsAhead = 256;
const attempts = 20;

/**
 * The end of the chain, and this run's own manifest where it was written already. Others may write to the bucket, too: what
 * this key did not sign is no run's own, and where it lies apart the chain does not go on from there.
 */
const readChain = async (
  { files, signer }: Pick<Chain, 'files' | 'signer'>,
  { id, startedAt }: Pick<RunStart, 'id' | 'startedAt'>,
) => {
  const isOurs = await openIsOurs(signer);
  const names = await Array.fromAsync(files.list(manifestNames.prefix));
  const numbers = names.flatMap((name) => manifestNames.toNumber(name) ?? []).sort((a, b) => b - a);
  const links = new Map<number, Link>();
  let newest: number | undefined;
  let own: Link | undefined;
  for (const number of numbers) {
    const stored = await readFileWhole(files, manifestNames.at(number), mostManifestBytes);
    if (!stored) continue;
    const signed = parseEnvelope(stored.body);
    const link = { number, run: signed?.manifest.run ?? null, sha256: stored.sha256 };
    links.set(number, link);
    if (!signed || !isOurs(number, signed)) continue;
    newest ??= number;
    if (signed.manifest.run === id) own = link;
    // What was written before this run began is not its own, nor is anything before that.
    if (own || signed.manifest.writtenAt < startedAt) break;
  }
  // Where nothing is ours, another key signed what is there, or nobody.
  let end = newest ?? links.keys().next().value ?? 0;
  while (links.has(end + 1)) end += 1;
  return { last: links.get(end), own };
};

/** Tells whether a manifest is signed by this very key, and lies under its own number; without a key, whether nobody signed it. */
const openIsOurs = async (signer: Signer | undefined) => {
  const key = signer && toPublicKey(await signer.getPublicKey());
  return (number: number, { manifest, signed, signature }: Signed): boolean => {
    if (manifest.number !== number) return false;
    if (!key) return manifest.key === null;
    return signature !== undefined && findSigner([key], signed, signature) !== undefined;
  };
};

/** Gives this run's manifest, where an earlier call has written it: then nothing of the run may be written any more. */
export const findManifest = async (
  chain: Pick<Chain, 'files' | 'signer'>,
  start: Pick<RunStart, 'id' | 'startedAt'>,
): Promise<Link | undefined> => (await readChain(chain, start)).own;

/**
 * Writes the manifest of a run that is over: whoever writes to the run afterwards alters it. Gives what names it. Throws where it
 * can't be signed, or written: a night without one is a night that nobody can prove.
 */
export const writeManifest = async (
  store: Store,
  chain: Chain,
  start: Pick<RunStart, 'id' | 'startedAt'>,
  { run, summary, findings }: Pick<RunResult, 'run' | 'summary' | 'findings'>,
): Promise<Link> => {
  const { signer, retentionDays, lateAfterHours } = chain;
  const names = toRunNames(start.id);
  const objects = await listObjects(store, chain.files, start.id);
  const gaps = await toGaps(run, findings);
  for (let attempt = 1; ; attempt += 1) {
    const { last, own } = await readChain(chain, start);
    if (own) return own;
    const content: Manifest = {
      schema: 'keyward/manifest-v1',
      number: (last?.number ?? 0) + 1,
      previous: last ?? null,
      run: run.id,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      writtenAt: toNow(),
      version: run.version,
      key: signer?.key ?? null,
      retentionDays,
      lateAfterHours,
      settings: { name: names.settings, sha256: objects.settings },
      objects: objects.listed,
      summary,
      gaps,
    };
    const body = await toEnvelope(content, signer?.sign);
    try {
      await chain.locked.put(manifestNames.at(content.number), body, { ifNoneMatch: '*' });
      return { number: content.number, run: run.id, sha256: createHash('sha256').update(body).digest('hex') };
    } catch (error) {
      // Another run's has that place now: this one comes after it.
      if (!(error instanceof PreconditionError) || attempt === attempts) throw error;
    }
  }
};

/** Hashes every object of a run as it lies there; puts the list of them. */
const listObjects = async (store: Store, files: Files, run: string) => {
  const names = toRunNames(run);
  const ofRun = async function* () {
    for await (const name of files.list(names.prefix)) if (!name.startsWith(names.lists)) yield name;
  };
  const digests = pMapIterable(
    ofRun(),
    async (name) => {
      const digest = await digestFile(files, name);
      if (!digest) throw new EvidenceError('OBJECT_GONE', `${name} was removed while it was hashed`);
      return { name, ...digest };
    },
    { concurrency: objectsAtOnce, backpressure: objectsAhead },
  );
  const lines: string[] = [];
  let total = 0;
  let settings = '';
  for await (const { name, sha256, bytes } of digests) {
    lines.push(toListLine({ name, sha256 }));
    total += bytes;
    if (name === names.settings) settings = sha256;
  }
  const list = lines.join('');
  const sha256 = createHash('sha256').update(list).digest('hex');
  await store.put(names.list(sha256), list);
  return { settings, listed: { list: names.list(sha256), sha256, count: lines.length, bytes: total } };
};
