/**
 * Every error that Keyward raises on purpose. `name` is a literal, because Step Functions matches on it and
 * bundlers rename classes; `code` is stable for scripts; `hint` says what to do next. Messages never carry
 * a credential, a token or a policy body.
 */
export class KeywardError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The command line or a file it names is wrong; nothing was asked of AWS. */
export class UsageError extends KeywardError {
  override readonly name = 'UsageError';
}

/** The configuration can't be read or says something that is not understood. */
export class ConfigError extends KeywardError {
  override readonly name = 'ConfigError';
}

/** Nobody can be asked: no credentials, expired ones, or ones that AWS refuses. */
export class CredentialsError extends KeywardError {
  override readonly name = 'CredentialsError';
}

/** An object of the store, or a file of saved evidence, is not what it should be. */
export class EvidenceError extends KeywardError {
  override readonly name = 'EvidenceError';
}

/** The targets of a run can't be told: the organisation can't be listed. */
export class TargetError extends KeywardError {
  override readonly name = 'TargetError';
}

/** Somebody else wrote the object in the meantime (If-Match or If-None-Match did not hold). */
export class PreconditionError extends KeywardError {
  override readonly name = 'PreconditionError';
}

/** What a Lambda was called with is not understood: a schedule's input, a map's item, an event. */
export class EventError extends KeywardError {
  override readonly name = 'EventError';
}

/** A Lambda's time is over. What it has read lies in the store, so the next call goes on from there. */
export class OutOfTimeError extends KeywardError {
  override readonly name = 'OutOfTimeError';
}
