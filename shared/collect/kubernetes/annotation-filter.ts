/**
 * Takes the values of annotations out of JSON while it is still bytes. kubectl's annotation
 * last-applied-configuration holds a whole Secret, and the API server sends it with the metadata; what never was a
 * string can't be kept, logged, or found in a heap.
 */
import { roleArnAnnotation } from '../../evidence/kubernetes/service-account.ts';

/** Of a token: whose it is. https://kubernetes.io/docs/reference/labels-annotations-taints/ */
export const serviceAccountAnnotation = 'kubernetes.io/service-account.name';

/** Names that checks read the values of: neither holds anything secret. */
const keptAnnotations: readonly string[] = [serviceAccountAnnotation, roleArnAnnotation];

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
/** As it is, or as an escape. */
const mayBegin = (byte: number): boolean => byte === objectName.charCodeAt(0) || byte === backslash;
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
    isEmpty: () => length === 0,
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
  /** Outside of annotations: between strings, within one, within one that may be the name, behind it and its colon. */
  | 'between'
  | 'string'
  | 'candidate'
  | 'after-name'
  | 'after-colon'
  /** Within annotations: between strings, in a name, and in a value that is kept or left out. */
  | 'inner'
  | 'inner-name'
  | 'kept-value'
  | 'dropped-value';

/**
 * Gives a function that takes the bytes of one JSON text, chunk by chunk, and gives them without the string values in
 * any object called `annotations`, each now `""`: the same chunk, shortened in place, what is left of it zeroed.
 */
export const createAnnotationFilter = (): ((chunk: Buffer) => Buffer) => {
  const name = createNameReader();
  let placeBefore: Place = 'between';
  let wasBackslash = false;
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
    return open.length === 0 ? 'between' : 'inner';
  };

  /** The quote that ends a string; gives where the next byte is. */
  const endString = (place: Place): Place => {
    if (place === 'candidate') return name.isOneOf([objectName]) ? 'after-name' : 'between';
    if (place === 'string') return 'between';
    if (place === 'inner-name') isKept = open.length === 1 && name.isOneOf(keptAnnotations);
    return 'inner';
  };

  return (chunk) => {
    const { length } = chunk;
    // Every byte of every answer comes by here: what changes with each stays in this function.
    let place = placeBefore;
    let isEscaped = wasBackslash;
    let written = 0;
    let keptFrom = 0;
    let index = 0;
    const keepUpTo = (end: number) => {
      if (written !== keptFrom) chunk.copyWithin(written, keptFrom, end);
      written += end - keptFrom;
    };
    while (index < length) {
      if (place === 'between') {
        while (index < length && chunk[index] !== quote) index += 1;
        if (index === length) break;
        place = 'candidate';
        name.clear();
        index += 1;
      } else if (place === 'candidate' && name.isEmpty() && !mayBegin(chunk[index] ?? 0)) place = 'string';
      else if (place === 'candidate' || place === 'inner-name') {
        const byte = chunk[index] ?? 0;
        if (!isEscaped && byte === quote) place = endString(place);
        else name.add(byte);
        isEscaped = !isEscaped && byte === backslash;
        index += 1;
      } else if (place === 'string' || place === 'kept-value' || place === 'dropped-value') {
        if (isEscaped) {
          isEscaped = false;
          index += 1;
        }
        let byte = 0;
        while (index < length) {
          byte = chunk[index] ?? 0;
          if (byte === quote || byte === backslash) break;
          index += 1;
        }
        if (index === length) break;
        if (byte === backslash) isEscaped = true;
        else {
          if (place === 'dropped-value') keptFrom = index;
          place = endString(place);
        }
        index += 1;
      } else if (place === 'inner') {
        place = stepInside(chunk[index] ?? 0);
        index += 1;
        if (place === 'dropped-value') keepUpTo(index);
      } else if (isSpace(chunk[index] ?? 0)) index += 1;
      else if (place === 'after-name' && chunk[index] === colon) {
        place = 'after-colon';
        index += 1;
      } else if (place === 'after-colon' && chunk[index] === openBrace) {
        place = 'inner';
        open.push('object');
        isNameNext = true;
        index += 1;
      } else place = 'between';
    }
    if (place !== 'dropped-value') keepUpTo(length);
    placeBefore = place;
    wasBackslash = isEscaped;
    chunk.fill(0, written);
    return chunk.subarray(0, written);
  };
};
