/**
 * The events of a log file that may be about watched keys. A record is parsed only if KMS's name and a watched key's
 * stand in its bytes as CloudTrail writes them: it spells no letter of either as an escape, though JSON would allow it.
 */
import { type KeyEvent, parseKeyEvents } from '../../activity/key-event.ts';
import type { OwnOfEvent, WatchedKey } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import { createNameFinder } from './log-names.ts';
import type { OnRecord } from './log-scanner.ts';
import { createTemplates } from './log-templates.ts';

/** What was read: each kind of call once, and each call as its kind and what it has of its own. */
export interface Sightings {
  /** The kinds that are new since the last sightings; the first one has the number `firstKind`. */
  kinds: KeyEvent[][];
  firstKind: number;
  /** Side by side: of each call, which kind it is, and what it has of its own. A thread tells lists faster than objects. */
  seen: { kinds: number[]; ids: string[]; times: string[]; sources: string[] };
  /** Records about watched keys that lack what records have: their times, as far as they tell one. */
  broken: (string | undefined)[];
}

export interface RecordReader {
  /** For one file: its records, one after the other. */
  onRecord: () => OnRecord;
  /** What was seen since this was last called. */
  take: () => Sightings;
  getCount: () => number;
}

/** The kind of records that name a key, and are neither its use nor its change: DescribeKey, ListGrants. */
const ofNoInterest = -1;
/** Who keeps the kinds forgets them when they are numbered anew: changes are each a kind of their own. */
const mostKinds = 8192;
const kmsName = 'kms.amazonaws.com';

/** Takes the keys whose events are wanted; gives what reads the records of one file after the other. */
export const createRecordReader = (keys: readonly WatchedKey[]): RecordReader => {
  const findName = createNameFinder(toNames(keys));
  const templates = createTemplates();
  let kinds: KeyEvent[][] = [];
  let nextKind = 0;
  let seen = toNothing();
  let broken: Sightings['broken'] = [];

  const see = (kind: number, { id, time, source }: OwnOfEvent): void => {
    seen.kinds.push(kind);
    seen.ids.push(id);
    seen.times.push(time);
    seen.sources.push(source);
  };

  const parse = (bytes: Buffer, start: number, end: number, nameAt: number): void => {
    const text = bytes.toString('utf8', start, end);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
      const events = parseKeyEvents(parsed).filter(isToldAtHome);
      const [first] = events;
      const kind = first ? nextKind : ofNoInterest;
      if (first) {
        nextKind += 1;
        kinds.push(events);
        see(kind, first.kind === 'use' ? first.use : first.change);
      }
      // A change tells more of what is its own: a grant its id.
      if (first?.kind !== 'change') templates.learn({ bytes, start, end, nameAt, text, parsed, kind });
    } catch {
      broken.push(getTime(parsed));
    }
  };

  return {
    onRecord: () => {
      const findKms = createSearch((bytes, from) => bytes.indexOf(kmsName, from, 'latin1'));
      return (bytes, start, end) => {
        if (findKms(bytes, start, end) === -1) return;
        const nameAt = findName(bytes, start, end);
        if (nameAt === -1) return;
        const known = templates.find(bytes, start, end, nameAt);
        if (known?.kind === ofNoInterest) return;
        if (known) see(known.kind, known);
        else parse(bytes, start, end, nameAt);
      };
    },
    take: () => {
      const taken = { kinds, firstKind: nextKind - kinds.length, seen, broken };
      kinds = [];
      seen = toNothing();
      broken = [];
      if (templates.isFull() || nextKind > mostKinds) {
        templates.clear();
        nextKind = 0;
      }
      return taken;
    },
    getCount: () => seen.ids.length + broken.length,
  };
};

/**
 * Takes how something is found in bytes; gives where it is in one record after the other, or -1. It is looked for beyond
 * a record's end, and that place is remembered: most records hold none.
 */
const createSearch = (find: (bytes: Buffer, from: number) => number) => {
  let searched: Buffer | undefined;
  let at = -1;
  return (bytes: Buffer, start: number, end: number): number => {
    if (searched !== bytes || (at !== -1 && at < start)) {
      at = find(bytes, start);
      searched = bytes;
    }
    return at < end ? at : -1;
  };
};

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

/** Another account's trail tells of the call, too, under another id: the key's own account and Region count. */
export const isToldAtHome = ({ key, account, region }: KeyEvent): boolean => {
  const arn = parseArn(key);
  return arn === undefined || (arn.account === account && arn.region === region);
};

const getTime = (parsed: unknown): string | undefined => {
  const time = typeof parsed === 'object' && parsed && 'eventTime' in parsed ? parsed.eventTime : undefined;
  return typeof time === 'string' && !Number.isNaN(Date.parse(time))
    ? new Date(time).toISOString()
    : undefined;
};
