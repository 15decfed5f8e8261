/** One file of an audit log, read as its bytes come: its requests about Secrets, its time, and what of it can't be read. */
import type { OwnOfRequest, SecretReadEvent } from '../../activity/audit-event.ts';
import type { AuditRoom } from './audit-room.ts';
import type { LineReader } from './line-reader.ts';
import { getWrittenAt, guessWrittenAt, isAuditEvent, parseLine } from './line-text.ts';
import { createTextParts, type OnPart } from './text-parts.ts';

/** What is told of a file besides its events. */
export interface AuditFile {
  /** When its first and its last line were written, in milliseconds; undefined where it is no audit log. */
  time: { first: number; last: number } | undefined;
  /** When each line that can't be read may have been written; undefined where that can't be told. */
  unreadable: { count: number; times: (number | undefined)[] };
  tooLong: { count: number; times: (number | undefined)[] };
  /** Whether it ends within a line: one that is written to, or that somebody cut. */
  isTorn: boolean;
}

export interface AuditFileReader {
  push: (piece: Buffer) => void;
  end: () => AuditFile;
}

/** So many lines are looked at for the first that is an audit event: other logs have none. */
const mostTried = 1000;
/** What else a program prints into its log is no event that can't be read. */
const pieceOfEvent = /auditID|objectRef|requestURI|responseStatus|stageTimestamp|audit\.k8s\.io|secrets/;
/** So many times are kept of lines that can't be read; of more, none can be told. */
const mostTimes = 1000;

/** Takes what to do with each stage of a request about Secrets, what reads lines, and where; gives a reader of one file. */
export const createAuditFileReader = (
  onEvent: (event: SecretReadEvent, own: OwnOfRequest) => void,
  readLine: LineReader,
  room: AuditRoom,
): AuditFileReader => {
  let first: number | undefined;
  let last: number | undefined;
  let tried = 0;
  const [unreadable, tooLong] = [createBlame(), createBlame()];

  const see = (time: number | undefined): void => {
    if (time === undefined) return;
    if (first === undefined || time < first) first = time;
    if (last === undefined || time > last) last = time;
  };
  const look = (text: string): boolean => {
    const parsed = parseLine(text);
    if (isAuditEvent(parsed)) see(getWrittenAt(parsed));
    return first !== undefined;
  };
  const on: OnPart = {
    onAny: (text) => {
      tried += 1;
      return !look(text) && tried < mostTried;
    },
    onText: (bytes, begin, end, nameAt) => {
      const { event, own, writtenAt } = readLine(bytes, begin, end, nameAt);
      if (event === undefined) return;
      if (event !== 'unreadable') {
        see(writtenAt);
        onEvent(event, own ?? event);
        return;
      }
      const text = bytes.toString('utf8', begin, end);
      if (pieceOfEvent.test(text)) unreadable.add(guessWrittenAt(text));
    },
    onTooLong: (beginning) => tooLong.add(guessWrittenAt(beginning)),
  };
  const parts = createTextParts(on, room);
  return {
    push: parts.push,
    end: () => {
      const { last: lastText, isTorn } = parts.end();
      if (lastText !== undefined) look(lastText);
      const time = first === undefined || last === undefined ? undefined : { first, last };
      return { time, unreadable: unreadable.get(), tooLong: tooLong.get(), isTorn };
    },
  };
};

const createBlame = () => {
  let count = 0;
  const times: (number | undefined)[] = [];
  return {
    add: (time: number | undefined): void => {
      count += 1;
      if (times.length < mostTimes) times.push(time);
      else times[0] = undefined;
    },
    get: () => ({ count, times }),
  };
};
