/**
 * Records known already: the same call by the same caller differs from the last in its ids, time and address alone. Its
 * bytes are compared, and it is not parsed.
 */
import type { OwnOfEvent } from '../../activity/tally.ts';
import type { LogRoom } from './log-room.ts';

/** A record that was seen before, but for its own values. `kind` is what it was. */
interface Known extends OwnOfEvent {
  kind: number;
}

/** A value of a record that differs from call to call. */
interface Hole {
  from: number;
  to: number;
}

interface Holes {
  /** Those that are told on. */
  own: Record<'id' | 'time' | 'source', Hole>;
  /** Of these nothing is read but that they are there. */
  others: Hole[];
}

interface Template {
  kind: number;
  length: number;
  /** Where among the known bytes it is, and the mask of its holes, which records of one layout share. */
  at: number;
  maskAt: number;
  own: Holes['own'];
}

/** Of records as long that name the same key at the same place, so many are remembered. */
const mostAlike = 16;

export interface Templates {
  /** Takes a record, and where in it a watched name stands; gives what it is if one like it was learned. */
  find: (bytes: Buffer, start: number, end: number, nameAt: number) => Known | undefined;
  /** Learns a record that was parsed, if what it has of its own is found in its bytes beyond doubt. */
  learn: (record: Learned) => void;
  isFull: () => boolean;
  clear: () => void;
}

interface Learned {
  bytes: Buffer;
  start: number;
  end: number;
  nameAt: number;
  text: string;
  parsed: unknown;
  kind: number;
}

/** Takes where a thread reads: records are known as long as there is room for them. */
export const createTemplates = ({ known, isLike }: LogRoom): Templates => {
  let filled = 0;
  let isFull = false;
  const getMoment = createMoments();
  const alike = new Map<number, Template[]>();
  const toSignature = (bytes: Buffer, start: number, end: number, nameAt: number): number =>
    (toWord(bytes, nameAt) ^
      Math.imul(toWord(bytes, start + callerAt), 2246822507) ^
      Math.imul(end - start, 2654435761) ^
      Math.imul(nameAt - start, 1597334677)) |
    0;
  const masks = new Map<string, number>();
  /** Gives where there is room, or -1. */
  const takeRoom = (length: number): number => {
    isFull ||= filled + length > known.length;
    if (isFull) return -1;
    filled += length;
    return filled - length;
  };
  const toMask = (holes: readonly Hole[], length: number): number => {
    const layout = `${length} ${holes.map(({ from, to }) => `${from} ${to}`)}`;
    const found = masks.get(layout);
    if (found !== undefined) return found;
    const at = takeRoom(length);
    if (at === -1) return -1;
    masks.set(layout, at);
    known.fill(0xff, at, at + length);
    for (const { from, to } of holes) known.fill(0, at + from, at + to);
    return at;
  };
  return {
    find: (bytes, start, end, nameAt) => {
      const templates = alike.get(toSignature(bytes, start, end, nameAt));
      if (!templates) return undefined;
      for (let index = 0; index < templates.length; index += 1) {
        const template = templates[index];
        if (template?.length !== end - start) continue;
        if (!isLike(start, template.at, template.maskAt, template.length)) continue;
        // Calls come in runs.
        if (index > 0) [templates[0], templates[index]] = [template, templates[0] ?? template];
        return toOwn(bytes, start, template, getMoment);
      }
      return undefined;
    },
    learn: ({ bytes, start, end, nameAt, text, parsed, kind }) => {
      const holes = findHoles(text, parsed, getMoment);
      const length = end - start;
      if (!holes || text.length !== length) return;
      const signature = toSignature(bytes, start, end, nameAt);
      const templates = alike.get(signature) ?? [];
      const maskAt = toMask([...Object.values(holes.own), ...holes.others], length);
      const last = templates.length < mostAlike ? undefined : templates.pop();
      const at = last?.length === length ? last.at : takeRoom(length);
      if (isFull) return;
      bytes.copy(known, at, start, end);
      templates.unshift({ kind, length, at, maskAt, own: holes.own });
      alike.set(signature, templates);
    },
    isFull: () => isFull,
    clear: () => {
      alike.clear();
      masks.clear();
      filled = 0;
      isFull = false;
    },
  };
};

/** Here a record tells its caller, if only that; what is a hole in some records would do as well, but learn nothing. */
const callerAt = 80;
const toWord = (bytes: Buffer, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

const toOwn = (
  bytes: Buffer,
  start: number,
  { kind, own: { id, time, source } }: Template,
  getMoment: GetMoment,
): Known | undefined => {
  const moment = getMoment(toText(bytes, start, time));
  if (moment === undefined) return undefined;
  return { kind, id: toText(bytes, start, id), time: moment, source: toText(bytes, start, source) };
};

const toText = (bytes: Buffer, start: number, { from, to }: Hole): string =>
  bytes.toString('latin1', start + from, start + to);

/**
 * As CloudTrail writes a time, as `toISOString` does: undefined where there is no such time. Many events are of one day,
 * and to read a date takes longer than to compare a record.
 */
const createMoments = () => {
  let last: { day: string; isDay: boolean } = { day: '', isDay: false };
  return (text: string): string | undefined => {
    if (!pattern.test(text)) return undefined;
    const day = text.slice(0, 10);
    if (day !== last.day) last = { day, isDay: isDay(day) };
    return last.isDay ? `${text.slice(0, 19)}.000Z` : undefined;
  };
};
type GetMoment = ReturnType<typeof createMoments>;
const pattern = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const isDay = (day: string): boolean => {
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
};

/** Threads do without zod: each would take a tenth of a second and twenty megabytes to load it. */
export const getText = (parsed: unknown, ...path: readonly string[]): string | undefined => {
  let value = parsed;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return typeof value === 'string' ? value : undefined;
};

/**
 * Gives where a record's own values are, or undefined where the text leaves a doubt. Without a backslash, every name
 * is spelled plainly; one that stands in the text only once is the one that was parsed.
 */
const findHoles = (text: string, parsed: unknown, getMoment: GetMoment): Holes | undefined => {
  if (text.includes('\\')) return undefined;
  const find = (...path: string[]): Hole | undefined => {
    const filled = getText(parsed, ...path);
    const quoted = `"${path.at(-1)}"`;
    const at = text.indexOf(quoted);
    const from = at + quoted.length + 2;
    if (filled === undefined || text.lastIndexOf(quoted) !== at) return undefined;
    if (!text.startsWith(`:"${filled}"`, at + quoted.length)) return undefined;
    return { from, to: from + filled.length };
  };
  const [id, time, source] = [find('eventID'), find('eventTime'), find('sourceIPAddress')];
  // Without these a template would find nothing but the same event.
  if (!id || !time || !source || getMoment(text.slice(time.from, time.to)) === undefined) return undefined;
  const others = [
    find('userIdentity', 'accessKeyId'),
    find('userIdentity', 'sessionContext', 'attributes', 'creationDate'),
    find('requestID'),
  ];
  return { own: { id, time, source }, others: others.filter((hole) => hole !== undefined) };
};
