/**
 * The events of a log file that may be about watched keys. A record is parsed only if KMS's name and a watched key's
 * stand in its bytes as CloudTrail writes them: it spells no letter of either as an escape, though JSON would allow it.
 */
import type { OwnOfEvent, WatchedKey } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import { createNameFinder } from './log-names.ts';
import type { LogRoom } from './log-room.ts';
import type { OnRecord } from './log-scanner.ts';
import { createTemplates, getText } from './log-templates.ts';

/** What was read: the first record of each kind whole, and the others as their kind and what they have of their own. */
export interface Sightings {
  /** The kinds that are new since the last sightings; the first one has the number `firstKind`. */
  kinds: string[];
  firstKind: number;
  /**
   * Side by side: of each record, which kind it is, and what it has of its own; of the first one of a kind, `~kind`
   * and nothing else. A thread tells lists faster than objects.
   */
  seen: { kinds: number[]; ids: string[]; times: string[]; sources: string[] };
  /** Whether any record was of KMS, about whichever key: a trail may leave KMS out. */
  hasKms: boolean;
}

/** Which records are wanted. */
export interface Wanted {
  keys: readonly WatchedKey[];
  /** Calls whose records are alike but for what all records have of their own. */
  useNames: readonly string[];
  /** Calls that tell more of what is their own: a grant its id. */
  changeNames: readonly string[];
}

export interface RecordReader {
  /** Takes a record that may be KMS's. */
  onRecord: OnRecord;
  /** What was seen since this was last called. */
  take: () => Sightings;
  getCount: () => number;
}

/** The kind of records that name a key, and are of no wanted call: DescribeKey, ListGrants. */
const ofNoInterest = -1;
/** Who keeps the kinds forgets them when they are numbered anew: changes are each a kind of their own. */
const mostKinds = 4096;

/** Takes which records are wanted, and where a thread reads; gives what reads the records of one file after the other. */
export const createRecordReader = ({ keys, useNames, changeNames }: Wanted, room: LogRoom): RecordReader => {
  const findName = createNameFinder(toNames(keys));
  const templates = createTemplates(room);
  const [uses, changes] = [new Set(useNames), new Set(changeNames)];
  let kinds: string[] = [];
  let nextKind = 0;
  let seen = toNothing();
  let hasKms = false;

  const see = (kind: number, { id, time, source }: OwnOfEvent): void => {
    seen.kinds.push(kind);
    seen.ids.push(id);
    seen.times.push(time);
    seen.sources.push(source);
  };

  const meet = (bytes: Buffer, start: number, end: number, nameAt: number): void => {
    const text = bytes.toString('utf8', start, end);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Whoever parses the first of a kind says what is wrong with it.
    }
    const name = getText(parsed, 'eventName') ?? '';
    const isWanted = parsed === undefined || uses.has(name) || changes.has(name);
    const kind = isWanted ? nextKind : ofNoInterest;
    if (isWanted) {
      nextKind += 1;
      kinds.push(text);
      see(~kind, nothing);
    }
    if (!changes.has(name)) templates.learn({ bytes, start, end, nameAt, text, parsed, kind });
  };

  return {
    onRecord: (bytes, start, end) => {
      hasKms ||= isOfKms(bytes, start, end);
      const nameAt = findName(bytes, start, end);
      if (nameAt === -1) return;
      const known = templates.find(bytes, start, end, nameAt);
      if (known?.kind === ofNoInterest) return;
      if (known) see(known.kind, known);
      else meet(bytes, start, end, nameAt);
    },
    take: () => {
      const taken = { kinds, firstKind: nextKind - kinds.length, seen, hasKms };
      hasKms = false;
      kinds = [];
      seen = toNothing();
      if (templates.isFull() || nextKind > mostKinds) {
        templates.clear();
        nextKind = 0;
      }
      return taken;
    },
    getCount: () => seen.ids.length,
  };
};

/** Whether a record says that it is KMS's, and does not just name it: quotes in strings are escaped. */
const isOfKms = (bytes: Buffer, start: number, end: number): boolean =>
  /"eventSource"\s*:\s*"kms\.amazonaws\.com"/.test(bytes.toString('latin1', start, end));

const nothing: OwnOfEvent = { id: '', time: '', source: '' };
const toNothing = (): Sightings['seen'] => ({ kinds: [], ids: [], times: [], sources: [] });

const toKeyId = (arn: string): string => parseArn(arn)?.resource.replace(/^key\//, '') ?? arn;

/** How records name a key: ARN and id share the id; a refused call may have an alias, a key store's change the store. */
const toNames = (keys: readonly WatchedKey[]): string[] => [
  ...new Set(
    keys.flatMap(({ arn, aliases = [], customKeyStoreId }) => [
      toKeyId(arn),
      ...aliases,
      ...(customKeyStoreId ? [customKeyStoreId] : []),
    ]),
  ),
];
