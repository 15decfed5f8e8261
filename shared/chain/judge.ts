/** What can be said of manifests alone: whether each is its own, the one that the next names, and signed. */
import type { ChainGap, Night, NightStatus } from './document.ts';
import { nightStatuses } from './document.ts';
import type { Signed } from './envelope.ts';
import type { Manifest } from './manifest.ts';
import { findSigner, type PublicKey } from './public-key.ts';

/** A manifest's object as it lies there. */
export interface Stored {
  number: number;
  sha256: string | null;
  /** Undefined where it is no manifest, or could not be read. */
  signed: Signed | undefined;
  /** Why it could not be read. */
  unread?: string;
}

export interface Fault {
  status: NightStatus;
  reason: string;
}

/** The keys that count, and the ARN by which manifests name them where it is known. */
export interface Trust {
  keys: readonly PublicKey[];
  arns: ReadonlySet<string>;
}

export const toWorst = (faults: readonly Fault[]): NightStatus =>
  nightStatuses.find((status) => faults.some((fault) => fault.status === status)) ?? 'whole';

/** Takes a manifest and the one after it, where that is to be believed; gives what is wrong with it, and who signed it. */
const judgeManifest = (
  { number, sha256, signed, unread }: Stored,
  next: Manifest | undefined,
  trust: Trust,
): { faults: Fault[]; signedBy: string | null } => {
  if (unread !== undefined)
    return { faults: [{ status: 'unreadable', reason: `it could not be read: ${unread}` }], signedBy: null };
  const faults: Fault[] = [];
  const alter = (reason: string) => faults.push({ status: 'altered', reason });
  if (next?.previous?.number === number && next.previous.sha256 !== sha256)
    alter(`it is not the manifest that number ${next.number} names`);
  if (!signed) {
    alter('it is no manifest as Keyward writes one');
    return { faults, signedBy: null };
  }
  const { manifest } = signed;
  if (manifest.number !== number)
    alter(`it is the manifest of number ${manifest.number}, under another name`);
  else if ((manifest.previous?.number ?? 0) !== number - 1) alter('it does not name the manifest before it');
  const { fault, signedBy } = judgeSignature(signed, trust);
  return { faults: fault ? [...faults, fault] : faults, signedBy };
};

const judgeSignature = (
  { manifest: { key }, signed, signature }: Signed,
  { keys, arns }: Trust,
): { fault?: Fault; signedBy: string | null } => {
  const toFault = (status: NightStatus, reason: string) => ({ fault: { status, reason }, signedBy: null });
  if (key === null) return toFault('unsigned', 'nobody signed it');
  if (!signature) return toFault('altered', `its signature by ${key} was taken away`);
  const signer = findSigner(keys, signed, signature);
  if (signer) return { signedBy: signer.sha256 };
  if (arns.has(key)) return toFault('altered', `its signature is not one of it by ${key}`);
  return toFault('other-key', `it says that ${key} signed it, which is not a key that counts`);
};

export interface Judged extends Stored {
  faults: Fault[];
  signedBy: string | null;
  /** Who merely could write here is not believed about anything, unless nobody ever signed. */
  isBelieved: boolean;
}

/** Takes the manifests from the newest to the oldest; judges each, by the next one where that is to be believed. */
export const judgeChain = (all: readonly Stored[], trust: Trust): Judged[] => {
  let next: Manifest | undefined;
  return all.map((stored) => {
    const { faults, signedBy } = judgeManifest(stored, next, trust);
    const manifest = stored.signed?.manifest;
    const isBelieved = signedBy !== null || (manifest?.key === null && trust.keys.length === 0);
    next = isBelieved ? manifest : undefined;
    return { ...stored, faults, signedBy, isBelieved };
  });
};

/**
 * Takes what was judged, and a day; gives the nights since then, and the part of the chain that tells where one is gone.
 * Only what is believed and unaltered is left out by its own word: else a false date would hide a night, and all before it.
 * Below a number that was written before that day every number was.
 */
