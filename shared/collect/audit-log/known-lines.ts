/**
 * Lines about Secrets known already: the same caller asks for the same Secret again. Such a line differs from the last in
 * what each request has of its own alone; its bytes are compared, and it is not parsed.
 */
import { type OwnOfRequest, type SecretReadEvent, toOwnOfRequest } from '../../activity/audit-event.ts';
import type { AuditRoom } from './audit-room.ts';
import { getText } from './line-text.ts';

/** A value that each request has of its own. */
interface Hole {
  from: number;
  to: number;
}
type Holes = Record<'auditID' | 'requestReceivedTimestamp' | 'stageTimestamp', Hole>;

interface Template {
  event: SecretReadEvent | undefined;
  length: number;
  /** Where among the known bytes it is, and the mask of its holes, which lines of one layout share. */
  at: number;
  maskAt: number;
  holes: Holes;
}

interface KnownLine {
  /** As `parseAuditEvent` gave it for a line like this one. */
  event: SecretReadEvent | undefined;
  own: OwnOfRequest;
  /** In milliseconds. */
  writtenAt: number;
}

export interface KnownLines {
  /** Takes which part of bytes is a line's JSON, and where Secrets' name stands; gives what it is if one like it was learned. */
  find: (bytes: Buffer, begin: number, end: number, nameAt: number) => KnownLine | undefined;
  /** Learns a line that was parsed, if what it has of its own is found in its bytes beyond doubt. */
  learn: (
    bytes: Buffer,
    begin: number,
    end: number,
    nameAt: number,
    parsed: unknown,
    event: SecretReadEvent | undefined,
  ) => void;
}

/** Of lines as long that say the same until Secrets' name, so many are remembered. */
const mostAlike = 16;
/** Here the audit id is over. */
const saidAt = 128;

/** Takes where lines are read: as many are known as there is room for; then all are forgotten. */
export const createKnownLines = (room: AuditRoom): KnownLines => {
  const { known, memory } = room;
  const getMoment = createMoments();
  const alike = new Map<number, Template[]>();
  const masks = new Map<string, number>();
  let filled = 0;

  /** Lines of a signature are as long, and say the same until Secrets' name, as good as always. */
  const toSignature = (at: number, length: number, named: number): number => {
    let signature = Math.imul(length, 31) + named;
    for (let index = at + saidAt; index < at + named; index += 4)
      signature = (Math.imul(signature, 31) + memory.getInt32(index, true)) | 0;
    return signature;
  };
  const keep = (bytes: Uint8Array): number => {
    known.set(bytes, filled);
    filled += bytes.length;
    return filled - bytes.length;
  };
  const toMask = (length: number, holes: Holes): number => {
    const layout = JSON.stringify([length, holes]);
    const found = masks.get(layout);
    if (found !== undefined) return found;
    const mask = new Uint8Array(length).fill(0xff);
    for (const { from, to } of Object.values(holes)) mask.fill(0, from, to);
    const at = keep(mask);
    masks.set(layout, at);
    return at;
  };

  return {
    find: (bytes, begin, end, nameAt) => {
      const length = end - begin;
      const at = room.place(bytes, begin, end);
      if (at === undefined) return undefined;
      const like = alike
        .get(toSignature(at, length, nameAt - begin))
        ?.find((one) => one.length === length && room.isLike(at, one.at, one.maskAt, length));
      return like && toKnown(bytes, begin, like, getMoment);
    },
    learn: (bytes, begin, end, nameAt, parsed, event) => {
      const length = end - begin;
      const at = room.place(bytes, begin, end);
      const holes = findHoles(bytes.toString('latin1', begin, end), parsed);
      if (at === undefined || !holes) return;
      if (filled + 2 * length > known.length) {
        alike.clear();
        masks.clear();
        filled = 0;
      }
      const signature = toSignature(at, length, nameAt - begin);
      const maskAt = toMask(length, holes);
      const template = { event, length, at: keep(bytes.subarray(begin, end)), maskAt, holes };
      alike.set(signature, [template, ...(alike.get(signature) ?? [])].slice(0, mostAlike));
    },
  };
};

const toKnown = (
  bytes: Buffer,
  begin: number,
  { event, holes: { auditID, requestReceivedTimestamp, stageTimestamp } }: Template,
  getMoment: GetMoment,
): KnownLine | undefined => {
  const toText = ({ from, to }: Hole): string => bytes.toString('latin1', begin + from, begin + to);
  const receivedAt = toText(requestReceivedTimestamp);
  const receivedMoment = getMoment(receivedAt);
  const writtenAt = getMoment(toText(stageTimestamp));
  if (receivedMoment === undefined || writtenAt === undefined) return undefined;
  const time = `${receivedAt.slice(0, 23)}Z`;
  return { event, own: toOwnOfRequest(toText(auditID), receivedAt, time), writtenAt };
};

/**
 * Takes a time as Go's MicroTime writes it; gives its milliseconds, or undefined where it is none, or written otherwise.
 * Many lines are of one day, and to read a date takes longer than to compare a line.
 */
const createMoments = () => {
  let day = '';
  let dayStart = 0;
  return (text: string): number | undefined => {
    if (!pattern.test(text)) return undefined;
    if (day === '' || !text.startsWith(day)) {
      const start = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
      // A day that a month does not have becomes one of the next.
      if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(text.slice(0, 10)))
        return undefined;
      day = text.slice(0, 10);
      dayStart = start;
    }
    const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * '0'.charCodeAt(0);
    const seconds = (two(11) * 60 + two(14)) * 60 + two(17);
    return dayStart + seconds * 1000 + two(20) * 10 + Number(text[22]);
  };
};
type GetMoment = ReturnType<typeof createMoments>;
const pattern = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/**
 * Gives where a line's own values are, or undefined where its text leaves a doubt: a name that stands there only once,
 * with its quotes, is the one that is parsed, unless letters are spelled as escapes, and a value without a backslash
 * ends with its first quote.
 */
const findHoles = (text: string, parsed: unknown): Holes | undefined => {
  if (letterEscape.test(text)) return undefined;
  const find = (name: keyof Holes): Hole | undefined => {
    const at = text.indexOf(`"${name}"`);
    const filled = getText(parsed, name);
    if (!filled || text.lastIndexOf(`"${name}"`) !== at) return undefined;
    const from = at + name.length + 4;
    return text.startsWith(`:"${filled}"`, from - 2) ? { from, to: from + filled.length } : undefined;
  };
  const [auditID, requestReceivedTimestamp, stageTimestamp] = [
    find('auditID'),
    find('requestReceivedTimestamp'),
    find('stageTimestamp'),
  ];
  if (!auditID || !requestReceivedTimestamp || !stageTimestamp) return undefined;
  return { auditID, requestReceivedTimestamp, stageTimestamp };
};
/** Go escapes no letter: https://pkg.go.dev/encoding/json#Marshal */
const letterEscape = /\\u00[4-7]/;
