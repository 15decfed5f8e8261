/**
 * Takes the values of annotations out of JSON while it is still bytes. kubectl's annotation
 * last-applied-configuration holds a whole Secret, and the API server sends it with the metadata; what never was a
 * string can't be kept, logged, or found in a heap.
 */
import { roleArnAnnotation } from '../../evidence/kubernetes/service-account.ts';

/** Of a token: whose it is. https://kubernetes.io/docs/reference/labels-annotations-taints/ */
export const serviceAccountAnnotation = 'kubernetes.io/service-account.name';

/** Names that checks read the values of: neither holds anything secret. */
export const keptAnnotations: readonly string[] = [serviceAccountAnnotation, roleArnAnnotation];

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const objectName = 'annotations';
/** Each character may be written as six: `\u0061`. */
const longestName = 6 * Math.max(...[objectName, ...keptAnnotations].map(({ length }) => length));

/** The bytes of a name as they stand in JSON, without its quotes. A name too long for any that is looked for is not kept. */
const createNameReader = () => {
  const bytes = Buffer.alloc(longestName);
  let length = 0;
  return {
    clear: () => {
      length = 0;
    },
    add: (byte: number) => {
      if (length < longestName) bytes[length] = byte;
      length += 1;
    },
    isOneOf: (names: readonly string[]): boolean => {
      if (length > longestName) return false;
      const written = bytes.toString('latin1', 0, length);
      return names.includes(written.includes('\\') ? toName(written) : written);
    },
  };
};

/** A name that is none in JSON stays as it is written: it is nobody's. */
const toName = (written: string): string => {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return written;
  }
};

type Place =
  /** Outside of annotations; in a string that may be their name, behind it and behind its colon. */
  | 'outside'
  | 'candidate'
  | 'after-name'
  | 'after-colon'
  /** Within annotations: between strings, in a name, and in a value that is kept or left out. */
  | 'inner'
  | 'inner-name'
  | 'kept-value'
  | 'dropped-value';

/** The name as it is, and its letters as escapes, of which one is enough to hide it. */
const traces = [`"${objectName}"`, '\\u006', '\\u007'].map((text) => Buffer.from(text));
/** What has to be seen again with the next chunk: a name that is cut, from its first quote on. */
const tailLength = 6 * objectName.length + 2;

/** No string begins behind a backslash, and within one no quote stands without. */
const isBeginning = (bytes: Buffer, at: number): boolean =>
  bytes[at] === quote && (at === 0 || bytes[at - 1] !== backslash);

/**
 * Gives a function that finds where the next string begins that may be the name, from a byte on. All else is passed over
 * by the machine's own search, which is many times as fast as looking at each byte.
 */
const createFinder = (bytes: Buffer, from: number) => {
  const next = traces.map(() => -1);
  const findTrace = (index: number, start: number): number => {
    const found = bytes.indexOf(traces[index] ?? '', start);
    return found < 0 ? bytes.length : found;
  };
  /** The string that a trace is of; undefined where that began too far away for a name. */
  const toBeginning = (trace: number): number | undefined => {
    for (let at = trace; at >= Math.max(0, trace - tailLength); at -= 1)
      if (isBeginning(bytes, at)) return at;
    return undefined;
  };
  return (start: number): number | undefined => {
    let searched = Math.max(start, from);
    for (;;) {
      for (const [index, known] of next.entries())
        if (known < searched) next[index] = findTrace(index, searched);
      const trace = Math.min(...next);
      if (trace >= bytes.length) return undefined;
      const beginning = toBeginning(trace);
      if (beginning !== undefined && beginning >= start) return beginning;
      searched = trace + 1;
    }
  };
};

/**
 * Gives a function that takes the bytes of one JSON text, chunk by chunk, and gives them without the string values in
 * any object called `annotations`, each now `""`. What it was given is zeroed where it is not what it gives.
 */
export const createAnnotationFilter = (): ((chunk: Buffer) => Buffer) => {
  const name = createNameReader();
  let placeBefore: Place = 'outside';
  let wasBackslash = false;
  /** The end of what came before, where that was outside. */
  let tail = Buffer.alloc(0);
  /** What is open within annotations, the object itself first. */
  const open: ('object' | 'array')[] = [];
  let isNameNext = false;
  let isKept = false;

  /** A byte within annotations, between strings; gives where the next one is. */
  const stepInside = (byte: number): Place => {
    if (byte === quote) {
      if (open.at(-1) !== 'object' || !isNameNext)
        return isKept && open.length === 1 ? 'kept-value' : 'dropped-value';
      name.clear();
      return 'inner-name';
    }
    if (byte === openBrace || byte === openBracket) {
      open.push(byte === openBrace ? 'object' : 'array');
      isNameNext = byte === openBrace;
    } else if (byte === closeBrace || byte === closeBracket) {
      open.pop();
      isNameNext = false;
    } else if (byte === comma) isNameNext = true;
    else if (byte === colon) isNameNext = false;
    return open.length === 0 ? 'outside' : 'inner';
  };

  /** The quote that ends a string; gives where the next byte is. */
  const endString = (place: Place): Place => {
    if (place === 'candidate') return name.isOneOf([objectName]) ? 'after-name' : 'outside';
    if (place === 'inner-name') isKept = open.length === 1 && name.isOneOf(keptAnnotations);
    return 'inner';
  };

  return (chunk) => {
    const held = tail.length;
    const bytes = held > 0 ? Buffer.concat([tail, chunk]) : chunk;
    if (held > 0) chunk.fill(0);
    const { length } = bytes;
    // A trace that lay within the tail was found when that came.
    const findCandidate = createFinder(bytes, held - (traces[0]?.length ?? 0) + 1);
    let place = placeBefore;
    let isEscaped = wasBackslash;
    let index = 0;
    let outsideFrom = 0;
    let written = held;
    let keptFrom = held;
    const keepUpTo = (end: number) => {
      if (written !== keptFrom) bytes.copyWithin(written, keptFrom, end);
      written += end - keptFrom;
    };
    while (index < length) {
      if (place === 'outside') {
        const candidate = findCandidate(index);
        if (candidate === undefined) break;
        place = 'candidate';
        name.clear();
        index = candidate + 1;
        continue;
      }
      const byte = bytes[index] ?? 0;
      if (place === 'candidate' || place === 'inner-name') {
        if (!isEscaped && byte === quote) place = endString(place);
        else name.add(byte);
        isEscaped = !isEscaped && byte === backslash;
        index += 1;
      } else if (place === 'kept-value' || place === 'dropped-value') {
        if (!isEscaped && byte === quote) {
          if (place === 'dropped-value') keptFrom = index;
          place = endString(place);
        }
        isEscaped = !isEscaped && byte === backslash;
        index += 1;
      } else if (place === 'inner') {
        place = stepInside(byte);
        index += 1;
        if (place === 'dropped-value') keepUpTo(index);
      } else if (isSpace(byte)) index += 1;
      else if (place === 'after-name' && byte === colon) {
        place = 'after-colon';
        index += 1;
      } else if (place === 'after-colon' && byte === openBrace) {
        place = 'inner';
        open.push('object');
        isNameNext = true;
        index += 1;
      } else place = 'outside';
      if (place === 'outside') outsideFrom = index;
    }
    tail =
      place === 'outside'
        ? Buffer.from(bytes.subarray(Math.max(outsideFrom, length - tailLength), length))
        : Buffer.alloc(0);
    if (place !== 'dropped-value') keepUpTo(length);
    placeBefore = place;
    wasBackslash = isEscaped;
    bytes.fill(0, written);
    return bytes.subarray(held, written);
  };
};
