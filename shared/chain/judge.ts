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
export const judgeManifest = (
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

/** Takes the manifests from the newest to the oldest, and whether they are all that there are; gives where some are not. */
export const toChainGaps = (all: readonly Stored[], isWholeChain: boolean, now: string): ChainGap[] => [
  ...toDeleted(all, isWholeChain),
  ...toMissedNights(all, now),
];

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

const toMissedNights = (all: readonly Stored[], now: string): ChainGap[] => {
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
    // What stands between them, or is gone, is told already.
    if (!older || Math.abs(number - older.number) > 1) continue;
    const hours = toHours(older.startedAt, startedAt);
    if (hours <= Math.max(lateAfterHours, older.lateAfterHours)) continue;
    const detail = `no night for ${hours} hours`;
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
