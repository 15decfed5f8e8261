/** Reads lines about Secrets, most of which are like one before. */
import { type OwnOfRequest, parseAuditEvent, type SecretReadEvent } from '../../activity/audit-event.ts';
import type { AuditRoom } from './audit-room.ts';
import { createKnownLines } from './known-lines.ts';
import { findBody, getWrittenAt, parseLine } from './line-text.ts';

interface ReadLine {
  /** As `parseAuditEvent` gives it. */
  event: SecretReadEvent | 'unreadable' | undefined;
  /** What the event has of its own, where it is another's that is known. */
  own?: OwnOfRequest;
  /** In milliseconds. */
  writtenAt: number | undefined;
}

/** Takes bytes, which part of them is a line, and where Secrets' name stands. */
export type LineReader = (bytes: Buffer, begin: number, end: number, nameAt: number) => ReadLine;

/** Takes where lines are read; gives what reads one after the other. */
export const createLineReader = (room: AuditRoom): LineReader => {
  const lines = createKnownLines(room);
  return (bytes, begin, end, nameAt) => {
    const body = findBody(bytes, begin, end);
    const known = lines.find(bytes, body, end, nameAt);
    if (known) return known;
    const parsed = parseLine(bytes.toString('utf8', begin, end));
    const event = parsed === 'unreadable' ? parsed : parseAuditEvent(parsed);
    if (event !== 'unreadable') lines.learn(bytes, body, end, nameAt, parsed, event);
    return { event, writtenAt: getWrittenAt(parsed) };
  };
};
