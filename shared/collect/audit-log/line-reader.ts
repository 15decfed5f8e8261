/**
 * Reads lines about Secrets, most of which are like one before: the same caller asks for the same Secret again. Such a
 * line is known by its text without what each request has of its own, and is not parsed.
 */
import { parseAuditEvent, type SecretReadEvent, toOwnOfRequest } from '../../activity/audit-event.ts';
import { getText, getWrittenAt, parseLine, toBody } from './line-text.ts';

interface ReadLine {
  /** As `parseAuditEvent` gives it. */
  event: SecretReadEvent | 'unreadable' | undefined;
  /** In milliseconds. */
  writtenAt: number | undefined;
}

/** Members that each request has of its own, in the order in which Go writes them. */
const ownNames = ['auditID', 'requestReceivedTimestamp', 'stageTimestamp'] as const;
type Own = Record<(typeof ownNames)[number], string>;

/** Of a kilobyte each; with more, they are forgotten. */
const mostKnown = 4096;
const utc = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export type LineReader = (text: string) => ReadLine;

/** Gives what reads one line after the other. */
export const createLineReader = (): LineReader => {
  const known = new Map<string, SecretReadEvent | undefined>();
  return (text) => {
    const cut = cutOwn(toBody(text));
    if (cut && known.has(cut.rest)) return toRead(known.get(cut.rest), cut.own);
    const parsed = parseLine(text);
    const event = parsed === 'unreadable' ? parsed : parseAuditEvent(parsed);
    if (cut && event !== 'unreadable' && ownNames.every((name) => getText(parsed, name) === cut.own[name])) {
      if (known.size >= mostKnown) known.clear();
      known.set(cut.rest, event);
    }
    return { event, writtenAt: getWrittenAt(parsed) };
  };
};

const toRead = (event: SecretReadEvent | undefined, own: Own): ReadLine => ({
  event: event && { ...event, ...toOwnOfRequest(own.auditID, own.requestReceivedTimestamp) },
  writtenAt: Date.parse(own.stageTimestamp),
});

/**
 * Takes a line's JSON; gives its own values, and the text without them. Undefined where the text leaves a doubt: a name
 * that stands there only once, with its quotes, is the one that is parsed, and a value without a backslash ends with its
 * first quote.
 */
const cutOwn = (body: string | undefined): { own: Own; rest: string } | undefined => {
  if (body === undefined) return undefined;
  const own: Own = { auditID: '', requestReceivedTimestamp: '', stageTimestamp: '' };
  let rest = '';
  let at = 0;
  for (const name of ownNames) {
    const member = `"${name}":"`;
    const begin = body.indexOf(member, at) + member.length;
    const end = body.indexOf('"', begin);
    if (begin < at + member.length || end <= begin || body.lastIndexOf(`"${name}"`) + member.length !== begin)
      return undefined;
    own[name] = body.slice(begin, end);
    rest += body.slice(at, begin);
    at = end;
  }
  const times = [own.requestReceivedTimestamp, own.stageTimestamp];
  if (own.auditID.includes('\\') || !times.every((time) => utc.test(time) && !Number.isNaN(Date.parse(time))))
    return undefined;
  return { own, rest: rest + body.slice(at) };
};
