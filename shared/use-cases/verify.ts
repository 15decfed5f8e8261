/** `keyward verify`: the chain of manifests and every object that they name, from the newest night to the oldest. */
import pMap from 'p-map';
import type { Night, NightStatus, VerifyDocument } from '../chain/document.ts';
import { parseEnvelope } from '../chain/envelope.ts';
import {
  type Fault,
  type Judged,
  judgeChain,
  type Stored,
  type Trust,
  toArnsOf,
  toChainGaps,
  toNotSeen,
  toSince,
  toWorst,
} from '../chain/judge.ts';
import { toGone, toObjectFaults } from '../chain/judge-objects.ts';
import type { Manifest } from '../chain/manifest.ts';
import { type Listed, parseList } from '../chain/object-list.ts';
import type { PublicKey } from '../chain/public-key.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { KeywardError } from '../runtime/errors.ts';
import { digestFile, type Files, mostListBytes, mostManifestBytes, readFileWhole } from '../store/files.ts';
import { manifestNames, type RunNames, toRunNames } from '../store/names.ts';
import { type OnProgress, toCounter } from './progress.ts';

/** Which key manifests must be signed by: those of a file, the one of an ARN, or the one that the newest names. */
export type Pin = { by: 'file'; keys: PublicKey[] } | { by: 'arn'; arn: string } | { by: 'manifest' };

export interface Verification {
  /** As it was given, for the answer. */
  place: string;
  pin: Pin;
  /** Asks KMS for a public key. */
  fetchKey: (arn: string) => Promise<PublicKey>;
  /** The first day; undefined: all. */
  from: string | undefined;
  now: string;
  signal: AbortSignal;
  onProgress: OnProgress;
}

const atOnce = 32;
/** S3 deletes what is old enough in its own time, and in no order. */
const mostDaysOfDeleting = 7;

/** Takes the objects of a runs bucket, or of a copy; throws where it holds no manifest, or where a key can't be told. */
export const verify = async (files: Files, asked: Verification): Promise<VerifyDocument> => {
  const { place, pin, from, now, signal } = asked;
  const all = await readManifests(files, asked);
  signal.throwIfAborted();
  const trust = await toTrust(all, asked);
  const since = toSince(judgeChain(all, trust), from);
  if (since.nights.length === 0)
    throw new KeywardError('NO_NIGHT', `${place} holds no manifest of a night since ${from}`);
  const nights = await judgeNights(files, since.nights, asked);
  const count = (wanted: NightStatus) => nights.filter(({ status }) => status === wanted).length;
  return {
    schema: 'keyward/verify-v1',
    place,
    checkedAt: now,
    from: from ?? null,
    isComplete: !signal.aborted,
    pinnedBy: pin.by,
    keys: trust.keys.map(({ sha256 }) => sha256),
    nights,
    gaps: toChainGaps(since.chain, since.isWholeChain, now, from),
    summary: {
      unreadable: count('unreadable'),
      altered: count('altered'),
      missing: count('missing'),
      'other-key': count('other-key'),
      unsigned: count('unsigned'),
      expired: count('expired'),
      whole: count('whole'),
    },
  };
};

/** The manifests from the newest to the oldest. One that can't be read stands in the chain all the same. */
const readManifests = async (files: Files, { place }: Pick<Verification, 'place'>): Promise<Stored[]> => {
  const names = await Array.fromAsync(files.list(manifestNames.prefix));
  const numbers = names.flatMap((name) => manifestNames.toNumber(name) ?? []).sort((a, b) => b - a);
  if (numbers.length === 0)
    throw new KeywardError('NO_MANIFEST', `${place} holds no manifest`, {
      hint: 'Name the runs bucket, or a copy of it: manifests lie under manifests/, and each night writes one.',
    });
  const read = async (number: number): Promise<Stored> => {
    try {
      const stored = await readFileWhole(files, manifestNames.at(number), mostManifestBytes);
      if (!stored) throw new Error('it was listed, and is gone');
      return { number, sha256: stored.sha256, signed: parseEnvelope(stored.body) };
    } catch (error) {
      return { number, sha256: null, signed: undefined, unread: toMessage(error) };
    }
  };
  return pMap(numbers, read, { concurrency: atOnce });
};

