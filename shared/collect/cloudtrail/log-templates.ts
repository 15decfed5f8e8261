/**
 * Records known already: the same call by the same caller differs from the last in its ids, time and address alone. Its
 * bytes are compared, and it is not parsed.
 */
import type { OwnOfEvent } from '../../activity/tally.ts';

/** A record that was seen before, but for its own values. `kind` is what it was. */
interface Known extends OwnOfEvent {
  kind: number;
}

/** A value of a record that differs from call to call. */
interface Hole {
  name: 'eventID' | 'eventTime' | 'sourceIPAddress' | 'requestID' | 'accessKeyId' | 'creationDate';
  from: number;
  to: number;
}

/** Where the holes are, and what is none: templates share it, so that it stays near the processor. */
interface Layout {
  holes: Hole[];
  parts: { from: number; to: number }[];
}

interface Template extends Layout {
  kind: number;
  bytes: Buffer;
}

/** Of records as long that name the same key at the same place, so many are remembered, the latest first. */
const mostAlike = 16;
const mostTemplates = 4096;

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

export const createTemplates = (): Templates => {
  let count = 0;
  const getMoment = createMoments();
  const alike = new Map<number, Template[]>();
  const toSignature = (bytes: Buffer, start: number, end: number, nameAt: number): number =>
    (toWord(bytes, nameAt) ^
      Math.imul(toWord(bytes, start + callerAt), 2246822507) ^
      Math.imul(end - start, 2654435761) ^
      Math.imul(nameAt - start, 1597334677)) |
    0;
  const layouts = new Map<string, Layout>();
  const toLayout = (holes: Hole[], length: number): Layout => {
    const told = `${length} ${holes.map(({ name, from, to }) => `${name} ${from} ${to}`)}`;
    const layout = layouts.get(told) ?? { holes, parts: toParts(holes, length) };
    layouts.set(told, layout);
    return layout;
  };
  return {
    find: (bytes, start, end, nameAt) => {
      const templates = alike.get(toSignature(bytes, start, end, nameAt));
      if (!templates) return undefined;
      for (let index = 0; index < templates.length; index += 1) {
        const template = templates[index];
        if (!template || !isLike(bytes, start, end, template)) continue;
        if (index > 0) {
          templates.splice(index, 1);
          templates.unshift(template);
        }
        return toOwn(bytes, start, template, getMoment);
      }
      return undefined;
    },
    learn: ({ bytes, start, end, nameAt, text, parsed, kind }) => {
      const holes = findHoles(text, parsed, getMoment);
      if (!holes || text.length !== end - start) return;
      const signature = toSignature(bytes, start, end, nameAt);
      const templates = alike.get(signature) ?? [];
      alike.set(signature, templates);
      if (templates.length < mostAlike) count += 1;
      else templates.pop();
      templates.unshift({
        kind,
        bytes: Buffer.from(bytes.subarray(start, end)),
        ...toLayout(holes, end - start),
      });
    },
    isFull: () => count >= mostTemplates,
    clear: () => {
      alike.clear();
      layouts.clear();
      count = 0;
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

const isLike = (bytes: Buffer, start: number, end: number, { bytes: like, parts }: Template): boolean => {
  if (like.length !== end - start) return false;
  // The first part tells who called, where two records differ first.
  for (const { from, to } of parts)
    if (like.compare(bytes, start + from, start + to, from, to) !== 0) return false;
  return true;
};

const toOwn = (
  bytes: Buffer,
  start: number,
  { kind, holes }: Template,
  getMoment: GetMoment,
): Known | undefined => {
  const own: Known = { kind, id: '', time: '', source: '' };
  for (const { name, from, to } of holes) {
    // Nothing in a hole ends its string or spells a letter otherwise, so it is all of the value.
    for (let index = start + from; index < start + to; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte < 0x20 || byte === 0x22 || byte === 0x5c || byte >= 0x7f) return undefined;
    }
    if (name === 'eventID') own.id = bytes.toString('latin1', start + from, start + to);
    else if (name === 'sourceIPAddress') own.source = bytes.toString('latin1', start + from, start + to);
    else if (name === 'eventTime') {
      const time = getMoment(bytes.toString('latin1', start + from, start + to));
      if (time === undefined) return undefined;
      own.time = time;
    }
  }
  return own;
};

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
const findHoles = (text: string, parsed: unknown, getMoment: GetMoment): Hole[] | undefined => {
  if (text.includes('\\')) return undefined;
  /** Where a record has them. The last three are told on; of the others nothing is read but that they are there. */
  const values: Record<Hole['name'], string | undefined> = {
    accessKeyId: getText(parsed, 'userIdentity', 'accessKeyId'),
    creationDate: getText(parsed, 'userIdentity', 'sessionContext', 'attributes', 'creationDate'),
    requestID: getText(parsed, 'requestID'),
    eventTime: getText(parsed, 'eventTime'),
    eventID: getText(parsed, 'eventID'),
    sourceIPAddress: getText(parsed, 'sourceIPAddress'),
  };
  const holes: Hole[] = [];
  for (const name of holeNames) {
    const filled = values[name];
    if (filled === undefined) {
      if (neededNames.has(name)) return undefined;
      continue;
    }
    const quoted = `"${name}"`;
    const at = text.indexOf(quoted);
    const from = at + quoted.length + 2;
    const isClear = text.lastIndexOf(quoted) === at && text.startsWith(`:"${filled}"`, at + quoted.length);
    if (isClear) holes.push({ name, from, to: from + filled.length });
    else if (neededNames.has(name)) return undefined;
  }
  if (getMoment(values.eventTime ?? '') === undefined) return undefined;
  return holes.sort((one, other) => one.from - other.from);
};
const holeNames = [
  'accessKeyId',
  'creationDate',
  'eventTime',
  'sourceIPAddress',
  'requestID',
  'eventID',
] as const;
/** Without these a template would find nothing but the same event. */
const neededNames: ReadonlySet<string> = new Set(['eventTime', 'eventID', 'sourceIPAddress']);

const toParts = (holes: readonly Hole[], length: number) => {
  const ends = [0, ...holes.map(({ to }) => to)];
  return ends.map((from, index) => ({ from, to: holes[index]?.from ?? length }));
};
