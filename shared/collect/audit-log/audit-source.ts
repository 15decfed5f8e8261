/** Where the files of an audit log are: what a folder and a bucket have in common. */
import type { UnknownReason } from '../../evidence/fact.ts';
import type { OnPiece } from '../cloudtrail/log-bytes.ts';

export interface AuditSourceFile {
  /** As a person finds it: below the folder, or its key in the bucket. */
  name: string;
  /**
   * Gives its text, inflated, a piece at a time; a piece is another's as soon as it was taken. What is not compressed may
   * be read into `memory`. Throws where it is damaged, after the last whole piece.
   */
  read: (onPiece: OnPiece, memory?: Buffer) => Promise<void>;
}

export interface AuditSource {
  /** The path or address, as a person would give it. */
  name: string;
  /** The names of the folders directly in it. */
  listFolders: () => Promise<string[]>;
  /** The source that one of those is. */
  open: (folder: string) => AuditSource;
  /** Every file of it, nested ones too. What can't be listed is told to `onProblem`. */
  listFiles: (onProblem: (problem: SourceProblem) => void) => AsyncIterable<AuditSourceFile>;
}

export interface SourceProblem {
  file: string;
  reason: UnknownReason;
  what: string;
}

/** What is no log: what an export to S3 tries its rights with, and files that systems hide. */
export const isNoLog = (name: string): boolean => /(^|\/)(aws-logs-write-test$|\.)/.test(name);