export const toSince = (
  judged: readonly Judged[],
  from: string | undefined,
): { nights: readonly Judged[]; chain: readonly Judged[]; isWholeChain: boolean } => {
  if (from === undefined) return { nights: judged, chain: judged, isWholeChain: true };
  const isBefore = ({ isBelieved, faults, signed }: Judged, what: 'startedAt' | 'writtenAt') =>
    isBelieved &&
    faults.every(({ status }) => status !== 'altered') &&
    signed !== undefined &&
    signed.manifest[what] < from;
  const end = judged.findIndex((one) => isBefore(one, 'writtenAt'));
  const chain = end === -1 ? judged : judged.slice(0, end + 1);
  return { nights: chain.filter((one) => !isBefore(one, 'startedAt')), chain, isWholeChain: end === -1 };
};

/** The ARNs under which the keys signed some of these: the only way to know them of keys that came in a file. */
export const toArnsOf = (all: readonly Stored[], keys: readonly PublicKey[]): Set<string> =>
  new Set(
    all.flatMap(({ signed }) => {
      const { manifest, signature } = signed ?? {};
      if (!manifest?.key || !signed || !signature) return [];
      return findSigner(keys, signed.signed, signature) ? manifest.key : [];
    }),
  );

const hourMilliseconds = 3_600_000;
const toHours = (from: string, to: string): number =>
  Math.floor((Date.parse(to) - Date.parse(from)) / hourMilliseconds);

/**
 * Takes the manifests from the newest to the oldest, whether they are all that there are, and the first day that is
 * asked for; gives where some are not.
 */
export const toChainGaps = (
  all: readonly Stored[],
  isWholeChain: boolean,
  now: string,
  from: string | undefined,
): ChainGap[] =>
  [...toDeleted(all, isWholeChain), ...toMissedNights(all, now, from)].filter(
    ({ before }) => from === undefined || before === null || before >= from,
  );

const toDeleted = (all: readonly Stored[], isWholeChain: boolean): ChainGap[] =>
  all.flatMap(({ number, signed }, index): ChainGap[] => {
    const older = all[index + 1];
    if (!older && !isWholeChain) return [];
    const from = (older?.number ?? 0) + 1;
    const to = number - 1;
    if (from > to) return [];
    const named = signed?.manifest.previous;
    const run = named?.number === to && named.run !== null ? ` (run ${named.run})` : '';
    const detail = from === to ? `number ${to}${run} is gone` : `numbers ${from} to ${to}${run} are gone`;
    const after = older?.signed?.manifest.startedAt ?? null;
    return [
      { kind: 'deleted', numbers: { from, to }, after, before: signed?.manifest.startedAt ?? null, detail },
    ];
  });

const toMissedNights = (all: readonly Stored[], now: string, from: string | undefined): ChainGap[] => {
  const nights = all
    .flatMap(({ number, signed }) => (signed?.manifest.number === number ? signed.manifest : []))
    .sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  const [newest] = nights;
  const gaps: ChainGap[] = [];
  if (newest && toHours(newest.startedAt, now) > newest.lateAfterHours) {
    const hours = toHours(newest.startedAt, now);
    const detail = `the newest night began ${hours} hours ago; later ones are late, or their manifests are gone`;
    gaps.push({ kind: 'late', numbers: null, after: newest.startedAt, before: null, detail });
  }
  for (const [index, { startedAt, lateAfterHours, number }] of nights.entries()) {
    const older = nights[index + 1];
    if (!older) continue;
    // A night that was repaired has a later number than its day's; what is gone between them is told already.
    const [low = 0, high = 0] = [number, older.number].sort((a, b) => a - b);
    if (nights.filter((night) => night.number > low && night.number < high).length < high - low - 1) continue;
    const hours = toHours(older.startedAt, startedAt);
    const allowed = Math.max(lateAfterHours, older.lateAfterHours);
    if (hours <= allowed) continue;
    // The day that is asked for has this night: what is missing is of the days before.
    if (from !== undefined && startedAt.startsWith(from) && toHours(from, startedAt) <= allowed) continue;
    const detail = `no night for ${hours} hours: none was written, or what was written was deleted before the next`;
    gaps.push({ kind: 'no-night', numbers: null, after: older.startedAt, before: startedAt, detail });
  }
  return gaps;
};

/** What a manifest says itself that its night did not see. */
export const toNotSeen = ({ gaps, summary }: Manifest): Night['notSeen'] => ({
  targets: gaps.targets.length,
  events: gaps.events.length,
  unknowns: summary.byStatus.unknown,
});