/** Which keys count, by who says so. */
const toTrust = async (all: readonly Stored[], { pin, fetchKey }: Verification): Promise<Trust> => {
  if (pin.by === 'file') return { keys: pin.keys, arns: toArnsOf(all, pin.keys) };
  const named = all.flatMap(({ signed }) => (signed?.signature && signed.manifest.key) || []);
  const arn = pin.by === 'arn' ? pin.arn : named[0];
  return arn === undefined
    ? { keys: [], arns: new Set() }
    : { keys: [await fetchKey(arn)], arns: new Set([arn]) };
};

const judgeNights = async (files: Files, all: readonly Judged[], asked: Verification): Promise<Night[]> => {
  const { signal, onProgress } = asked;
  const total = all.reduce((sum, { signed }) => sum + (signed?.manifest.objects.count ?? 0), 0);
  const count = toCounter(onProgress, 'verify', total).done;
  const nights: Night[] = [];
  for (const { number, sha256, signed, faults, signedBy } of all) {
    const manifest = signed?.manifest;
    const objects = manifest && (await checkObjects(files, manifest, asked, count));
    if (signal.aborted) break;
    const reasons = [...faults, ...(objects?.faults ?? [])];
    nights.push({
      number,
      run: manifest?.run ?? null,
      startedAt: manifest?.startedAt ?? null,
      status: toWorst(reasons),
      reasons: reasons.map(({ reason }) => reason),
      sha256,
      key: manifest?.key ?? null,
      signedBy,
      objects: objects?.told ?? null,
      notSeen: manifest ? toNotSeen(manifest) : null,
    });
  }
  return nights;
};

/** Compares every object of a run with its hash, and what is there with what is listed. */
const checkObjects = async (
  files: Files,
  { run, startedAt, retentionDays, objects }: Manifest,
  { now, signal }: Pick<Verification, 'now' | 'signal'>,
  onObject: () => void,
): Promise<{ told: Night['objects']; faults: Fault[] }> => {
  const names = toRunNames(run);
  // S3 deletes an object once so many days have passed since it was made, which was not before the run began.
  const days = toDaysBetween(startedAt, now);
  const age = { retentionDays, isOver: days >= retentionDays };
  try {
    const stored = await readFileWhole(files, names.list(objects.sha256), mostListBytes);
    if (!stored) {
      const faults = [toGone('the list of its objects is', age)];
      if (days >= retentionDays + mostDaysOfDeleting && (await hasObject(files, names)))
        faults.push({ status: 'altered', reason: 'objects are there still, and the list of them is gone' });
      return { told: null, faults };
    }
    const listed = stored.sha256 === objects.sha256 ? parseList(stored.body.toString('utf8')) : undefined;
    if (!listed) {
      const reason = 'the list of its objects is not the one that it names';
      return { told: null, faults: [{ status: 'altered', reason }] };
    }
    const told = await compareObjects(files, listed, names, signal, onObject);
    return toObjectFaults(told, age);
  } catch (error) {
    const reason = `its objects could not be listed: ${toMessage(error)}`;
    return { told: null, faults: [{ status: 'unreadable', reason }] };
  }
};

const hasObject = async (files: Files, { prefix, lists }: Pick<RunNames, 'prefix' | 'lists'>) => {
  for await (const name of files.list(prefix)) if (!name.startsWith(lists)) return true;
  return false;
};

const compareObjects = async (
  files: Files,
  listed: readonly Listed[],
  { prefix, lists }: Pick<RunNames, 'prefix' | 'lists'>,
  signal: AbortSignal,
  onObject: () => void,
) => {
  const told = { listed: listed.length, whole: 0, altered: [] as string[], missing: [] as string[] };
  const unreadable: string[] = [];
  await pMap(
    listed,
    async ({ name, sha256 }) => {
      if (signal.aborted) return;
      try {
        const digest = await digestFile(files, name);
        if (!digest) told.missing.push(name);
        else if (digest.sha256 === sha256) told.whole += 1;
        else told.altered.push(name);
      } catch {
        unreadable.push(name);
      }
      onObject();
    },
    { concurrency: atOnce },
  );
  const known = new Set(listed.map(({ name }) => name));
  const added: string[] = [];
  for await (const name of files.list(prefix))
    if (!known.has(name) && !name.startsWith(lists)) added.push(name);
  return { ...told, added, unreadable };
};

const toMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
