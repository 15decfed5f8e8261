/** What a command is given and what it gives back. It neither prints nor exits: main.ts does. */
import type { ParsedArguments } from './arguments.ts';

export interface Surroundings {
  env: NodeJS.ProcessEnv;
  folder: string;
  /** Aborted by the first Ctrl-C: finish with what is known. */
  signal: AbortSignal;
  stdout: Terminal;
  stderr: Terminal & { write: (text: string) => unknown };
}

interface Terminal {
  isTTY?: boolean;
  columns?: number;
}

export type ExitCode = 0 | 1 | 2 | 64;

export interface Answer {
  /** For standard output, in pieces. */
  text: Iterable<string> | AsyncIterable<string>;
  /** One line for standard error. */
  notice?: string;
  exitCode: ExitCode;
}

export type Command = (parsed: ParsedArguments, surroundings: Surroundings) => Promise<Answer>;
