/** What a person reads when something went wrong. */

import { toPrintable } from '../shared/report/printable.ts';
import { KeywardError } from '../shared/runtime/errors.ts';
import type { ExitCode } from './command.ts';

/** Takes whatever was thrown; gives the text for standard error. Stacks are for unknown errors, when asked for. */
export const toErrorText = (error: unknown, isVerbose: boolean): string => {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`keyward: ${message}`];
  if (error instanceof KeywardError) {
    if (error.cause !== undefined) lines.push(`Reason: ${toReason(error.cause)}`);
    if (error.hint) lines.push(error.hint);
  } else if (isVerbose && error instanceof Error && error.stack) lines.push(error.stack);
  else lines.push('This was not foreseen. Run it again with --verbose to see where it happened.');
  // Line ends of our own stay; all else that could drive a terminal is shown instead.
  return `${lines.join('\n').split('\n').map(toPrintable).join('\n')}\n`;
};

const toReason = (cause: unknown) => {
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return text.replace(/\s*\n\s*/g, ' ');
};

/** 64 where the command line or a file it names is wrong, else 2: Keyward could not do what was asked. */
export const toErrorCode = (error: unknown): ExitCode =>
  error instanceof KeywardError && (error.name === 'UsageError' || error.name === 'ConfigError') ? 64 : 2;
